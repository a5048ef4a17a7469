import type { Chat } from '../core/chat.ts'
import type { Clock } from '../core/clock.ts'
import type { Level } from '../core/confinement.ts'
import { messageOf } from '../core/failure.ts'
import { fine, inOneLine, type Finding, type Found } from '../core/finding.ts'
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

export interface StoreTools {
  readonly clock: Clock
  readonly vitals: Pick<Vitals, 'freeBytes'>
  storeTrouble(): StoreTrouble | null
  /** What came in and is held in memory alone. */
  unkept(): number
}

export interface HealthTools extends StoreTools {
  readonly journal: Journal
  readonly vault: Vault
  readonly chat: Chat
  readonly runtimes: Iterable<Runtime>
  readonly vitals: Vitals
  readonly closedMessages: () => number
  readonly startedAt: number
  /** What the parts have found. */
  found(): readonly Found[]
}

/** With less than this free, the next thing that is kept may be the one that does not fit. */
const leastFreeBytes = 100 * 1024 * 1024

/** What keeps things from being kept: as it is now, for every question anew. */
export async function checkStore(tools: StoreTools): Promise<readonly Finding[]> {
  return keptFindings(tools, await tools.vitals.freeBytes())
}

function keptFindings(tools: StoreTools, freeBytes: number | null): readonly Finding[] {
  const trouble = tools.storeTrouble()
  const found = [trouble === null ? fine('store', 'What comes in is kept.') : storeFinding(trouble)]
  if (freeBytes === null || freeBytes >= leastFreeBytes) return [...found, fine('disk', 'There is room on the disk.')]
  const text = `Only ${Math.floor(freeBytes / 1024 / 1024)} MB are free where the data lies.`
  return [...found, { id: 'disk', level: 'error', stopsAll: true, text, mend: 'Free some space.' }]

  function storeFinding({ since, message }: StoreTrouble): Finding {
    const seconds = Math.max(0, Math.round((tools.clock.now() - since) / 1000))
    const text = `nothing can be kept for ${seconds} s (${tools.unkept()} held in memory): ${message}`
    return { id: 'store', level: 'error', stopsAll: true, text, mend: null }
  }
}

/** Looks at everything once. Never rejects: what cannot be read is a reason. */
export async function examine(tools: HealthTools): Promise<Health> {
  const { journal, vault, chat, clock, vitals } = tools
  const reasons: string[] = []
  const gateway = chat.state()
  if (gateway.state !== 'ready') reasons.push(`Discord's gateway is ${gateway.state}`)
  const freeBytes = await vitals.freeBytes()
  const kept = keptFindings(tools, freeBytes)
  const findings = [
    ...kept.filter(({ level }) => level !== 'ok').map((finding) => ({ ...finding, since: clock.now() })),
    ...tools.found().filter(({ id }) => !kept.some((each) => each.id === id)),
  ]
  const store = await read()
  const waiting = store.open.filter((run) => isQueued(run.state))
  return {
    ok: reasons.length === 0 && !findings.some(({ stopsAll }) => stopsAll === true),
    reasons: [...reasons, ...findings.map(inOneLine)],
    findings,
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
    store: { ok: store.ok && tools.storeTrouble() === null, schema: vitals.schema },
    disk: { freeBytes },
    accounts: store.accounts,
    box: vitals.box,
  }

  async function read() {
    try {
      return {
        ok: true,
        open: await journal.open(),
        sessions: (await vault.liveSessions()).length,
        accounts: await vault.accounts.all(),
      }
    } catch (error) {
      reasons.push(`the store cannot be read: ${messageOf(error)}`)
      return { ok: false, open: [], sessions: 0, accounts: [] }
    }
  }
}
