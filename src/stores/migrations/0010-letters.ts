/** Letters between agents, and the chains that they belong to. */
export const letters = `
create table omc_chains (
  seq     integer primary key autoincrement,
  id      text not null unique,
  run     text not null unique,
  at      integer not null,
  body    text not null
) strict;
create table letters (
  seq          integer primary key autoincrement,
  id           text not null unique,
  chain        text not null,
  kind         text not null,
  state        text not null,
  from_session text not null,
  to_session   text not null,
  at           integer not null,
  consent      text,
  body         text not null
) strict;
create index letters_of_chain on letters (chain, seq);
create index letters_to_do on letters (state, seq) where state in ('asked', 'waiting', 'delivered');
create index letters_between on letters (from_session, to_session, seq);
`
