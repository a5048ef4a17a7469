/** Who has let in commits that change what other programs obey. */
export const branchConsents = `
create table branch_consents (
  session text not null,
  commit_id text not null,
  press text not null,
  by_id text not null,
  by_name text not null,
  at integer not null,
  paths text not null,
  primary key (session, commit_id)
) strict;
create index branch_consents_at on branch_consents (at);
`
