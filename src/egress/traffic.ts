import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostFigures } from '../core/egress.ts'
import type { SessionId } from '../core/ids.ts'
import { writeAtomically } from '../system/atomic-file.ts'

/** Counts of one session with one host, while they grow. */
export interface Counts {
  requests: number
  refused: number
  sentBytes: number
  receivedBytes: number
}

/** Hosts of a session that are counted apart; more are counted together as `others`. */
const mostHosts = 200

/** What went through, counted per session and host; kept in a file for the bot to read, also over a death. */
export class Traffic {
  readonly #file: string
  readonly #sessions = new Map<SessionId, Map<string, Counts>>()
  #changed = false

  constructor(folder: string) {
    this.#file = trafficFile(folder)
    for (const { session, host, ...counts } of readTraffic(folder)) this.#hostsOf(session).set(host, counts)
  }

  /** The counts to add to. */
  of(session: SessionId, host: string): Counts {
    this.#changed = true
    const hosts = this.#hostsOf(session)
    const name = hosts.has(host) || hosts.size < mostHosts ? host : 'others'
    const counts = hosts.get(name) ?? { requests: 0, refused: 0, sentBytes: 0, receivedBytes: 0 }
    hosts.set(name, counts)
    return counts
  }

  /** Forgets all sessions but these. */
  keep(sessions: ReadonlySet<SessionId>): void {
    for (const session of this.#sessions.keys()) {
      if (!sessions.has(session)) this.#changed = this.#sessions.delete(session) || this.#changed
    }
  }

  /** Bytes are counted without a word; so while something is open, they are written every time. */
  save(streaming: boolean): void {
    if (!this.#changed && !streaming) return
    this.#changed = false
    const figures: readonly HostFigures[] = [...this.#sessions].flatMap(([session, hosts]) =>
      [...hosts].map(([host, counts]) => ({ session, host, ...counts })),
    )
    writeAtomically(this.#file, JSON.stringify(figures))
  }

  #hostsOf(session: SessionId): Map<string, Counts> {
    const hosts = this.#sessions.get(session) ?? new Map<string, Counts>()
    this.#sessions.set(session, hosts)
    return hosts
  }
}

/** What was counted last; nothing when it cannot be read. */
export function readTraffic(folder: string): readonly HostFigures[] {
  try {
    return JSON.parse(readFileSync(trafficFile(folder), 'utf8')) as readonly HostFigures[]
  } catch {
    return []
  }
}

function trafficFile(folder: string): string {
  return join(folder, 'traffic.json')
}
