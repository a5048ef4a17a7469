import { spawn } from 'node:child_process'
import { writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'

/** Moments of a stand-in's life at which it can go wrong. */
const moments = ['start', 'prompt', 'delta', 'tool', 'asking', 'result', 'rest'] as const

const mischief = z.strictObject({
  at: z.enum(moments),
  /** The how manieth time it comes there in one process. */
  nth: z.number().int().positive().default(1),
  what: z.union([
    /** Ends by itself, with a last word to stderr. */
    z.strictObject({ exit: z.number().int(), says: z.string().default('') }),
    z.strictObject({ signal: z.enum(['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGABRT']) }),
    /** Lines that are no JSON, no object, of no known kind, or no text at all; then it goes on. */
    z.strictObject({ garbage: z.literal(true) }),
    /** Half a line that nobody completes; then it ends. */
    z.strictObject({ halfLine: z.literal(true) }),
    /** One line of so many bytes; then it goes on. */
    z.strictObject({ longLine: z.number().int().positive() }),
    /** So many pieces of its answer, of one letter each; then it goes on. */
    z.strictObject({ pieces: z.number().int().positive() }),
    /** Writes for ever, until somebody ends it: lines that can be read, one that never ends, or complaints. */
    z.strictObject({ flood: z.enum(['stdout', 'one line', 'stderr']) }),
    /** Says and does nothing any more, and ignores what it is told. */
    z.strictObject({ hang: z.literal(true) }),
    /** Asks something that nobody knows, and waits until it is answered, however; then it goes on. */
    z.strictObject({ asks: z.literal('of tomorrow') }),
    /** Leaves a process behind that nobody waits for, in a session of its own, and ends. */
    z.strictObject({ orphan: z.number().int().positive() }),
  ]),
})

export type MischiefInput = z.input<typeof mischief>
type Moment = (typeof moments)[number]

/** What a stand-in was told to do wrong. */
export class Mischief {
  readonly #plan: z.output<typeof mischief> | null
  readonly #piece: () => string
  readonly #ask: () => Promise<unknown>
  #times = 0

  /** `piece`: a line that says one more letter of the answer; `ask`: asks the host something unheard of. */
  constructor(json: string, piece: () => string, ask: () => Promise<unknown>) {
    this.#plan = json === 'null' ? null : mischief.parse(JSON.parse(json))
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
