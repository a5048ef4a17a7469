/**
 * After this long a test gives up what it waits for, in ms. Whoever waits goes on as soon as it has come, so this is only
 * how long a failure takes: a machine eight times as slow as usual must come to its end within it.
 */
export const patienceMs = 180_000
