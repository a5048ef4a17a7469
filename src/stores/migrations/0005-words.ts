/** At each start it is asked which words nobody has heard: without this, by reading all that ever happened. */
export const words = `
create index run_events_steered on run_events (at) where type = 'steered';
`
