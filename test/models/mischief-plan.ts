// Apart from what carries it out: a stand-in starts often, and need not load what only checks what a test wrote.
import { z } from 'zod'

/** Moments of a stand-in's life at which it can go wrong. */
const moments = ['start', 'prompt', 'delta', 'tool', 'asking', 'result', 'rest'] as const

export const mischief = z.strictObject({
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

/** As a test writes it. */
export type MischiefInput = z.input<typeof mischief>
/** As the stand-in is told it. */
export type MischiefPlan = z.output<typeof mischief>
export type Moment = (typeof moments)[number]
