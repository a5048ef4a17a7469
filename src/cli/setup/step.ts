import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { textOfDotEnv, writeDotEnv, type Settings } from '../../config/dot-env.ts'
import { variables, type VariableName } from '../../config/schema.ts'
import { messageOf, Problem } from '../../core/failure.ts'
import { programFolder } from '../../system/program.ts'
import type { Interviewer } from './interviewer.ts'

/** Answers that were given as flags, as they were typed. */
export interface SetupFlags {
  readonly tokenFile?: string
  readonly guild?: string
  readonly ownerRole?: string
  readonly owner?: string
  readonly alertsChannel?: string
  readonly auditChannel?: string
  readonly roots?: string
  /** What is to keep it running, as `service install --kind` takes it; none. */
  readonly service?: string
  /** NAME=value, any variable of .env.example. */
  readonly set?: readonly string[]
}

export interface SetupOptions {
  readonly flags: SetupFlags
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Its `.env` is written. */
  readonly folder: string
  readonly home: string
  readonly interviewer: Interviewer
  /** Tells whoever runs it, a line at a time. */
  readonly say: (line: string) => void
}

/** What the steps of a setup share. */
export interface SetupStep extends SetupOptions {
  /** What holds so far: `.env`, and over it the environment. */
  known(name: VariableName): string | null
  /** A value as the bot will read it. @throws {Problem} `refused`: a sentence about what is wrong with it. */
  checked(name: VariableName, value: string): string
  /** Checks a setting and writes it down at once, so that nothing is lost when a later step fails. */
  keep(settings: Partial<Record<VariableName, string>>): void
}

/** What the steps of this setup share. */
export function stepsOf(options: SetupOptions): SetupStep {
  const { environment, folder, say } = options
  const path = join(folder, '.env')
  const written = (): Readonly<Record<string, string | undefined>> => parseEnv(textOfDotEnv(path) ?? '')
  return {
    ...options,
    checked,
    known: (name) => environment[name]?.trim() || written()[name]?.trim() || null,
    keep: (settings) => {
      const wanted = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, checked(name, value)]))
      const now = written()
      const fresh: Settings = Object.fromEntries(Object.entries(wanted).filter(([name, value]) => now[name] !== value))
      try {
        if (Object.keys(fresh).length > 0)
          writeDotEnv(path, fresh, readFileSync(join(programFolder, '.env.example'), 'utf8'))
      } catch (cause) {
        if (cause instanceof Problem) throw cause
        throw new Problem('refused', `${path} cannot be written: ${messageOf(cause)}.`, { cause })
      }
      for (const name of Object.keys(fresh)) {
        if (environment[name] === undefined || environment[name] === fresh[name]) continue
        say(`⚠ The environment sets ${name} as well, and wins over .env.`)
      }
    },
  }
}

function checked(name: string, value: string): string {
  const { value: form, secret, example } = variables[name as VariableName]
  const parsed = form.safeParse(value)
  if (!parsed.success) {
    // Of a secret nothing is said.
    const said = secret ? 'its value' : JSON.stringify(value)
    throw new Problem('refused', `${name}: ${said} ${parsed.error.issues[0]?.message}. For example: ${example}`)
  }
  return secret && typeof parsed.data === 'string' ? parsed.data : value.trim()
}
