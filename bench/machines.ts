import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Entry } from '../src/core/event.ts'
import type { RunId, WorkerId } from '../src/core/ids.ts'
import { EventBus } from '../src/engine/bus.ts'
import { openStore, type Store } from '../src/stores/open.ts'
import { hostClock } from '../src/system/host.ts'
import { events, prompt, quietLog, runId, scratchFolder, session, thread } from '../test/stores/cast.ts'
import { startCluster } from '../test/stores/cluster.ts'
import { moment, perSecond, repeat, took, type Figure, type Measurement, type Size } from './figure.ts'

const crowd = { machines: 5, sessions: 300 }

/** PostgreSQL beside SQLite, and what goes between the bot and its machines. It flushes, as in earnest; its socket is local. */
export const manyMachines: Measurement = {
  name: 'Machines',
  async run(size: Size, soFar: Figure[]): Promise<readonly Figure[]> {
    const [times, ms, streamMs] = size === 'full' ? [300, 4_000, 10_000] : [60, 1_000, 3_000]
    await using cluster = await startCluster({ flushes: true })
    const sqlite = await onOne(null, times, ms)
    const postgres = await onOne(await cluster.fresh(), times, ms)
    const beside = (what: string, unit: Figure['unit'], pick: (of: typeof sqlite) => readonly number[]): Figure => {
      return { what, unit, values: pick(postgres), against: { what: 'SQLite', values: pick(sqlite) } }
    }
    soFar.push(
      beside('appends, one run, each waiting for the last', 'per s', ({ alone }) => alone),
      beside('appends, 100 runs at once', 'per s', ({ together }) => together),
      beside('a line is written → everybody who listens has it', 'ms', ({ feed }) => feed),
      { what: 'the same, written by a machine', unit: 'ms', values: postgres.far },
      { what: 'a prompt is admitted → its machine knows', unit: 'ms', values: postgres.handOff },
    )
    soFar.push({
      what: 'the leader ends → the standby has the database open',
      unit: 'ms',
      values: await failOver(await cluster.fresh(), size),
    })
    const streams = await streaming(await cluster.fresh(), streamMs)
    soFar.push(
      {
        what: `${crowd.sessions} sessions on ${crowd.machines} machines, ten lines a second each: written → the bot has it`,
        unit: 'ms',
        values: streams.waits,
      },
      { what: 'lines that came', unit: 'per s', values: [streams.rate] },
      { what: "the bot's memory meanwhile", unit: 'MB', values: [process.memoryUsage.rss() / 2 ** 20] },
    )
    return soFar
  },
}

async function onOne(url: string | null, times: number, ms: number) {
  await using folder = await scratchFolder()
  await using bot = await opened(folder.path, url)
  const runs = await startRuns(bot, 100, null)
  const rate = async (of: readonly RunId[], each: number): Promise<number> => {
    const took_ = await took(() => Promise.all(of.map((run) => appends(bot, run, each))))
    return perSecond(of.length * each, took_)
  }
  const alone = await repeat(5, ms, () => rate(runs.slice(0, 1), 50))
  const together = await repeat(5, ms, () => rate(runs, 5))
  await using ears = await listening(bot)
  const [first] = runs as [RunId]
  const feed = await repeat(times, ms, () => ears.after(() => bot.journal.append(first, [events.said('a ')], 1)))
  if (url === null) return { alone, together, feed, far: [], handOff: [] }
  await using far = await scratchFolder()
  await using machine = await opened(far.path, url, 'w1')
  const [there] = (await startRuns(bot, 1, 'w1')) as [RunId]
  const heard = await repeat(times, ms, () => ears.after(() => machine.journal.append(there, [events.said('a ')], 1)))
  await using theirs = await listening(machine, 'w1')
  const handOff: number[] = []
  for (let nth = 0; nth < times / 5; nth++) {
    const waiting = await ask(bot, 50_000 + nth, 'w1')
    handOff.push(await theirs.after(() => bot.journal.claim(() => [waiting], 1)))
  }
  return { alone, together, feed, far: heard, handOff }
}

/** How long what one does takes to be heard, from before it is begun. */
async function listening(store: Store, of?: string) {
  const letGo = new AbortController()
  const own = of === undefined ? {} : { of: of as WorkerId }
  const bus = new EventBus({ ...store, ...own, clock: hostClock, log: quietLog, signal: letGo.signal })
  await bus.open()
  return {
    bus,
    async after(work: () => Promise<unknown>): Promise<number> {
      const heard = Promise.withResolvers<number>()
      using _listening = bus.subscribe(() => heard.resolve(moment()))
      const from = moment()
      await work()
      return (await heard.promise) - from
    },
    async [Symbol.asyncDispose]() {
      letGo.abort()
      await bus.close()
    },
  }
}

async function failOver(url: string, size: Size): Promise<readonly number[]> {
  await using folder = await scratchFolder()
  let leader = await opened(folder.path, url)
  const values: number[] = []
  for (let nth = 0; nth < (size === 'full' ? 10 : 3); nth++) {
    const standby = opened(folder.path, url)
    // It has asked for the lead by then; if not, what is measured is longer, not shorter.
    await pause(200)
    const from = moment()
    await leader.close()
    leader = await standby
    values.push(moment() - from)
  }
  await leader.close()
  return values
}

/** Real processes write, each for its own sessions; what is written says when. */
async function streaming(url: string, ms: number) {
  await using folder = await scratchFolder()
  await using bot = await opened(folder.path, url)
  const ids = Array.from({ length: crowd.machines }, (_, nth) => `w${nth + 1}`)
  const each = crowd.sessions / crowd.machines
  for (const id of ids) await startRuns(bot, each, id)
  await using ears = await listening(bot)
  const waits: number[] = []
  using _counting = ears.bus.subscribe((entry) => {
    const at = saidAt(entry)
    if (at !== null) waits.push(moment() - at)
  })
  const program = join(import.meta.dirname, 'machine-writer.ts')
  const writers = ids.map((id) =>
    spawn(process.execPath, [program, url, join(folder.path, id), id, String(ms)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  )
  await Promise.all(writers.map((writer) => once(writer, 'exit')))
  await ears.bus.idle()
  if (waits.length === 0) throw new Error('Nothing was heard of the machines.')
  return { waits, rate: perSecond(waits.length, ms) }
}

function saidAt({ event }: Entry): number | null {
  return event.type === 'said' && event.text.startsWith('at ') ? Number(event.text.slice(3)) : null
}

function opened(folder: string, url: string | null, worker: string | null = null): Promise<Store> {
  const report = () => ({
    host: 'bench',
    version: '0',
    runtimes: [],
    accounts: [],
    capacity: 1_000,
    boxed: true,
    key: '',
  })
  const as = worker === null ? null : { id: worker as WorkerId, report }
  return openStore({ folder, url, as, clock: hostClock, log: quietLog })
}

async function ask(store: Store, nth: number, worker: string | null): Promise<RunId> {
  const one = { ...session(`s${worker}-${nth}`, thread(String(200_000 + nth))), worker: worker as WorkerId | null }
  await store.vault.addSession(one)
  const run = runId(`run-${worker}-${nth}`)
  await store.journal.ask(run, prompt(String(900_000 + nth), one), hostClock.now(), () => null)
  return run
}

let asked = 0

/** Sessions with a run at work each. */
async function startRuns(store: Store, count: number, worker: string | null): Promise<readonly RunId[]> {
  // What comes at once shares its commits.
  const runs = await Promise.all(Array.from({ length: count }, () => ask(store, ++asked, worker)))
  await store.journal.claim(() => runs, hostClock.now())
  await Promise.all(runs.map((run) => store.journal.append(run, [events.started], hostClock.now())))
  return runs
}

async function appends({ journal }: Store, run: RunId, times: number): Promise<void> {
  for (let nth = 0; nth < times; nth++)
    await journal.append(run, [events.said(`piece number ${nth} `)], hostClock.now())
}
