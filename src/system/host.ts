import { randomFillSync } from 'node:crypto'
import { statfs } from 'node:fs/promises'
import type { Clock } from '../core/clock.ts'
import type { Ids } from '../core/ids.ts'

/** The machine's clock. */
export const hostClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run, { keepsAlive = false } = {}) {
    // Node fires at once for anything longer than 2^31 - 1.
    const timer = setTimeout(run, Math.min(Math.max(0, ms), 2_147_483_647))
    if (!keepsAlive) timer.unref()
    return { [Symbol.dispose]: () => clearTimeout(timer) }
  },
}

/** UUIDs version 7 (RFC 9562): they sort by the time they were made, which keeps the database's indexes compact. */
export function uuids(clock: Clock): Ids {
  return {
    next() {
      const bytes = randomFillSync(Buffer.alloc(16))
      bytes.writeUIntBE(clock.now(), 0, 6)
      bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70
      bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
      const hex = bytes.toString('hex')
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
    },
  }
}

/** Bytes of memory that could still be used, by the machine or within what this process is confined to. */
export function freeMemory(): number {
  return process.availableMemory()
}

const cpuEveryMs = 60_000

/** How much of one core this process takes, over the minute or two before it is asked: 1 is all of it. */
export class CpuShare {
  readonly #clock: Clock
  #before: CpuSample
  #latest: CpuSample
  #timer: Disposable | null = null

  constructor(clock: Clock) {
    this.#clock = clock
    // The process began before.
    this.#before = { at: clock.monotonic() - process.uptime() * 1000, usedMs: 0 }
    this.#latest = this.#before
    this.#lookLater()
  }

  now(): number {
    const { at, usedMs } = this.#sample()
    return Math.max(0, usedMs - this.#before.usedMs) / Math.max(1, at - this.#before.at)
  }

  close(): void {
    this.#timer?.[Symbol.dispose]()
  }

  #lookLater(): void {
    this.#timer = this.#clock.after(cpuEveryMs, () => {
      this.#before = this.#latest
      this.#latest = this.#sample()
      this.#lookLater()
    })
  }

  #sample(): CpuSample {
    const { user, system } = process.cpuUsage()
    return { at: this.#clock.monotonic(), usedMs: (user + system) / 1000 }
  }
}

interface CpuSample {
  readonly at: number
  readonly usedMs: number
}

/** Bytes that are free where a folder lies; null when the system does not tell. */
export async function freeBytes(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch {
    return null
  }
}
