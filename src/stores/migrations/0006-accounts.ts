/**
 * What is known of the logins, and that a run may be parked. The table of the runs says which states there are, so it is
 * made anew; nothing refers to it.
 */
export const accounts = `
create table accounts (
  runtime text not null,
  account text not null,
  json    text not null,
  primary key (runtime, account)
) strict, without rowid;

create table runs_then (
  id           text primary key,
  prompt_key   text not null unique,
  session      text not null references omc_sessions (id),
  person       text not null,
  channel      text not null,
  account      text not null,
  state        text not null
    check (state in ('waiting', 'starting', 'running', 'asking', 'parked', 'stopping', 'over')),
  attempt      integer not null,
  parks        integer not null default 0,
  goes_on      integer not null default 0,
  hold         text,
  approvals    text not null,
  cursor       text,
  asked_seq    integer not null unique references run_events (seq),
  admitted_seq integer,
  ended_seq    integer,
  started_at   integer,
  ended_at     integer
) strict, without rowid;
insert into runs_then
  (id, prompt_key, session, person, channel, account, state, attempt, approvals, cursor, asked_seq, admitted_seq,
   ended_seq, started_at, ended_at)
select
  id, prompt_key, session, person, channel, account, state, attempt, approvals, cursor, asked_seq, admitted_seq,
  ended_seq, started_at, ended_at
from runs;
drop table runs;
alter table runs_then rename to runs;
create unique index runs_live on runs (session) where state in ('starting', 'running', 'asking', 'stopping');
create index runs_open on runs (asked_seq) where state <> 'over';
create index runs_served on runs (person, admitted_seq) where admitted_seq is not null;
create index runs_ended on runs (ended_seq) where ended_seq is not null;
`
