/** Calls of tools that wait for their answer. */
export const tools = `
alter table runs add column calls text not null default '[]';
`
