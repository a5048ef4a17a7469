/** The first schema. A migration that was released is never changed; the next one changes what it made. */
export const journalAndVault = `
create table omc_sessions (
  seq            integer primary key autoincrement,
  id             text not null unique,
  key            text not null,
  place          text not null,
  name           text not null,
  runtime        text not null,
  workdir        text not null,
  model          text,
  owner          text not null,
  account        text not null,
  cli_session_id text,
  transcript     text,
  since          text not null,
  started_at     integer not null,
  ended_at       integer
) strict;
create unique index omc_sessions_live_key on omc_sessions (key) where ended_at is null;
create unique index omc_sessions_live_name on omc_sessions (name) where ended_at is null;

create table run_events (
  seq  integer primary key autoincrement,
  run  text not null,
  at   integer not null,
  type text not null,
  json text not null
) strict;
create index run_events_of_run on run_events (run, seq);

create table runs (
  id           text primary key,
  prompt_key   text not null unique,
  session      text not null references omc_sessions (id),
  person       text not null,
  channel      text not null,
  account      text not null,
  state        text not null check (state in ('waiting', 'starting', 'running', 'asking', 'stopping', 'over')),
  attempt      integer not null,
  approvals    text not null,
  cursor       text,
  asked_seq    integer not null unique references run_events (seq),
  admitted_seq integer,
  ended_seq    integer,
  started_at   integer,
  ended_at     integer
) strict, without rowid;
-- A session has one live run at most, whatever the code does.
create unique index runs_live on runs (session) where state in ('starting', 'running', 'asking', 'stopping');
create index runs_open on runs (asked_seq) where state <> 'over';
create index runs_served on runs (person, admitted_seq) where admitted_seq is not null;
create index runs_ended on runs (ended_seq) where ended_seq is not null;

-- No foreign key to runs, here and below: runs is a projection that can be made anew.
create table unsettled (
  run       text primary key,
  asked_seq integer not null unique
) strict, without rowid;

create table deliveries (
  run         text not null,
  part        integer not null,
  nonce       text not null,
  hash        text not null,
  place       text not null,
  intended_at integer not null,
  message     text,
  posted_at   integer,
  text_end    integer not null,
  frozen      integer not null,
  primary key (run, part)
) strict, without rowid;

create table seen (place text primary key, message text not null) strict, without rowid;
create table notices (key text primary key, at integer not null) strict, without rowid;
create table meta (key text primary key, value integer not null) strict, without rowid;
`
