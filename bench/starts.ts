import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ticksOf } from '../src/system/process.ts'
import { bundle } from '../tools/bundle.ts'
import { moment, repeat, type Figure, type Measurement, type Size } from './figure.ts'
import { markAt, residentMb, Stage } from './stage.ts'

const root = join(import.meta.dirname, '..')
const launcher = join('bin', 'discord-orchestrator.js')
/** Idle is who has registered its commands so long ago. */
const restMs = 4_500
/** As `npm start` does it in a checkout. */
const asNpm = ['--disable-sigusr1', '--max-semi-space-size=2']

/** A version of the program, and where it works. */
interface Side {
  readonly folder: string
  readonly stage: Stage
}

/** One start of the bot by its launcher, as people start it. */
interface Start {
  readonly registered: number
  /** Of CPU, until then. */
  readonly busy: number
  /** Resident memory some seconds after it; NaN: not waited for. */
  readonly idle: number
}

/**
 * From the start of the process until its commands are in Discord, of the package as it is installed and of a checkout.
 * `against`: another checkout of the project, whose starts are measured in turn with ours.
 */
export function starts(against: string | null): Measurement {
  return {
    name: 'Start',
    async run(size: Size): Promise<readonly Figure[]> {
      const [times, idles] = size === 'full' ? [15, 2] : [3, 1]
      await using stage = await Stage.open()
      // An older version does not open our database: it has its own Discord and its own folders.
      await using apart = against === null ? null : await Stage.open()
      const sides = [{ folder: await packed(root, stage), stage }]
      const sources = [{ folder: root, stage }]
      if (against !== null && apart !== null) {
        // Older versions have no bundle: then theirs is not beside ours.
        if (existsSync(join(against, 'tools', 'bundle.ts')))
          sides.push({ folder: await packed(against, apart), stage: apart })
        sources.push({ folder: against, stage: apart })
      }
      const bare = await repeat(Math.ceil(times / 3), 20_000, () => bareStart(stage))
      // The first start of each compiles what the others find.
      for (const each of sides) await start(each)
      for (const each of sources) await start(each, asNpm)
      const packages = await inTurn(sides, times, (each, nth) => start(each, [], nth < idles))
      const checkouts = await inTurn(sources, times, (each, nth) => start(each, asNpm, nth < idles))
      const versions = await inTurn(sides, times, versionOf)
      const figure = (
        what: string,
        unit: Figure['unit'],
        below: number,
        of: readonly (readonly number[])[],
        other: Figure['against'],
      ): Figure => {
        const [now = [], before] = of.map((values) => values.filter((each) => !Number.isNaN(each)))
        const beside = before === undefined ? other : { what: 'before', values: before }
        return { what, unit, values: now, below, ...(beside === undefined ? {} : { against: beside }) }
      }
      const pick = (from: readonly (readonly Start[])[], of: keyof Start) =>
        from.map((side) => side.map((each) => each[of]))
      const alone = { what: 'discord.js alone, ready', values: bare }
      return [
        figure('start → commands registered, the package', 'ms', 450, pick(packages, 'registered'), alone),
        figure('start → commands registered, from source', 'ms', 700, pick(checkouts, 'registered'), alone),
        figure('CPU until then, the package', 'ms', 450, pick(packages, 'busy'), undefined),
        figure('CPU until then, from source', 'ms', 700, pick(checkouts, 'busy'), undefined),
        figure('--version, the package', 'ms', 60, versions, undefined),
        figure('resident, connected and idle, the package', 'MB', 115, pick(packages, 'idle'), undefined),
        figure('resident, connected and idle, from source', 'MB', 115, pick(checkouts, 'idle'), undefined),
      ]
    },
  }
}

/** Each side once, and then again: what disturbs the machine disturbs both. */
async function inTurn<Value>(
  sides: readonly Side[],
  times: number,
  measure: (side: Side, nth: number) => Promise<Value>,
): Promise<readonly Value[][]> {
  const values = sides.map((): Value[] => [])
  await repeat(times, 50_000, async (nth) => {
    for (const [at, side] of sides.entries()) values[at]?.push(await measure(side, nth))
  })
  return values
}

/** What `npm install` would put there, without what only the demo needs; gives the folder. */
async function packed(checkout: string, stage: Stage): Promise<string> {
  const folder = join(stage.root, checkout === root ? 'package' : 'package-before')
  for (const each of ['bin', 'dist']) mkdirSync(join(folder, each), { recursive: true })
  const maker =
    checkout === root ? { bundle } : ((await import(join(checkout, 'tools', 'bundle.ts'))) as { bundle: typeof bundle })
  const { files } = await maker.bundle({ main: join(checkout, 'src', 'main.ts') })
  for (const { path, text } of files) writeFileSync(join(folder, 'dist', path), text)
  for (const each of [launcher, 'package.json']) cpSync(join(checkout, each), join(folder, each))
  return folder
}

/** `flags`: Node's. Without them the launcher starts itself anew with them. */
async function start({ stage, folder }: Side, flags: readonly string[] = [], waitsForIdle = false): Promise<Start> {
  const from = moment()
  const [first, ...others] = [...flags, join(folder, launcher), 'start'] as const
  const bot = stage.spawnBot(first, others)
  await bot.logged('slash.registered')
  const registered = moment() - from
  // A tick is 10 ms.
  const busy = (ticksOf(bot.pid) ?? Number.NaN) * 10
  if (waitsForIdle) await delay(restMs)
  const idle = waitsForIdle ? residentMb(bot.pid) : Number.NaN
  await bot.terminate()
  return { registered, busy, idle }
}

async function bareStart(stage: Stage): Promise<number> {
  const from = moment()
  const bot = stage.spawnBareBot()
  await bot.ready()
  const took = markAt(bot, 'ready') - from
  await bot.kill()
  return took
}

async function versionOf({ stage, folder }: Side): Promise<number> {
  const from = moment()
  const env = { PATH: process.env['PATH'] ?? '', HOME: join(stage.root, 'home') }
  const { status } = spawnSync(process.execPath, [join(folder, launcher), '--version'], { cwd: stage.root, env })
  if (status !== 0) throw new Error(`--version ended with ${status}.`)
  return moment() - from
}
