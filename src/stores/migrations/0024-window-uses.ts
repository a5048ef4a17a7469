/** How much of an account's window each person has used: by this a part of it is kept for the others. */
export const windowUses = `
create table window_uses (
  runtime text not null,
  account text not null,
  name text not null,
  person text not null,
  weight integer not null,
  resets_at integer not null,
  at integer not null,
  primary key (runtime, account, name, person)
) strict, without rowid;
`
