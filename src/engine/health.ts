import { configured, holdOf, type AccountSlot, type AccountState } from '../core/account.ts'
import { placedSlots } from '../core/account-places.ts'
import { never } from '../core/budget.ts'
import type { Chat } from '../core/chat.ts'
import type { Clock, EpochMs } from '../core/clock.ts'
import type { Level } from '../core/confinement.ts'
import { messageOf } from '../core/failure.ts'
import { fine, inOneLine, type Finding, type Found } from '../core/finding.ts'
import type { Machine } from '../core/machine.ts'
import type { Health, MachineHealth, SlotHealth, StoreTrouble, WorkerHealth } from '../core/health.ts'
import type { AccountId, WorkerId } from '../core/ids.ts'
import type { Journal, OpenRun } from '../core/journal.ts'
import { isLive, isQueued } from '../core/lifecycle.ts'
import type { TokenStatus } from '../core/login-watch.ts'
import type { Runtime } from '../core/runtime.ts'
import type { Vault } from '../core/vault.ts'

/** What only the surroundings know. */
export interface Vitals {
  readonly version: string
  readonly schema: number
  readonly restartCount: number
  readonly box: Level
  /** Every login that is configured. */
  readonly slots: readonly AccountSlot[]
  tokenStatus(): TokenStatus
  rssBytes(): number
  /** See `CpuShare`. */
  cpuShare(): number
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
  readonly agentsHere: boolean
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

/** Whether sessions can work with that login now. */
function slotHealth(
  { runtime, account }: AccountSlot,
  known: readonly AccountState[],
  findings: readonly Finding[],
  now: EpochMs,
): SlotHealth {
  const of = { slot: account, runtime }
  const state = known.find((each) => each.runtime === runtime && each.account === account)
  const own = [`${runtime}.login.${account}`, `login.refused.${runtime}:${account}`]
  if (account === ('default' as AccountId)) own.push(`${runtime}.login`)
  if (findings.some(({ id, level }) => level !== 'ok' && own.includes(id)))
    return { ...of, state: 'login', until: null }
  if (state === undefined) return { ...of, state: 'ok', until: null }
  if (state.ended !== null) return { ...of, state: 'ended', until: null }
  const hold = holdOf(state, null, now)
  return hold === null
    ? { ...of, state: 'ok', until: null }
    : { ...of, state: 'resting', until: hold.until === never ? null : hold.until }
}

function machineHealth(
  { id, isHere, isDraining, capacity, boxed, vitals }: Machine,
  open: readonly OpenRun[],
): MachineHealth {
  const activeRuns = open.filter(({ worker, state }) => worker === id && isLive(state)).length
  return { id, state: isHere ? (isDraining ? 'draining' : 'here') : 'away', activeRuns, capacity, boxed, vitals }
}

export interface MachineHealthTools extends Omit<StoreTools, 'vitals'> {
  readonly id: WorkerId
  readonly journal: Pick<Journal, 'open'>
  readonly runtimes: Iterable<Runtime>
  readonly vitals: Pick<Vitals, 'version' | 'schema' | 'box' | 'rssBytes' | 'cpuShare' | 'freeBytes'>
  readonly startedAt: EpochMs
}

/** The same on a machine beside the bot's. Never rejects: what cannot be read is a reason. */
export async function examineMachine(tools: MachineHealthTools): Promise<WorkerHealth> {
  const { id, journal, runtimes, vitals, startedAt } = tools
  const freeBytes = await vitals.freeBytes()
  const findings = keptFindings(tools, freeBytes).filter(({ level }) => level !== 'ok')
  const reasons = findings.map(inOneLine)
  const open = await journal.open().catch((error: unknown) => {
    reasons.push(`the store cannot be read: ${messageOf(error)}`)
    return null
  })
  return {
    ok: open !== null && findings.length === 0,
    reasons,
    worker: id,
    version: vitals.version,
    startedAt,
    activeRuns: open?.filter((run) => run.worker === id && isLive(run.state)).length ?? 0,
    cliProcessCount: [...runtimes].reduce((sum, runtime) => sum + runtime.processes().length, 0),
    rssBytes: vitals.rssBytes(),
    cpuShare: vitals.cpuShare(),
    store: { ok: open !== null && tools.storeTrouble() === null, schema: vitals.schema },
    disk: { freeBytes },
    box: vitals.box,
  }
}

/** Looks at everything once. Never rejects: what cannot be read is a reason. */
export async function examine(tools: HealthTools): Promise<Health> {
  const { journal, vault, chat, clock, vitals } = tools
  const reasons: string[] = []
  const gateway = chat.state()
  if (gateway.state !== 'ready') reasons.push(`Discord's gateway is ${gateway.state}`)
  const away = gateway.serversAway.map(
    (server) =>
      `the server ${server} is away (Discord has an outage of it, or has put the bot out): nobody there can be heard, and what is asked waits`,
  )
  const reachesNobody = away.length > 0 && gateway.serversHere === 0
  const freeBytes = await vitals.freeBytes()
  const kept = keptFindings(tools, freeBytes)
  const findings = [
    ...kept.filter(({ level }) => level !== 'ok').map((finding) => ({ ...finding, since: clock.now() })),
    ...tools.found().filter(({ id }) => !kept.some((each) => each.id === id)),
  ]
  const store = await read()
  const waiting = store.open.filter((run) => isQueued(run.state))
  return {
    ok: reasons.length === 0 && !reachesNobody && !findings.some(({ stopsAll }) => stopsAll === true),
    reasons: [...reasons, ...away, ...findings.map(inOneLine)],
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
    cpuShare: vitals.cpuShare(),
    restartCount: vitals.restartCount,
    gateway,
    store: { ok: store.ok && tools.storeTrouble() === null, schema: vitals.schema },
    disk: { freeBytes },
    accounts: store.accounts,
    accountSlotsHealth: store.slots.map((slot) => slotHealth(slot, store.accounts, findings, clock.now())),
    tokenStatus: vitals.tokenStatus(),
    machines: store.machines.map((machine) => machineHealth(machine, store.open)),
    box: vitals.box,
  }

  async function read() {
    try {
      const machines = await vault.machines.all()
      const slots = placedSlots(vitals.slots, machines, tools.agentsHere)
      return {
        ok: true,
        open: await journal.open(),
        sessions: (await vault.liveSessions()).length,
        accounts: configured(await vault.accounts.all(), slots),
        slots,
        machines,
      }
    } catch (error) {
      reasons.push(`the store cannot be read: ${messageOf(error)}`)
      return { ok: false, open: [], sessions: 0, accounts: [], slots: vitals.slots, machines: [] }
    }
  }
}
