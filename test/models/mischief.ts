import { spawn } from 'node:child_process'
import { writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { MischiefPlan, Moment } from './mischief-plan.ts'

/** What a stand-in was told to do wrong. */
export class Mischief {
  readonly #plan: MischiefPlan | null
  readonly #piece: () => string
  readonly #ask: () => Promise<unknown>
  #times = 0

  /** `piece`: a line that says one more letter of the answer; `ask`: asks the host something unheard of. */
  constructor(json: string, piece: () => string, ask: () => Promise<unknown>) {
    this.#plan = JSON.parse(json) as MischiefPlan | null
    this.#piece = piece
    this.#ask = ask
  }

  /** To be called whenever that moment has come. */
  async at(moment: Moment): Promise<void> {
    const plan = this.#plan
    if (plan === null || plan.at !== moment || ++this.#times !== plan.nth) return
    const { what } = plan
    if ('exit' in what) {
      if (what.says !== '') writeAll(2, Buffer.from(`${what.says}\n`))
      process.exit(what.exit)
    }
    if ('signal' in what) return die(what.signal)
    if ('garbage' in what) return writeAll(1, garbage)
    if ('halfLine' in what) {
      writeAll(1, Buffer.from(this.#piece().slice(0, -20)))
      process.exit(1)
    }
    if ('longLine' in what) return longLine(this.#piece(), what.longLine)
    if ('pieces' in what) return this.#pieces(what.pieces)
    if ('flood' in what) return this.#flood(what.flood)
    if ('asks' in what) return void (await this.#ask())
    if ('orphan' in what) {
      spawn('sleep', [String(what.orphan)], { detached: true, stdio: 'ignore' }).unref()
      process.exit(1)
    }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeAllListeners(signal).on(signal, () => {})
    process.stdin.pause()
    await new Promise(() => setInterval(() => {}, 60_000))
  }

  #pieces(count: number): void {
    const line = `${this.#piece()}\n`
    const batch = Buffer.from(line.repeat(1000))
    for (let left = count; left > 0; left -= 1000) writeAll(1, left >= 1000 ? batch : Buffer.from(line.repeat(left)))
  }

  /** A little at a time, so that it stays killable politely and leaves a processor for the others. */
  async #flood(where: 'stdout' | 'one line' | 'stderr'): Promise<never> {
    const line = where === 'one line' ? 'a line without an end ' : `${this.#piece()}\n`
    const batch = Buffer.from(line.repeat(2000))
    for (;;) {
      writeAll(where === 'stderr' ? 2 : 1, batch)
      await delay(2)
    }
  }
}

const garbage = Buffer.concat([
  Buffer.from('Warning: something that no program should read\n\n{"type":"result"\n[]\nnull\n42\n"text"\n{}\n'),
  Buffer.from('{"type":"of tomorrow","subtype":"unheard of"}\n{"method":"of/tomorrow","params":null}\n'),
  Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x0a]),
  Buffer.from(`{"type":"result","is_error":"${'\\u0000'.repeat(9)}","usage":[]\n\r\n\u2028\n`),
])

/** The same line with a very long text in it. */
function longLine(line: string, bytes: number): void {
  writeAll(1, Buffer.from(line.slice(0, -1)))
  writeAll(1, Buffer.from(',"more":"'))
  const piece = Buffer.alloc(1024 * 1024, 'x')
  for (let left = bytes; left > 0; left -= piece.length) writeAll(1, piece.subarray(0, Math.min(left, piece.length)))
  writeAll(1, Buffer.from('"}\n'))
}

async function die(signal: NodeJS.Signals): Promise<never> {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  return new Promise<never>(() => {})
}

/** Whole, also into a pipe that is full at the moment. */
export function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}
