/** `/verbosity`: how much of an agent's steps is shown, by place and person. */
export const verbosityLevels = `
create table verbosities (
  scope text primary key,
  level text not null
) strict, without rowid;
`
