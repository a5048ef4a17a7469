import { destination, pino, stdSerializers, stdTimeFunctions } from 'pino'
import type { Log } from '../core/log.ts'
import { lineForPeople } from './log-line.ts'

export interface LogOptions {
  /** OMC_LOG_LEVEL */
  readonly level: string
  /** Values that are replaced wherever they appear. */
  readonly secrets: readonly string[]
  /** Where the lines go; standard output when left out: JSON for a pipe, lines for a person at a terminal. */
  readonly to?: { write(line: string): void }
}

const hidden = '[hidden]'

/** Shapes of secrets that nobody configured: a token in an error's text, a password in an address. */
const shapes: readonly (readonly [RegExp, string])[] = [
  [/\bsk-ant-[\w-]{8,}/g, hidden],
  [/\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}/g, hidden],
  [/\b(Bearer|Bot) +[\w.~+/-]{16,}=*/g, `$1 ${hidden}`],
  [/(\/\/[^/\s:@"]+:)[^/\s@"]+@/g, `$1${hidden}@`],
  [/(\/(?:webhooks|interactions)\/\d+\/)[\w.~%-]{16,}/g, `$1${hidden}`],
]

/** Fields that are a secret by their name. */
const fields = ['token', 'authorization', 'password', 'secret', 'apiKey', 'accessToken', 'refreshToken']

/**
 * The log as JSON lines: `{"level":"info","time":"…","pid":1,"msg":"slash.registered","updated":20}`. Lines are
 * written at once, so that the last ones before a crash are there. Errors are logged with their stack and causes.
 */
export function createLog(options: LogOptions): Log {
  const to = options.to ?? standardOutput()
  const scrub = scrubber(options.secrets)
  return pino(
    {
      level: options.level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: {
        err: stdSerializers.errWithCause,
        error: stdSerializers.errWithCause,
        cause: stdSerializers.errWithCause,
        reason: stdSerializers.errWithCause,
      },
      redact: { paths: fields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: hidden },
    },
    { write: (line) => to.write(scrub(line)) },
  )
}

function standardOutput(): { write(line: string): void } {
  const out = destination({ dest: 1, sync: true })
  return process.stdout.isTTY ? { write: (line) => void out.write(lineForPeople(line)) } : out
}

/** Replaces every secret in a line of JSON, also where JSON or an address writes it differently. */
export function scrubber(secrets: readonly string[]): (line: string) => string {
  const forms = secrets
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
    // Anything shorter would tear holes into innocent words.
    .filter((form) => form.length >= 6)
    .sort((a, b) => b.length - a.length)
  return (line) => {
    let clean = line
    for (const form of new Set(forms)) clean = clean.replaceAll(form, hidden)
    for (const [shape, instead] of shapes) clean = clean.replace(shape, instead)
    return clean
  }
}
