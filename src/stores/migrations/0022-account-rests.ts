/** Accounts that an owner has set aside, until a moment. */
export const accountRests = `
create table account_rests (
  runtime text not null,
  account text not null,
  until integer not null,
  by text not null,
  primary key (runtime, account)
) strict;
`
