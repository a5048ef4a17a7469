import type { EpochMs } from './clock.ts'
import type { AccountId, MessageId, PersonId, RuntimeName, SessionId, SessionKey, WorkerId } from './ids.ts'
import type { Place } from './place.ts'

/** The ongoing conversation with one agent in one place. At most one live (not ended) session per key. */
export interface Session {
  readonly id: SessionId
  readonly key: SessionKey
  readonly place: Place
  /** Unique among live sessions: letters, digits, `-`, `_`; 1 to 32 characters. */
  readonly name: string
  readonly runtime: RuntimeName
  /** The machine it works on, for its whole life; null: the bot's own. */
  readonly worker: WorkerId | null
  /** Absolute, symlinks resolved. */
  readonly workdir: string
  /** The runtime's name of the model; null: the runtime's own default. */
  readonly model: string | null
  readonly owner: PersonId
  readonly account: AccountId
  /** The CLI's own conversation; null until it has begun one. */
  readonly conversation: Conversation | null
  /** The interaction that started it (a snowflake): only later messages are prompts. */
  readonly since: MessageId
  /** The git worktree it works in; null: it works in the folder itself. */
  readonly worktree: Worktree | null
  /** An owner said that what the repository brings (hooks, MCP servers, settings) may run. */
  readonly trusted: boolean
  readonly startedAt: EpochMs
  /** Null while the session is live. */
  readonly endedAt: EpochMs | null
}

/** A working tree of a session's own, on a branch of its own. */
export interface Worktree {
  /** Top folder of the repository it was made from; absolute. */
  readonly repository: string
  /** Its own top folder; absolute. */
  readonly folder: string
  /** `omc/<name>` */
  readonly branch: string
  /** The commit it began at; null: the repository had none. */
  readonly base: string | null
  /**
   * It is a clone, which reads these folders of objects (the repository's first) and writes none of them. Null: a git
   * worktree of an earlier version, whose git folder is the repository's.
   */
  readonly borrows: readonly string[] | null
}

/** What a CLI needs to go on with a conversation in a new process. */
export interface Conversation {
  /** The CLI's own session id. */
  readonly id: string
  /** Absolute path of its transcript, where the CLI resumes best by path (Claude); null otherwise. */
  readonly transcript: string | null
}

const namePattern = /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,31}$/u

/** Letters to Unicode, and nothing to the eye: fillers of Hangul above all. */
const unseen = /\p{Default_Ignorable_Code_Point}/u

/** Whether a session may bear this name. It becomes part of a branch name, so no blanks, slashes or leading dashes. */
export function isSessionName(name: string): boolean {
  return namePattern.test(name) && !unseen.test(name)
}

/**
 * Whether two names are one to a disk that does not tell case and Unicode forms apart (macOS, Windows), and to a reader:
 * their folders and branches would be, too.
 */
export function isSameName(one: string, other: string): boolean {
  return folded(one) === folded(other)
}

/** The one of that name, however it is written. */
export function namedAs<Named extends { readonly name: string }>(all: readonly Named[], name: string): Named | null {
  return all.find((each) => each.name === name) ?? all.find((each) => isSameName(each.name, name)) ?? null
}

function folded(name: string): string {
  return name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC')
}

/** Whether a CLI may be given this as its model: one word that can be seen whole, and no option of the CLI. */
export function isModelName(name: string): boolean {
  return /^[^\s\p{C}-][^\s\p{C}]{0,199}$/u.test(name) && !unseen.test(name)
}
