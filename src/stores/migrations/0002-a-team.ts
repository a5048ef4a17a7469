/** Tiers, approvals, consents, attached places, worktrees; and what prompts carry since then. */
export const aTeam = `
alter table omc_sessions add column worktree text;
alter table omc_sessions add column trusted integer not null default 0;

create index run_events_reworded on run_events (run, seq) where type = 'reworded';

create table grants (
  person text not null,
  scope  text not null,
  tier   text not null check (tier in ('owner', 'member', 'guest', 'public', 'blocked')),
  granted_by text not null,
  at     integer not null,
  primary key (person, scope)
) strict, without rowid;

-- What is asked of people. The answer itself is an event of the run.
create table approvals (
  token       text primary key,
  run         text not null,
  approval    text not null,
  asked_at    integer not null,
  expires_at  integer not null,
  draft       text not null default '{}',
  closed      integer not null default 0
) strict, without rowid;
create index approvals_open on approvals (asked_at) where closed = 0;

-- Where an approval stands in Discord.
create table approval_posts (
  token       text not null,
  role        text not null check (role in ('ask', 'line', 'reminder', 'note', 'audit')),
  place       text not null,
  nonce       text not null,
  intended_at integer not null,
  message     text,
  shown       text not null,
  gone        integer not null default 0,
  primary key (token, role)
) strict, without rowid;

-- "Approve for this session": for whom and for exactly what.
create table consents (
  session    text not null,
  person     text not null,
  subject    text not null,
  granted_by text not null,
  grantor    text not null,
  token      text not null,
  at         integer not null,
  primary key (session, person, subject)
) strict, without rowid;

-- Places attached to the session of another.
create table attached_places (
  key     text primary key,
  place   text not null,
  session text not null,
  attached_by text not null,
  since   text not null,
  at      integer not null
) strict, without rowid;

create table boards (
  channel text primary key,
  guild   text not null,
  locale  text not null,
  message text,
  nonce   text not null,
  shown   text not null,
  at      integer not null
) strict, without rowid;

-- Until now only owners could ask.
update run_events
set json = json_set(json, '$.prompt.tier', 'owner', '$.prompt.attachments', json('[]'), '$.prompt.context', json('[]'))
where type = 'asked';
update run_events
set json = json_set(json, '$.approval.subject', json('{"kind":"tool"}'), '$.approval.risks', json('["unconfined"]'))
where type = 'wanted';
-- Nobody could answer them then; the run that asked is denied when it is taken up.
update runs
set approvals = (
  select json_group_array(json_set(value, '$.subject', json('{"kind":"tool"}'), '$.risks', json('["unconfined"]')))
  from json_each(runs.approvals)
)
where approvals <> '[]';
`
