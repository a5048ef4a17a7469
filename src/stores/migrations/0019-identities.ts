/** What people have linked to themselves, sealed: the key lies in a file beside the database. */
export const identities = `
create table identities (
  person text not null primary key,
  sealed text not null
) strict;
`
