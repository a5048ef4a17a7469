/**
 * How long the bot waits where nobody configures it, in milliseconds. One value that is handed down, so that whoever
 * puts a bot together (a test, above all) says how patient it is.
 */
export interface Timings {
  /** At least between two edits in one place by which text grows, where Discord's limits leave room for more. */
  readonly growEveryMs: number
  /** The same for cards, which count seconds and places. */
  readonly cardEveryMs: number
  /** A message older than this is edited once more at the most; what goes on moves to a new one. */
  readonly editableForMs: number
  /** A message that its place does not take is tried again after this long at first, and then ever more rarely. */
  readonly closedAgainAfterMs: number
  /** The same for an edit that came too late: Discord takes few of them. */
  readonly oldAgainAfterMs: number
  /** A place that has taken nothing for this long is told of. */
  readonly tellClosedAfterMs: number
  /** Without a word or a step, a run shows its card (and the Stop button on it) after this long. */
  readonly silentForMs: number
  /** SPEC F6: a run longer than this rings the phone of the person answered when it is over. */
  readonly ringAfterMs: number
  /** Text of all runs is kept, and told, this often; the first of an answer at once. */
  readonly textEveryMs: number
  /** A board is looked at this often at the most. */
  readonly boardEveryMs: number
  /** What comes in one breath is shown on a board by one edit. */
  readonly boardBreathMs: number
  /** Whoever puts a board up is told that it stands, or after this long that it will. */
  readonly boardWithinMs: number
  /** How long prompts that waited are held back at the start until their messages have been looked at again. */
  readonly lookWithinMs: number
  /** Who wrote this shortly ago is what they were then: they have not waited. Later, roles and membership are read again. */
  readonly standingForMs: number
  /** How often those whose runs are at work are looked at again. */
  readonly standingEveryMs: number
  /** A place that could not be read after a gap is tried again after this long. */
  readonly rereadAfterMs: number
  /** A request that Discord has not answered by then is given up. */
  readonly answerWithinMs: number
  /** Discord waits 3 s for the list of an autocomplete; what is not there by then is not offered. */
  readonly suggestWithinMs: number
  /** Pauses before the second, third, … try of a request that met trouble. */
  readonly tryAgainAfterMs: readonly number[]
  /** The first pause before the gateway is dialled again; it doubles. */
  readonly dialAgainAfterMs: number
  /** Sessions that were asked lately have their processes again this long after the start, each so long after the one before. */
  readonly warmAgainAfterMs: number
  /** The parts look at themselves this long after the start, */
  readonly checkAfterMs: number
  /** and again this often. */
  readonly checkEveryMs: number
  /** The whole database is read to see whether it is sound this long after the start, */
  readonly databaseAfterMs: number
  /** and again this often. */
  readonly databaseEveryMs: number
  /** What is old is taken away this long after the start, */
  readonly pruneAfterMs: number
  /** and again this often. */
  readonly pruneEveryMs: number
  /** Pauses before a prompt is tried again whose model's service was in trouble; after the last, it is told. */
  readonly rideOutMs: readonly number[]
  /** The pause before a run whose login was not taken is tried once more. */
  readonly loginAgainAfterMs: number
  /** How often the agents' logins are looked at. */
  readonly loginEveryMs: number
  /** What is asked within this long of each other comes together: a question that stands alone may go into a list. */
  readonly gatherAsksMs: number
  /** The owner is told when the store has taken nothing for this long. */
  readonly ownerToldAfterMs: number
  /** A bot on PostgreSQL that gives no sign for this long has lost the lead to the one that stands by. */
  readonly leadIdleMs: number
  /** How often the bot looks whether the machines are there, */
  readonly machinesEveryMs: number
  /** and how long one may be away before anybody is told: a restart takes some seconds. */
  readonly machineAwayAfterMs: number
  /** How often a machine says what its process takes. */
  readonly vitalsEveryMs: number
}

/** What people get. */
export const usualTimings: Timings = {
  growEveryMs: 300,
  cardEveryMs: 1000,
  editableForMs: 55 * 60_000,
  closedAgainAfterMs: 1000,
  oldAgainAfterMs: 60_000,
  tellClosedAfterMs: 120_000,
  silentForMs: 2500,
  ringAfterMs: 30_000,
  textEveryMs: 50,
  boardEveryMs: 5000,
  boardBreathMs: 500,
  boardWithinMs: 3000,
  lookWithinMs: 5000,
  standingForMs: 50,
  standingEveryMs: 60_000,
  rereadAfterMs: 15_000,
  answerWithinMs: 10_000,
  suggestWithinMs: 2000,
  tryAgainAfterMs: [500, 1500, 4000],
  dialAgainAfterMs: 1000,
  warmAgainAfterMs: 300,
  checkAfterMs: 500,
  checkEveryMs: 5 * 60_000,
  databaseAfterMs: 3_600_000,
  databaseEveryMs: 86_400_000,
  pruneAfterMs: 600_000,
  pruneEveryMs: 86_400_000,
  rideOutMs: [5000, 15_000, 45_000, 120_000, 300_000, 600_000],
  loginAgainAfterMs: 3000,
  loginEveryMs: 5 * 60_000,
  gatherAsksMs: 3000,
  ownerToldAfterMs: 10_000,
  leadIdleMs: 10_000,
  machinesEveryMs: 2_000,
  machineAwayAfterMs: 15_000,
  vitalsEveryMs: 60_000,
}
