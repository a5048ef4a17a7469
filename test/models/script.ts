import { z } from 'zod'

/**
 * The script of a scripted model stands in the prompt itself: `MOCK{"steps":[{"text":"hello"}]}`.
 * So the server keeps no state between requests: which step is due follows from the conversation that the CLI sends
 * along, and a CLI that was killed and resumed meets the same model again.
 */

const count = z.number().int().nonnegative()

/** `in 40 s` is sent as the moment that is so far ahead when the model answers, in seconds since 1970. */
const header = z
  .string()
  .transform((said) => said.replace(/^in (\d+) s$/, (_, ahead) => String(Math.ceil(Date.now() / 1000) + Number(ahead))))

const toolCall = z.strictObject({ tool: z.string(), input: z.record(z.string(), z.unknown()).default({}) })

const failure = z.strictObject({
  /** HTTP status (200: it is said in the stream, by Codex' service alone); with `hangup` the connection is dropped instead of answered. */
  status: count.default(500),
  type: z.string().default('api_error'),
  message: z.string().default('scripted failure'),
  headers: z.record(z.string(), header).default({}),
  /** What the body says of it beside its type and message. */
  details: z.record(z.string(), z.unknown()).default({}),
  hangup: z.boolean().default(false),
  /** How often this step fails before it goes on with the rest of itself; without it: always. */
  times: count.optional(),
})

const step = z.strictObject({
  /** ms before the first byte of the answer. */
  delay: count.default(0),
  thinking: z.string().optional(),
  text: z.string().optional(),
  /** The text this often in a row: a very long answer from a short prompt. */
  repeat: count.default(1),
  /** Into how many deltas the text is cut. */
  chunks: count.default(1),
  /** ms between two deltas. */
  chunkDelay: count.default(0),
  tool: z.string().optional(),
  input: z.record(z.string(), z.unknown()).default({}),
  tools: z.array(toolCall).default([]),
  usage: z.record(z.string(), z.number()).default({}),
  stop_reason: z.string().optional(),
  /** Headers of an answer that is none of a failure. */
  headers: z.record(z.string(), header).default({}),
  error: failure.optional(),
  /** An SSE `error` event after the last delta, as an overloaded service sends it. */
  midError: z.strictObject({ type: z.string(), message: z.string() }).optional(),
  /** The stream stands still before this delta until the test opens the gate of that name. */
  gate: z.strictObject({ name: z.string(), at: count.default(0) }).optional(),
  /** The connection is cut before this delta. */
  cut: count.optional(),
  /** `true`: the request is never answered. A number: the stream falls silent before this delta, and stays open. */
  hang: z.union([z.literal(true), count]).optional(),
})

const script = z.strictObject({ steps: z.array(step).min(1) })

/** One answer of the model. */
export type Step = z.output<typeof step>
/** What a test writes: every field of a step may be left out. */
export type StepInput = z.input<typeof step>

class ScriptError extends Error {
  override name = 'ScriptError'
}

/** A prompt that makes the model do these steps, one per request. */
export function scripted(steps: readonly StepInput[], words = ''): string {
  return `${words === '' ? '' : `${words} `}MOCK${JSON.stringify({ steps })}`
}

/** An answer that comes in small pieces, and stands still behind `before` until the test opens the gate `held`. */
export function heldText(before: string, after: string): StepInput {
  const characters = Array.from(before + after).length
  const size = pieceOf(before)
  return {
    text: before + after,
    chunks: Math.ceil(characters / size),
    gate: { name: 'held', at: Array.from(before).length / size },
  }
}

/** Characters of a piece, so that some number of pieces is the whole of a text. */
function pieceOf(text: string): number {
  const { length } = Array.from(text)
  return [4, 3, 5, 2, 1].find((size) => length % size === 0) ?? 1
}

/** Completes a step that a test's handler returned. */
export function readStep(input: StepInput): Step {
  return step.parse(input)
}

/**
 * The steps of the first script in a text, or null when there is none.
 * @throws {ScriptError} when there is one that cannot be read: a typing error in a test must not turn into an echo.
 */
export function readScript(text: string): readonly Step[] | null {
  const start = text.indexOf('MOCK{')
  if (start < 0) return null
  const source = balanced(text, start + 4)
  if (source === null) throw new ScriptError(`The script in this prompt has no end: ${text.slice(start, start + 200)}`)
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch (cause) {
    throw new ScriptError(`The script in this prompt is not JSON: ${source.slice(0, 200)}`, { cause })
  }
  const parsed = script.safeParse(value)
  if (!parsed.success)
    throw new ScriptError(`The script in this prompt has a mistake:\n${z.prettifyError(parsed.error)}`)
  return parsed.data.steps
}

/** The JSON object that starts at `start`, braces inside strings not counted; null when it never closes. */
function balanced(text: string, start: number): string | null {
  let depth = 0
  let quoted = false
  for (let at = start; at < text.length; at++) {
    const sign = text[at]
    if (quoted) {
      if (sign === '\\') at++
      else if (sign === '"') quoted = false
    } else if (sign === '"') quoted = true
    else if (sign === '{') depth++
    else if (sign === '}' && --depth === 0) return text.slice(start, at + 1)
  }
  return null
}
