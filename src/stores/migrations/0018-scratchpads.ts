/** Notes that agents keep, of a session or of a chain. */
export const scratchpads = `
create table scratchpads (
  scope   text not null,
  key     text not null,
  text    text not null,
  version integer not null,
  author  text not null,
  at      integer not null,
  primary key (scope, key)
) strict, without rowid;
`
