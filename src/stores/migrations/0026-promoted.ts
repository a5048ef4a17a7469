/** Prompts that somebody has put first in the queue. */
export const promoted = `
alter table runs add column promoted_seq integer;
`
