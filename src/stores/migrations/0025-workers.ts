/** Machines on which agents work beside the bot's own, and what they and the bot ask of each other (PostgreSQL alone). */
export const workers = `
create table workers (
  id text primary key,
  folder text not null unique,
  draining integer not null default 0,
  dropped integer not null default 0,
  json text not null
) strict, without rowid;
alter table omc_sessions add column worker text;
create table errands (
  seq integer primary key autoincrement,
  receiver text not null,
  what text not null,
  given text not null,
  expires_at integer,
  answer text
) strict;
create index errands_open on errands (receiver, seq) where answer is null;
`
