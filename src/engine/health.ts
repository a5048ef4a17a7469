import type { Chat } from '../core/chat.ts'
import type { Clock } from '../core/clock.ts'
import type { Level } from '../core/confinement.ts'
import { messageOf } from '../core/failure.ts'
import type { Health, StoreTrouble } from '../core/health.ts'
import type { Journal } from '../core/journal.ts'
import { isLive, isQueued } from '../core/lifecycle.ts'
import type { Runtime } from '../core/runtime.ts'
import type { Vault } from '../core/vault.ts'

/** What only the surroundings know. */
export interface Vitals {
  readonly version: string
  readonly schema: number
  readonly restartCount: number
  readonly box: Level
  rssBytes(): number
  /** Free bytes where the data lies; null when it cannot be told. */
  freeBytes(): Promise<number | null>
}

export interface HealthTools {
  readonly journal: Journal
  readonly vault: Vault
  readonly chat: Chat
  readonly runtimes: Iterable<Runtime>
  readonly clock: Clock
  readonly vitals: Vitals
  readonly closedMessages: () => number
  readonly startedAt: number
  storeTrouble(): StoreTrouble | null
  /** What came in and is held in memory alone. */
  unkept(): number
}

/** With less than this free, the next thing that is kept may be the one that does not fit. */
const leastFreeBytes = 100 * 1024 * 1024

/** Looks at everything once. Never rejects: what cannot be read is a reason. */
export async function examine(tools: HealthTools): Promise<Health> {
  const { journal, vault, chat, clock, vitals } = tools
  const reasons: string[] = []
  const gateway = chat.state()
  if (gateway.state !== 'ready') reasons.push(`Discord's gateway is ${gateway.state}`)
  const trouble = tools.storeTrouble()
  const held = tools.unkept()
  if (trouble !== null) {
    const seconds = Math.max(0, Math.round((clock.now() - trouble.since) / 1000))
    reasons.push(`nothing can be kept for ${seconds} s (${held} held in memory): ${trouble.message}`)
  }
  const freeBytes = await vitals.freeBytes()
  if (freeBytes !== null && freeBytes < leastFreeBytes) {
    reasons.push(`only ${Math.floor(freeBytes / 1024 / 1024)} MB are free where the data lies; free some space`)
  }
  const store = await read()
  const waiting = store.open.filter((run) => isQueued(run.state))
  return {
    ok: reasons.length === 0,
    reasons,
    version: vitals.version,
    startedAt: tools.startedAt,
    activeSessions: store.sessions,
    activeRuns: store.open.filter((run) => isLive(run.state)).length,
    queuedCount: waiting.length,
    oldestQueuedAgeMs: Math.max(0, ...waiting.map((run) => clock.now() - run.prompt.askedAt)),
    cliProcessCount: [...tools.runtimes].reduce((sum, runtime) => sum + runtime.processes().length, 0),
    closedMessages: tools.closedMessages(),
    rssBytes: vitals.rssBytes(),
    restartCount: vitals.restartCount,
    gateway,
    store: { ok: store.ok && trouble === null, schema: vitals.schema },
    disk: { freeBytes },
    box: vitals.box,
  }

  async function read() {
    try {
      return { ok: true, open: await journal.open(), sessions: (await vault.liveSessions()).length }
    } catch (error) {
      reasons.push(`the store cannot be read: ${messageOf(error)}`)
      return { ok: false, open: [], sessions: 0 }
    }
  }
}
