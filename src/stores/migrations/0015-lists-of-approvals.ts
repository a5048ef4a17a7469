/** Many approvals of a run stand in one message. */
export const listsOfApprovals = `
alter table approvals add column list text;
alter table approvals add column list_at integer not null default 0;
create index approvals_listed on approvals (list, list_at) where list is not null;
`
