/** What a command ran when people were asked, which their consent is bound to. What was asked before says that nobody knows. */
export const whatRuns = `
alter table approvals add column runs text not null default '{"known":false,"files":{},"changed":[]}';
alter table consents add column runs text not null default '{"known":true,"files":{}}';
`
