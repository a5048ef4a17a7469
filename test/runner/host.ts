// The process that test files run in: `host.ts <folder> <file>...`, one after another, each as a suite that bears its path.
// Files that share one also share what it has loaded and compiled, which is most of what a short file costs.
import hooks from 'node:async_hooks'
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'
import { inspect } from 'node:util'
import { knowing } from './knowing.ts'
import type { Mark } from './marks.ts'
import { inTurn } from './stories.ts'

const [folder = '', ...files] = process.argv.slice(2)
const root = join(import.meta.dirname, '..', '..')

/**
 * Node's runner follows every promise, to know which test an error belongs to that nobody caught: a tenth of what a
 * story costs. One that it knows no test for fails the file.
 */
const createHook = hooks.createHook.bind(hooks)
hooks.createHook = (callbacks) => {
  const light = { ...callbacks, trackPromises: false }
  delete light.destroy
  return createHook(light)
}
const testing = createRequire(import.meta.url)('node:test') as typeof import('node:test')
hooks.createHook = createHook

type Declare = (...args: readonly unknown[]) => unknown
const kinds = ['skip', 'todo', 'only', 'expectFailure'] as const
const { describe, it, before, after } = { ...testing }
let declared: (() => unknown)[] | null = null
/** The file that is loaded. */
let declaring = ''

/** While a file is loaded, what it declares is kept: a suite can only be filled in one go, which loading is not. */
function kept(declare: Declare): Declare {
  const keep: Declare = (...args) => {
    const those = inTurn(declaring, args)
    return declared === null ? declare(...those) : void declared.push(() => declare(...those))
  }
  for (const kind of kinds) {
    const each: unknown = Reflect.get(declare, kind)
    if (typeof each === 'function') Object.assign(keep, { [kind]: kept(each as Declare) })
  }
  return keep
}

for (const name of ['describe', 'suite', 'it', 'test', 'before', 'after', 'beforeEach', 'afterEach'] as const)
  Object.assign(testing, { [name]: kept(testing[name] as Declare) })
syncBuiltinESMExports()

async function declaredIn(file: string): Promise<readonly (() => unknown)[]> {
  const all: (() => unknown)[] = (declared = [])
  declaring = file
  try {
    await import(pathToFileURL(resolve(root, file)).href)
  } catch (error) {
    all.push(() => it('is loaded', () => Promise.reject(error)))
  }
  declared = null
  return all
}

/** What a file is to leave as it was. */
interface State {
  readonly handles: readonly string[]
  readonly cpuMs: number
  readonly names: readonly string[]
  /** Of the process itself, as lines. */
  readonly own: readonly string[]
}

function stateNow(): State {
  return {
    handles: process.getActiveResourcesInfo(),
    cpuMs: cpuMsNow(),
    names: readdirSync(tmpdir()),
    own: [
      `folder ${workingFolder()}`,
      ...Object.entries(process.env).map(([name, value]) => `variable ${name} ${value}`),
      ...process.eventNames().map((name) => `listeners ${String(name)} ${process.listenerCount(name)}`),
    ],
  }
}

function workingFolder(): string {
  try {
    return process.cwd()
  } catch {
    return 'that is gone'
  }
}

/** What of the one list is not in the other, each as often as it is there more. */
function more(list: readonly string[], than: readonly string[]): readonly string[] {
  const rest = [...than]
  return list.filter((each) => {
    const nth = rest.indexOf(each)
    if (nth !== -1) rest.splice(nth, 1)
    return nth === -1
  })
}

/** Of this process and of those that it has started and that are over. */
function cpuMsNow(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000 + childrenMs()
}

function childrenMs(): number {
  if (process.platform !== 'linux') return 0
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  // Clock ticks, of which there are a hundred in a second.
  return (Number(fields[13]) + Number(fields[14])) * 10
}

/** Whether nothing lives here but this process and the namespace's first; without one, nothing that knows our folder. */
function isAlone(): boolean {
  if (process.platform !== 'linux') return true
  if (process.ppid !== 1) return knowing(tmpdir()).size === 0
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length <= 2
}

let current = files[0] ?? ''

function mark(said: Mark): void {
  if ('file' in said) current = said.file
  appendFileSync(join(folder, 'marks'), `${JSON.stringify(said)}\n`)
}

for (const event of ['uncaughtExceptionMonitor', 'unhandledRejection'] as const)
  process.on(event, (error: unknown) => mark({ type: 'uncaught', file: current, error: inspect(error) }))

/** Whoever did not clear up is the last one in this process; those behind it get another. */
let isSpoiled = false

async function leave(last: string): Promise<never> {
  const told = join(folder, 'told')
  // What was told of the files before is on its way.
  const isTold = (): boolean =>
    existsSync(told) && readFileSync(told, 'utf8').includes(`"path":[${JSON.stringify(last)}]`)
  while (!isTold()) await pause(5)
  process.exit()
}

const loaded = []
for (const file of files) {
  mark({ type: 'loading', file })
  const had = new Set(readdirSync(tmpdir()))
  const declarations = await declaredIn(file)
  loaded.push({ file, declarations, own: readdirSync(tmpdir()).filter((name) => !had.has(name)) })
}

for (const { file, declarations, own } of loaded) {
  let was: State
  describe(file, () => {
    before(async () => {
      if (isSpoiled) await leave(current)
      mark({ type: 'begun', file })
      was = stateNow()
    })
    for (const declare of declarations) declare()
    after(async () => {
      const isClear = (): boolean => isAlone() && process.getActiveResourcesInfo().length <= was.handles.length
      for (let tries = 0; tries < 500 && !isClear(); tries++) await pause(20)
      const now = stateNow()
      const differing = [...more(now.own, was.own), ...more(was.own, now.own)]
      // Not what a variable holds, which may be anything.
      const changed = [...new Set(differing.map((line) => line.split(' ').slice(0, 2).join(' ')))]
      const open = now.handles.length > was.handles.length ? more(now.handles, was.handles) : []
      const isLeft = now.names.some((name) => own.includes(name) || !was.names.includes(name))
      isSpoiled = !isAlone() || isLeft || changed.length + open.length > 0
      mark({ type: 'ended', file, open, changed, cpuSeconds: (now.cpuMs - was.cpuMs) / 1000 })
    })
  })
}
after(async () => {
  mark({ type: 'over' })
  // What was left open would keep the process for ever.
  if (isSpoiled) await leave(current)
})
