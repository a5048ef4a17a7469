/**
 * One life of a bot, as far as a runtime sees it: a process of its own that begins a turn, writes down what it is
 * told, and is killed in the middle. `runtime.ts` starts it and is the second life.
 *
 *     node runtime-life.ts <JSON of LifeOrder>
 */
import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { argv } from 'node:process'
import { agentBoxes } from '../../src/confinement/agent-boxes.ts'
import { confinement } from '../../src/confinement/confinement.ts'
import { limitsOf } from '../../src/confinement/limits.ts'
import type { AgentBoxes } from '../../src/core/agent-box.ts'
import type { CheckpointName } from '../../src/core/checkpoint.ts'
import type { Clock } from '../../src/core/clock.ts'
import type { Egress } from '../../src/core/egress.ts'
import type { Steer } from '../../src/core/event.ts'
import type { AccountId, RuntimeName } from '../../src/core/ids.ts'
import type { Log } from '../../src/core/log.ts'
import type { Piece, Runtime, Turn } from '../../src/core/runtime.ts'
import { runtimes } from '../../src/runtimes/all.ts'
import { defaultLimits, type ProcessLimits } from '../../src/runtimes/engine/limits.ts'
import type { RuntimeEngineOptions } from '../../src/runtimes/engine/options.ts'
import { programFolder } from '../../src/system/program.ts'

/** What makes a runtime, in a form that fits on a command line. */
export interface PlainOptions {
  readonly runtime: string
  readonly dataDir: string
  readonly environment: Readonly<Record<string, string>>
  readonly account: Readonly<Record<string, string>>
  readonly claudeBinary: string | null
  readonly limits?: Partial<ProcessLimits>
  /** Its agents live in boxes, whose way out leads into this folder; null: there is none. Left out: no boxes. */
  readonly box?: {
    readonly egress: string | null
    /** Left out: as this machine makes them. The folder of a `sandbox-exec` that stands in for a Mac's. */
    readonly standIn?: string
  }
  /** Why only owners may have agents; left out: everybody may. */
  readonly ownersOnly?: string
}

export interface LifeOrder {
  readonly options: PlainOptions
  readonly turn: Turn
  /** A life before has left an agent at rest: as a bot does at its start, this one takes it back. */
  readonly goesOn?: boolean
  readonly die:
    | { readonly at: CheckpointName }
    /** As soon as the text so far contains this, or an approval stands open. */
    | { readonly text: string }
    | { readonly on: 'wanted' }
    /** When it has put this word into the turn, as soon as the text contains that. */
    | { readonly steered: Steer; readonly atText: string }
    /** At whatever moment it happens to be. */
    | { readonly afterMs: number }
    /** No death: closes, leaving the agents, as soon as the text contains this. */
    | { readonly leaveAt: string }
}

const realClock: Clock = {
  monotonic: () => performance.now(),
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms).unref()
    return { [Symbol.dispose]: () => clearTimeout(timer) }
  },
}

const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export function makeRuntime(
  plain: PlainOptions,
  more: { readonly checkpoint?: (name: CheckpointName) => void; readonly clock?: Clock } = {},
): Runtime {
  const spooled: RuntimeEngineOptions = {
    dataDir: plain.dataDir,
    clock: more.clock ?? realClock,
    ids: { next: () => randomUUID() },
    log: quiet,
    checkpoint: more.checkpoint ?? (() => {}),
    limits: { ...defaultLimits, ...plain.limits },
    ownersOnly: plain.ownersOnly ?? null,
  }
  const all = runtimes({
    ...spooled,
    tools: () => [],
    environment: plain.environment,
    accountEnvironment: (_runtime: RuntimeName, _account: AccountId) => plain.account,
    binaries: { claude: plain.claudeBinary },
    denied: [plain.dataDir],
    open: [],
    boxes: plain.box === undefined ? null : boxesOf(plain),
    egress: plain.box?.egress == null ? null : wayOut(plain.box.egress),
  })
  const found = all.find(({ name }) => name === plain.runtime)
  if (found === undefined) throw new Error(`There is no runtime ${plain.runtime}.`)
  return found
}

function boxesOf({ dataDir, environment, box }: PlainOptions): AgentBoxes {
  const { HOME: home = null } = environment
  const wall = confinement({
    wanted: 'required',
    ...(box?.standIn === undefined
      ? { path: '/usr/bin:/bin', platform: process.platform, uid: process.getuid?.() }
      : { path: box.standIn, platform: 'darwin', uid: 501 }),
    folder: join(dataDir, 'box'),
    offLimits: { program: programFolder, data: dataDir, settings: join(programFolder, '.env'), home },
    limits: limitsOf({ megabytes: 0, processes: 4096 }),
  })
  const level = wall.level()
  if (!level.boxed) throw new Error(`This test needs a machine that can box: ${level.reason}`)
  return agentBoxes({ confinement: wall, folder: join(dataDir, 'boxes'), shared: [], own: environment })
}

/** A way out that somebody else keeps open. */
function wayOut(folder: string): Egress {
  return {
    open: async () => folder,
    allow: async () => {},
    close: async () => {},
    listen: () => ({ [Symbol.dispose]: () => {} }),
    answer: () => {},
    lend: () => ({ [Symbol.dispose]: () => {} }),
    figures: async () => ({ up: true, hosts: [] }),
  }
}

/** What a first life commits: one piece a line. */
export type Committed = Pick<Piece, 'events' | 'cursor'>

async function live({ options, turn, goesOn = false, die }: LifeOrder): Promise<void> {
  // Node keeps what it has compiled when it ends, and hardly one of these does.
  flushCompileCache()
  const runtime = makeRuntime(options, {
    checkpoint(name) {
      if ('at' in die && die.at === name) process.kill(process.pid, 'SIGKILL')
    },
  })
  if (goesOn) await runtime.sweep(new Set([turn.session.id]))
  let text = ''
  if ('afterMs' in die) setTimeout(() => process.kill(process.pid, 'SIGKILL'), die.afterMs)
  const conduct = runtime.begin(turn)
  for await (const piece of conduct.output) {
    writeSync(1, `${JSON.stringify(piece)}\n`)
    for (const event of piece.events) {
      if (event.type === 'said') text = event.whole ? event.text : text + event.text
      if ('on' in die && event.type === die.on) process.kill(process.pid, 'SIGKILL')
    }
    if ('text' in die && text.includes(die.text)) process.kill(process.pid, 'SIGKILL')
    if ('steered' in die && text.includes(die.atText)) {
      if (!(await conduct.steer(die.steered))) throw new Error('The word was not taken.')
      process.kill(process.pid, 'SIGKILL')
    }
    if ('leaveAt' in die && text.includes(die.leaveAt)) await runtime.close('leave')
  }
}

if (argv[1] === import.meta.filename) await live(JSON.parse(argv[2] as string) as LifeOrder)
