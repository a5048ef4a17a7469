/** Budgets, what people said about them, and what each run used (until now only days and people were told apart). */
export const budgets = `
create table run_spend (
  run         text not null,
  model       text not null,
  estimated   integer not null,
  input       integer not null,
  cache_read  integer not null,
  cache_write integer not null,
  output      integer not null,
  nano_usd    integer,
  primary key (run, model, estimated)
) strict, without rowid;
alter table runs add column roles text not null default '[]';
alter table runs add column chain text;
update runs set
  roles = coalesce((select json_extract(json, '$.prompt.speaker.roles') from run_events where seq = runs.asked_seq), '[]'),
  chain = (select json_extract(json, '$.prompt.letter.chain') from run_events where seq = runs.asked_seq);
create index runs_of_a_chain on runs (chain) where chain is not null;
insert into run_spend
select
  run, coalesce(json_extract(json, '$.spend.model'), ''), json_extract(json, '$.spend.estimated'),
  sum(json_extract(json, '$.spend.tokens.input')), sum(json_extract(json, '$.spend.tokens.cacheRead')),
  sum(json_extract(json, '$.spend.tokens.cacheWrite')), sum(json_extract(json, '$.spend.tokens.output')),
  sum(cast(round(json_extract(json, '$.spend.costUsd') * 1e9) as integer))
from run_events where type = 'used' group by 1, 2, 3;
insert into run_spend
select
  e.run, '', 0,
  sum(coalesce(json_extract(json, '$.outcome.usage.inputTokens'), json_extract(json, '$.usage.inputTokens'))), 0, 0,
  sum(coalesce(json_extract(json, '$.outcome.usage.outputTokens'), json_extract(json, '$.usage.outputTokens'))),
  sum(cast(round(coalesce(
    json_extract(json, '$.outcome.usage.costUsd'), json_extract(json, '$.usage.costUsd')) * 1e9) as integer))
from run_events e join runs r on r.id = e.run and r.used = 0
where e.type in ('finished', 'parked') group by 1
having sum(coalesce(json_extract(json, '$.outcome.usage.inputTokens'), json_extract(json, '$.usage.inputTokens'), 0)
  + coalesce(json_extract(json, '$.outcome.usage.outputTokens'), json_extract(json, '$.usage.outputTokens'), 0)) > 0;
create table budgets (
  seq     integer primary key autoincrement,
  id      text not null unique,
  scope   text not null,
  span    text not null,
  unit    text not null,
  amount  real not null,
  set_by  text not null,
  at      integer not null,
  unique (scope, span, unit)
) strict;
create table budget_raises (
  budget  text not null,
  period  text not null,
  amount  real not null,
  primary key (budget, period)
) strict, without rowid;
create table budget_passes (
  run     text not null,
  budget  text not null,
  primary key (run, budget)
) strict, without rowid;
create table budget_asks (
  seq     integer primary key autoincrement,
  token   text not null unique,
  run     text not null,
  hold    text not null,
  closed  integer not null default 0
) strict;
create index budget_asks_open on budget_asks (seq) where closed = 0;
`
