/** Everything stands still: one row, as long as it does. */
export const freezes = `
create table freezes (
  id integer primary key check (id = 1),
  by text not null,
  at integer not null
) strict;
`
