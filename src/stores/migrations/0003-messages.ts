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
insert into messages (owner, role, place, nonce, intended_at, message, posted_at, shown, over, settled)
select
  'approval:' || p.token, p.role, p.place, p.nonce, p.intended_at, p.message,
  case when p.message is null then null else (cast(p.message as integer) >> 22) + 1420070400000 end,
  p.shown, p.gone, coalesce(a.closed, 1)
from approval_posts p left join approvals a on a.token = p.token
order by p.intended_at;
insert into messages (owner, role, place, nonce, intended_at, message, posted_at)
select
  'board:' || b.channel, b.nonce, json_object('kind', 'channel', 'id', b.channel, 'guild', b.guild), b.nonce, b.at,
  b.message, case when b.message is null then null else (cast(b.message as integer) >> 22) + 1420070400000 end
from boards b;
-- Said once in each channel, or begun to be said.
insert into messages (owner, role, place, nonce, over, settled)
select
  'note:notice:' || substr(key, instr(key, ':') + 1), 'note',
  json_object('kind', 'channel', 'id', substr(key, instr(key, ':') + 1), 'guild', ''),
  substr('notice.' || substr(key, instr(key, ':') + 1), 1, 25), 1, 1
from notices where key like 'notice:%' or key like 'notice-begun:%'
group by substr(key, instr(key, ':') + 1);
alter table boards rename column nonce to key;
alter table boards drop column message;
alter table boards drop column shown;
drop table approval_posts;
drop table deliveries;
drop table unsettled;
`
