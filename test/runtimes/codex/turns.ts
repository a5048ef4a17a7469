import type { RunEvent } from '../../../src/core/event.ts'
import type { Spent } from '../../../src/runtimes/engine/protocol.ts'
import { beginning, meaningOf, type CodexState } from '../../../src/runtimes/codex/meaning.ts'

/** A turn as the recordings have them: their requests are called `open` (or `resume`) and `turn`. */
export function start(thread: string | null = null, spent: Spent | null = null): CodexState {
  const from = {
    pid: 1,
    warm: thread !== null,
    workdir: '/room/project',
    resumed: false,
    boxed: false,
    beside: null,
    openId: 'open',
    turnId: 'turn',
  }
  return beginning(from, thread, null, spent)
}

/** Reads lines as one turn, whose state nobody may change behind its back. */
export function readTurn(
  lines: readonly string[],
  from: CodexState = start(),
): { readonly events: readonly RunEvent[]; readonly state: CodexState } {
  const events: RunEvent[] = []
  let state = Object.freeze(from)
  for (const line of lines) {
    const reading = meaningOf(state, line)
    state = Object.freeze(reading.state)
    events.push(...reading.events)
  }
  return { events, state }
}

/** The events of every turn in a recording, one after the other. */
export function turnsOf(lines: readonly string[]): readonly (readonly RunEvent[])[] {
  const turns: RunEvent[][] = [[]]
  let state = start()
  for (const line of lines) {
    if (state.over !== 'no') {
      state = start(state.thread, state.spent)
      turns.push([])
    }
    const reading = meaningOf(state, line)
    state = reading.state
    turns.at(-1)?.push(...reading.events)
  }
  return turns.filter((events) => events.length > 0)
}
