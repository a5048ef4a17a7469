import { destination, pino, stdSerializers, stdTimeFunctions } from 'pino'
import type { Log } from '../core/log.ts'
import { secretScan } from '../core/secret-scan.ts'
import { LogFile } from './log-file.ts'
import { lineForPeople } from './log-line.ts'

export interface LogOptions {
  /** OMC_LOG_LEVEL */
  readonly level: string
  /** Values that are replaced wherever they appear. */
  readonly secrets: readonly string[]
  /** Where the lines go (`logGoesTo`). Standard output gets JSON in a pipe, lines for a person at a terminal. */
  readonly to: { write(line: string): void }
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

/** Whatever else looks like one, as it is known on every other way out. */
const scan = secretScan(() => [])

/** Fields that are a secret by their name. */
const fields = ['token', 'authorization', 'password', 'secret', 'apiKey', 'accessToken', 'refreshToken']

/**
 * The log as JSON lines: `{"level":"info","time":"…","pid":1,"msg":"slash.registered","updated":20}`. Lines are
 * written at once, so that the last ones before a crash are there. Errors are logged with their stack and causes.
 */
export function createLog(options: LogOptions): Log {
  const { to } = options
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

/** What standard output has not taken yet, at most: the rest is lost. */
const keptBytes = 1024 * 1024

/**
 * What it does not take (its disk is full, its reader has stopped or is gone) waits for the next line, within bounds: a
 * bot neither ends for that, as pino would have it, nor stands still until somebody reads.
 */
function standardOutput(): { write(line: string): void } {
  const out = destination({ dest: 1, sync: true, maxLength: keptBytes, retryEAGAIN: () => false })
  out.removeAllListeners('error').on('error', () => {})
  return process.stdout.isTTY ? { write: (line) => void out.write(lineForPeople(line)) } : out
}

/** Where the bot's log goes: standard output, or a file; somebody at a terminal reads along with that. */
export function logGoesTo(file: { readonly path: string; readonly kept: number } | null): {
  write(line: string): void
} {
  if (file === null) return standardOutput()
  const kept = new LogFile(file.path, file.kept)
  if (!process.stdout.isTTY) return kept
  const out = standardOutput()
  return {
    write: (line) => {
      kept.write(line)
      out.write(line)
    },
  }
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
    return scan.mask(clean).text
  }
}
