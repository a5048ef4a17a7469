/**
 * Measures as a user who is not root, and prints the figures as JSON.
 *
 *     node boxes-inside.ts quick | full
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv, stdout } from 'node:process'
import { confinement } from '../src/confinement/confinement.ts'
import { limitsOf } from '../src/confinement/limits.ts'
import { none } from '../src/confinement/none.ts'
import { descendantsOf } from '../src/system/process.ts'
import { claudeBench } from '../test/clis/claude-bench.ts'
import { codexBench } from '../test/clis/codex-bench.ts'
import { CodexWire } from '../test/clis/codex-wire.ts'
import { claudeBinary, codexBinary } from '../test/clis/install.ts'
import { Listener, makeSession, makeTurn } from '../test/contracts/runtime-bench.ts'
import { makeRuntime } from '../test/contracts/runtime-life.ts'
import { medianOf, took, type Figure } from './figure.ts'
import { measure } from './worktrees.ts'

const [, , size = 'quick'] = argv
const times = size === 'full' ? 5 : 2

interface Session {
  readonly first: number[]
  readonly warm: number[]
  readonly tool: number[]
  readonly memory: number[]
}

const agents = [
  { name: 'claude', binary: claudeBinary(), open: claudeBench },
  { name: 'codex', binary: codexBinary(), open: codexBench },
] as const

/** Private memory of a process and all it has started, in MB. */
function privateOf(pid: number): number {
  const sizes = [pid, ...descendantsOf([pid])].map((each) => {
    const rollup = readFileSync(`/proc/${each}/smaps_rollup`, 'utf8')
    return [...rollup.matchAll(/^Private_\w+:\s+(\d+) kB$/gm)].reduce((sum, [, kb]) => sum + Number(kb), 0)
  })
  return sizes.reduce((sum, kb) => sum + kb, 0) / 1024
}

async function sessions({ name, binary, open }: (typeof agents)[number], boxed: boolean): Promise<Session> {
  const all: Session = { first: [], warm: [], tool: [], memory: [] }
  for (let nth = 0; nth < times; nth++) {
    await using bench = await open(binary ?? '', { boxed })
    const runtime = makeRuntime(bench.options)
    try {
      let session = makeSession(name, bench.workdir)
      const turn = async (text: string): Promise<number> => {
        const from = performance.now()
        const asked = makeTurn(session, text)
        const listener = new Listener(runtime.begin(asked), asked)
        await listener.done
        if (!listener.text.includes('well')) throw new Error(JSON.stringify(listener.last))
        session = { ...session, conversation: listener.conversation }
        return performance.now() - from
      }
      all.first.push(await turn(bench.words.say('all is well')))
      for (let more = 0; more < 4; more++) all.warm.push(await turn(bench.words.say('still well')))
      all.tool.push(await turn(bench.words.tool('well done')))
      const [{ pid } = { pid: 0 }] = runtime.processes()
      all.memory.push(privateOf(pid))
    } finally {
      await runtime.close('end')
    }
  }
  return all
}

/** The CLI by itself, without the product, from a turn's line to its end. */
async function wireAlone(binary: string): Promise<readonly number[]> {
  await using wire = await CodexWire.open(binary)
  await wire.opens()
  const values: number[] = []
  for (let nth = 0; nth < times * 4 + 2; nth++) values.push(await took(() => wire.turn([{ text: 'still well' }])))
  return values.slice(2)
}

const figures: Figure[] = []
const beside = (what: string, unit: Figure['unit'], values: readonly number[], others: readonly number[]): void =>
  void figures.push({ what, unit, values, against: { what: 'without a box', values: others } })

for (const agent of agents) {
  if (agent.binary === null) continue
  const [boxed, bare] = [await sessions(agent, true), await sessions(agent, false)]
  beside(`${agent.name}: start and first answer in a box`, 'ms', boxed.first, bare.first)
  beside(`${agent.name}: a later answer`, 'ms', boxed.warm, bare.warm)
  if (agent.name === 'codex') {
    const wire = await wireAlone(agent.binary)
    const what = 'codex: a later answer in a box, beside its own wire'
    const below = 1.5 * medianOf(wire)
    figures.push({ what, unit: 'ms', values: boxed.warm, against: { what: 'its wire alone', values: wire }, below })
  }
  beside(`${agent.name}: a tool call and an answer`, 'ms', boxed.tool, bare.tool)
  beside(`${agent.name}: private memory of a session`, 'MB', boxed.memory, bare.memory)
}

const root = join(tmpdir(), 'workspaces')
mkdirSync(root)
const wall = confinement({
  wanted: 'required',
  path: '/usr/bin:/bin',
  platform: process.platform,
  uid: process.getuid?.(),
  folder: join(root, 'wall'),
  offLimits: { program: join(root, 'bot'), data: join(root, 'data'), settings: join(root, '.env'), home: null },
  limits: limitsOf({ megabytes: 0, processes: 4096 }),
})
const level = wall.level()
if (!level.boxed) throw new Error(level.reason)
const git = await measure(root, 'boxed', 200, times, 5_000, wall)
const bare = await measure(root, 'bare', 200, times, 5_000, none('the bench'))
beside('a session’s clone, git in boxes', 'ms', git.starts, bare.starts)
beside('/diff, git in boxes', 'ms', git.diffs, bare.diffs)
figures.push({
  what: 'a session’s clone',
  unit: 'ms',
  values: bare.starts,
  against: { what: 'git worktree add', values: bare.worktrees },
})
stdout.write(JSON.stringify(figures))
