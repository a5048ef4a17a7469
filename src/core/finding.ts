import type { EpochMs } from './clock.ts'

/** One thing that a part found when it looked at itself: as it should be, or what is wrong and what mends it. */
export interface Finding {
  /** The same at every look, so that it is told once: `discord.guild`, `runtime.claude.login`. */
  readonly id: string
  readonly level: 'ok' | 'warning' | 'error'
  /** As long as it stands, nobody can use the bot. */
  readonly stopsAll?: true
  /** How far it has come: with a higher one it is told again. */
  readonly stage?: number
  /** What is, in English, for the operator: a sentence. */
  readonly text: string
  /** What to do about it; null: nothing is to be done. */
  readonly mend: string | null
}

/** A finding that stands, and since when. */
export interface Found extends Finding {
  readonly since: EpochMs
}

/** A part's look at itself, by name. `atOnce`: it asks nobody, so that it need not wait until the start is over. */
export interface NamedCheck {
  readonly name: string
  readonly atOnce?: true
  /** Takes somebody who is to be told when it would find something else, so that it need not be waited for. */
  listen?(changed: () => void): void
  /** Rejects when it cannot say now: then what was found before stands. */
  check(): Promise<readonly Finding[]>
}

/** A part that looks at itself. Contract: never rejects for what it finds; may be called again at any time. */
export interface SelfCheck {
  check(): Promise<readonly Finding[]>
}

/** What was found and what to do about it, in one line. */
export function inOneLine({ text, mend }: Pick<Finding, 'text' | 'mend'>): string {
  return mend === null ? text : `${text} ${mend}`
}

/** All is well with it. */
export function fine(id: string, text: string): Finding {
  return { id, level: 'ok', text, mend: null }
}
