import { openSync, closeSync, fstatSync, readSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Turn } from '../src/core/runtime.ts'
import { usualTimings } from '../src/core/timings.ts'
import { see, viewOf, type RunView } from '../src/core/view.ts'
import { Conductor } from '../src/engine/conductor.ts'
import { EventBus } from '../src/engine/bus.ts'
import { GroupCommit } from '../src/engine/group-commit.ts'
import { hostClock, uuids } from '../src/system/host.ts'
import { echo } from '../src/runtimes/echo/echo.ts'
import { environmentFor } from '../src/runtimes/environment.ts'
import { defaultLimits } from '../src/runtimes/engine/limits.ts'
import { AgentEngine } from '../src/runtimes/engine/engine.ts'
import { openStore, type Store } from '../src/stores/open.ts'
import { prompt, quietLog, runId, scratchFolder, session, thread } from '../test/stores/cast.ts'
import { perSecond, repeat, type Figure, type Measurement, type Size } from './figure.ts'
import { Signing } from '../src/runtimes/engine/signing.ts'

/** What the agent is told to do, over and over: words alone, or tool calls with a sentence each. */
const scripts = {
  words: `!say ${'word '.repeat(1000)}`,
  tools: Array.from({ length: 125 }, (_, nth) => `!read /nowhere/${nth}`).join('\n'),
} as const

interface Rates {
  /** The agent had written everything before the first line was read: how fast we are. */
  readonly behind: number
  /** The agent writes while we read, on the same machine. */
  readonly live: number
}

/** Lines of an agent's output a second, from the file of its spool through the journal to what a person sees. */
export const eventRates: Measurement = {
  name: 'Spool → journal → view',
  async run(size: Size): Promise<readonly Figure[]> {
    const [times, ms, repeated] = size === 'full' ? [7, 6000, 40] : [3, 1500, 10]
    const figures: Figure[] = []
    for (const [kind, script] of Object.entries(scripts)) {
      await using folder = await scratchFolder()
      await using store = await openStore({ folder: folder.path, clock: hostClock, log: quietLog })
      const text = Array.from({ length: repeated }, () => script).join('\n')
      const rates = await repeat(times, ms, (nth) => measure(store, folder.path, text, nth))
      figures.push({
        what: `lines of output, ${kind === 'words' ? 'text alone' : 'a quarter of them tool calls'}`,
        unit: 'per s',
        values: rates.map((each) => each.behind),
        against: { what: 'while the agent writes', values: rates.map((each) => each.live) },
      })
    }
    return figures
  },
}

async function measure(store: Store, folder: string, text: string, nth: number): Promise<Rates> {
  return {
    behind: await lead(store, folder, text, 2 * nth, true),
    live: await lead(store, folder, text, 2 * nth + 1, false),
  }
}

/** Leads one turn of a real process to its end. Gives lines of output a second. */
async function lead(store: Store, folder: string, text: string, nth: number, afterwards: boolean): Promise<number> {
  const signing = new Signing(null, folder)
  const means = { dataDir: folder, ids: uuids(hostClock), boxing: null, signing }
  const runtime = new AgentEngine(
    echo({ ...means, environmentOf: () => environmentFor(process.env) }),
    {
      dataDir: folder,
      clock: hostClock,
      ids: uuids(hostClock),
      log: quietLog,
      checkpoint: () => {},
      limits: defaultLimits,
      ownersOnly: null,
    },
    signing,
  )
  const { turn, view } = await claimed(store, folder, text, nth)
  const output = join(folder, 'spools', turn.session.id, 'stdout')
  const letGo = new AbortController()
  const tools = { ...store, clock: hostClock, log: quietLog, checkpoint: () => {}, signal: letGo.signal }
  const bus = new EventBus(tools)
  await bus.open()
  let seen: RunView | null = view
  using _listening = bus.subscribe((entry) => (seen = see(seen, entry)))
  try {
    const conduct = runtime.begin(turn)
    await written(output, afterwards ? '"is":"over"' : '"is":"taken"')
    const from = performance.now()
    const conductor = new Conductor(turn, conduct, runtime, {
      ...tools,
      signature: () => Promise.reject(new Error('nobody puts a word in')),
      timings: usualTimings,
      logins: { failed: () => false, served: () => {} },
      texts: new GroupCommit(hostClock, usualTimings.textEveryMs),
    })
    await conductor.done
    await bus.idle()
    const ms = performance.now() - from
    if (seen?.outcome?.kind !== 'done') throw new Error(`The run ended as ${JSON.stringify(seen?.outcome)}.`)
    return perSecond(countLines(output), ms)
  } finally {
    letGo.abort()
    await bus.close()
    await runtime.close('end')
  }
}

/** A run that was just admitted. */
async function claimed(
  { journal, vault }: Store,
  folder: string,
  text: string,
  nth: number,
): Promise<{ turn: Turn; view: RunView }> {
  const place = thread(String(3000 + nth))
  const one = session(`s${nth}`, place, { workdir: folder })
  const run = runId(`run-${nth}`)
  await vault.addSession(one)
  const asked = { ...prompt(place.id, one), text }
  await journal.ask(run, asked, hostClock.now(), () => null)
  await journal.claim(() => [run], hostClock.now())
  const view = viewOf(await journal.read(run))
  if (view === null) throw new Error('The run was not kept.')
  const signature = { author: { name: 'alice', email: 'alice@example.org' }, coAuthors: [], origins: [], barred: null }
  return {
    turn: {
      run,
      attempt: 1,
      parks: 0,
      goesOn: false,
      prompt: asked,
      session: one,
      files: [],
      handOver: null,
      signature,
    },
    view,
  }
}

/** Waits until the agent's output ends with a line that contains `mark`, or (for its first line) has any. */
async function written(path: string, mark: string): Promise<void> {
  const until = Date.now() + 30_000
  while (!endOf(path).includes(mark)) {
    if (mark.includes('taken') && endOf(path) !== '') return
    if (Date.now() > until) throw new Error(`The agent did not write ${mark} in 30 s.`)
    await delay(5)
  }
}

function endOf(path: string): string {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    // The process is only just being started.
    return ''
  }
  try {
    const { size } = fstatSync(file)
    const bytes = Buffer.alloc(Math.min(size, 300))
    readSync(file, bytes, 0, bytes.length, size - bytes.length)
    return bytes.toString()
  } finally {
    closeSync(file)
  }
}

function countLines(path: string): number {
  return readFileSync(path, 'latin1').split('\n').length - 1
}
