/** What came in from people, kept before it is worked on. Its body is emptied when it is done, and its row goes later. */
export const inbox = `
create table inbox (
  seq          integer primary key autoincrement,
  key          text not null unique,
  place        text not null,
  kept_at      integer not null,
  body         text not null,
  acknowledged integer not null default 0,
  memo         text,
  done_at      integer
) strict;
create index inbox_open on inbox (seq) where done_at is null;
create index inbox_done on inbox (done_at) where done_at is not null;
`
