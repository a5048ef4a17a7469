/** Tasks on top of chains; a chain may begin with one, so that no run has begun it yet. */
export const tasks = `
create table chains_anew (
  seq         integer primary key autoincrement,
  id          text not null unique,
  run         text unique,
  at          integer not null,
  body        text not null,
  task        text,
  task_status text,
  task_to     text,
  task_origin text,
  task_busy   integer not null default 0,
  task_version integer not null default 0
) strict;
insert into chains_anew (seq, id, run, at, body) select seq, id, run, at, body from omc_chains;
drop table omc_chains;
alter table chains_anew rename to omc_chains;
create index tasks_busy on omc_chains (seq) where task_busy = 1;
create index tasks_open on omc_chains (seq) where task_status in ('pending', 'accepted', 'in_progress');
create index tasks_open_to on omc_chains (task_to, seq) where task_status in ('pending', 'accepted', 'in_progress');
create index tasks_open_from on omc_chains (task_origin, seq) where task_status in ('pending', 'accepted', 'in_progress');
create index tasks_to on omc_chains (task_to, seq) where task_status is not null;
create index tasks_from on omc_chains (task_origin, seq) where task_status is not null;
`
