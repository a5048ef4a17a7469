/** What people were refused lately, so that they can ask why. */
export const pastRefusals = `
create table past_refusals (
  seq    integer primary key autoincrement,
  key    text not null unique,
  person text not null,
  json   text not null
) strict;
create index past_refusals_of_person on past_refusals (person, seq);
`
