import { usualTimings, type Timings } from '../../src/core/timings.ts'

/** How long the bots of stories wait: as short as can be where nothing is lost by it. */
export const storyTimings: Timings = {
  ...usualTimings,
  growEveryMs: 100,
  cardEveryMs: 100,
  silentForMs: 500,
  boardEveryMs: 200,
  boardBreathMs: 50,
  rereadAfterMs: 500,
  tryAgainAfterMs: [50, 150, 400],
  dialAgainAfterMs: 100,
  // A busy machine is no story: what is offered comes late rather than never, and no run is a long one.
  suggestWithinMs: 15_000,
  boardWithinMs: 60_000,
  ringAfterMs: 86_400_000,
  // A bot that looks at itself asks Discord things in between; stories about that say so.
  checkAfterMs: 86_400_000,
  // Nor has a process come that nobody asked for.
  warmAgainAfterMs: 86_400_000,
}
