import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import * as z from 'zod'
import { Problem } from '../core/failure.ts'
import { dataIdOf, endMarked } from '../runtimes/engine/marker.ts'
import { takeLock } from '../stores/lock.ts'
import { hostClock } from '../system/host.ts'
import { isAlive, signal } from '../system/process.ts'

export interface StopOptions {
  /** OMC_DATA_DIR, absolute. */
  readonly dataFolder: string
  /** The agents too; otherwise they work on, and the next bot takes their answers up. */
  readonly all: boolean
  /** Tells the operator, a line at a time. */
  readonly say: (line: string) => void
}

/** Somewhat longer than a bot gives itself to stop. */
const waitMs = 40_000

/** What a running bot writes about itself beside its lock. */
const holderForm = z.object({ pid: z.int().positive(), born: z.string(), host: z.string() })
type Holder = z.infer<typeof holderForm>

/**
 * Ends the bot of a data folder, from another process. Nothing is lost by it. With `all`, what its agents were doing
 * is ended on record; agents whose bot is gone already are ended, and their prompts are tried again by the next bot.
 */
export async function stop({ dataFolder, all, say }: StopOptions): Promise<void> {
  const holder = await runningBot(dataFolder)
  if (holder === null) say(`No bot runs on ${dataFolder}.`)
  else {
    tell(holder, all ? 'SIGUSR2' : 'SIGTERM')
    await gone(holder)
    say(`The bot (pid ${holder.pid}) has ended.`)
  }
  if (!all || !existsSync(dataFolder)) return
  // Held meanwhile, so that a bot which a supervisor starts now cannot lose its agents under its hands.
  const lock = await takeLock(dataFolder, hostClock)
  try {
    const ended = await endMarked(dataIdOf(join(dataFolder, 'spools')), () => true, 2000)
    if (ended > 0) say(`${ended} processes of its agents were left and have been ended.`)
  } finally {
    lock.close()
  }
}

/** The bot that holds the folder now; null when none does. */
export async function runningBot(dataFolder: string): Promise<Holder | null> {
  const holder = readHolder(join(dataFolder, 'lock.json'))
  if (holder === null) return null
  if (holder.host !== hostname()) {
    throw new Problem('refused', `The bot on ${dataFolder} runs on ${holder.host} (pid ${holder.pid}). Stop it there.`)
  }
  return (await isAlive(holder.pid, holder.born)) ? holder : null
}

function readHolder(file: string): Holder | null {
  try {
    const read = holderForm.safeParse(JSON.parse(readFileSync(file, 'utf8')))
    return read.success ? read.data : null
  } catch {
    // No file: nobody holds it. A torn one is of a holder that has died.
    return null
  }
}

function tell(holder: Holder, name: NodeJS.Signals): void {
  try {
    signal(holder.pid, name)
  } catch (cause) {
    throw new Problem('refused', `The bot (pid ${holder.pid}) belongs to another user. Stop it as that user.`, {
      cause,
    })
  }
}

async function gone(holder: Holder): Promise<void> {
  const deadline = hostClock.monotonic() + waitMs
  while (await isAlive(holder.pid, holder.born)) {
    if (hostClock.monotonic() > deadline) {
      throw new Problem(
        'wire',
        `The bot (pid ${holder.pid}) did not end within ${waitMs / 1000} s; its log may say why. ` +
          `\`kill -9 ${holder.pid}\` is safe: nothing is lost.`,
      )
    }
    await pause(100)
  }
}
