/**
 * A queue of ten thousand is counted for each prompt, and the first of each session looked for when a run ends. Live sessions are
 * read for each look at what agents may write to.
 */
export const longQueues = `
create index runs_open_of_person on runs (person, channel, state) where state <> 'over';
create index runs_open_of_session on runs (session, asked_seq, state) where state <> 'over';
create index omc_sessions_live on omc_sessions (seq) where ended_at is null;
create index omc_sessions_worktrees on omc_sessions (worktree) where worktree is not null;
`
