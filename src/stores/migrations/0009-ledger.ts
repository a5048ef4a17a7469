/** What was used, by whom, where, when and of what. Until now only the end of a run said so, without the model. */
export const ledger = `
create table ledger (
  day         text not null,
  person      text not null,
  channel     text not null,
  runtime     text not null,
  account     text not null,
  model       text not null,
  estimated   integer not null,
  input       integer not null,
  cache_read  integer not null,
  cache_write integer not null,
  output      integer not null,
  nano_usd    integer,
  primary key (day, person, channel, runtime, account, model, estimated)
) strict, without rowid;
alter table runs add column used integer not null default 0;

insert into ledger
select
  strftime('%Y-%m-%d', e.at / 1000, 'unixepoch'), r.person, r.channel, s.runtime, r.account, '', 0,
  sum(e.input), 0, 0, sum(e.output), sum(cast(round(e.cost * 1e9) as integer))
from (
  select
    run, at,
    coalesce(json_extract(json, '$.outcome.usage.inputTokens'), json_extract(json, '$.usage.inputTokens')) as input,
    coalesce(json_extract(json, '$.outcome.usage.outputTokens'), json_extract(json, '$.usage.outputTokens')) as output,
    coalesce(json_extract(json, '$.outcome.usage.costUsd'), json_extract(json, '$.usage.costUsd')) as cost
  from run_events where type in ('finished', 'parked')
) as e
join runs r on r.id = e.run
join omc_sessions s on s.id = r.session
where e.input + e.output > 0 or e.cost > 0
group by 1, 2, 3, 4, 5;
`
