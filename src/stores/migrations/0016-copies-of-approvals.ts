/** Copies of approvals that one person was shown alone, as long as they are open. */
export const copiesOfApprovals = `
create table approval_copies (
  key         text primary key,
  about       text not null,
  interaction text not null,
  at          integer not null
) strict, without rowid;
create index approval_copies_about on approval_copies (about);
`
