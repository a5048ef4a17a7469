/** One table for every message of ours. */
export const messages = `
create table messages (
  seq          integer primary key autoincrement,
  owner        text not null,
  role         text not null,
  place        text not null,
  nonce        text not null,
  intended_at  integer,
  message      text,
  posted_at    integer,
  shown        text not null default '',
  text_end     integer not null default 0,
  frozen       integer not null default 0,
  over         integer not null default 0,
  plainness    integer not null default 0,
  refused      text not null default '',
  closed_since integer,
  note         text,
  settled      integer not null default 0,
  unique (owner, role)
) strict;
create index messages_unsettled on messages (seq) where settled = 0;

-- What was said of runs. Until now a message past its first hour kept the card it had.
insert into messages (owner, role, place, nonce, intended_at, message, posted_at, shown, text_end, frozen, settled)
select
  'run:' || d.run,
  cast(d.part as text),
  coalesce(
    (select json_extract(e.json, '$.prompt.place') from run_events e where e.run = d.run and e.type = 'asked'),
    json_object('kind', 'channel', 'id', d.place, 'guild', '')
  ),
  d.nonce, d.intended_at, d.message, d.posted_at, d.hash, d.text_end, d.frozen, u.run is null
from deliveries d left join unsettled u on u.run = d.run
order by u.asked_seq, d.run, d.part;
insert into messages (owner, role, place, nonce)
select 'run:' || u.run, '0', json_extract(e.json, '$.prompt.place'), ''
from unsettled u join run_events e on e.seq = u.asked_seq
where not exists (select 1 from deliveries d where d.run = u.run and d.part = 0)
order by u.asked_seq;
-- Of runs that were done with, nothing but that card is taken away.
update messages set over = 1
where settled = 1 and frozen = 0 and owner in (select owner from messages where frozen = 1);
update messages set settled = 0 where frozen = 1;
drop table deliveries;
drop table unsettled;
`
