/** The last runs of a session, for each first prompt of one: without it the whole history is walked through. */
export const runsOfASession = `
create index runs_of_session on runs (session, ended_seq);
`
