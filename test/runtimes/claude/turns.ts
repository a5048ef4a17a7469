import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunEvent } from '../../../src/core/event.ts'
import { nothingSpent } from '../../../src/runtimes/engine/protocol.ts'
import { beginning, meaningOf, type ClaudeState } from '../../../src/runtimes/claude/meaning.ts'

/** A line of the CLI's output. */
export type OutputLine = string

const transcriptOf = (session: string): string => `/room/config/projects/-room-project/${session}.jsonl`

/** A turn of the process that wrote the recordings. */
export function start(
  warm: boolean,
  costUsd = 0,
  more: Partial<Pick<ClaudeState, 'mode' | 'readOnly' | 'confined'>> = {},
): ClaudeState {
  const spent = { ...nothingSpent, costUsd }
  const birth = { pid: 1, warm, conversation: '', transcript: null, spent }
  const rights = { mode: 'default', readOnly: false, confined: false, ...more }
  return beginning({ birth, uuid: 'ours', workdir: '/room/project', ...rights, offers: [], transcriptOf })
}

/** Reads lines as one turn, whose state nobody may change behind its back. */
export function readTurn(
  lines: readonly OutputLine[],
  from: ClaudeState = start(false),
): { readonly events: readonly RunEvent[]; readonly state: ClaudeState } {
  const events: RunEvent[] = []
  let state = Object.freeze(from)
  for (const line of lines) {
    const reading = meaningOf(state, line)
    state = Object.freeze(reading.state)
    events.push(...reading.events)
  }
  return { events, state }
}

/** The events of every turn in a recording, one after the other; the last one may be incomplete. */
export function turnsOf(lines: readonly OutputLine[]): readonly (readonly RunEvent[])[] {
  const turns: RunEvent[][] = [[]]
  let state = start(false)
  for (const line of lines) {
    // A broken process is ended: nobody reads what it says on its way.
    if (state.over === 'broken') break
    if (state.over === 'clean') {
      state = start(true, state.spent.costUsd)
      turns.push([])
    }
    const reading = meaningOf(state, line)
    state = reading.state
    turns.at(-1)?.push(...reading.events)
  }
  return turns.filter((events) => events.length > 0)
}

/** Every turn of every recording. */
export function allEvents(
  versions: string,
): readonly { readonly name: string; readonly events: readonly RunEvent[] }[] {
  return readdirSync(versions).flatMap((version) =>
    readdirSync(join(versions, version))
      .filter((file) => file.endsWith('.jsonl'))
      .flatMap((file) => {
        const lines = readFileSync(join(versions, version, file), 'utf8')
          .split('\n')
          .slice(0, -1)
        return turnsOf(lines).map((events) => ({ name: `${version}/${file}`, events }))
      }),
  )
}
