import type { PersonId, WorkerId } from './ids.ts'
import type { Person } from './person.ts'

/** Who stands in a commit. */
export interface GitPerson {
  readonly name: string
  readonly email: string
}

/** What somebody has linked to themselves: how they commit, and what their git servers know them by. */
export interface Identity extends GitPerson {
  /** By origin, as `gitOriginOf` writes it. */
  readonly tokens: Readonly<Record<string, GitToken>>
}

/** With what a git server is asked in somebody's name. */
export interface GitToken {
  readonly username: string
  readonly secret: string
}

/**
 * The identities that people have linked. Part of the vault door. They are kept so that nobody who has the database, or
 * a copy of it, can read them.
 */
export interface Identities {
  /** Null: nothing is linked, or it cannot be read any more (its key is gone). */
  of(person: PersonId): Promise<Identity | null>
  /** Links name and address, and these tokens beside those of other origins that are there. The same again changes nothing. */
  link(person: PersonId, identity: Identity): Promise<void>
  /** Forgets the token of one origin, or everything. Gives what was there; null: nothing was. */
  unlink(person: PersonId, origin: string | null): Promise<Identity | null>
  /** Every token of everybody, at this moment: what must never be shown. The same array comes back while none changes. */
  secrets(): readonly string[]
}

/** Who commits in a turn, and to which git servers it may go in their name. */
export interface Signature {
  /** Author and committer: the speaker. */
  readonly author: GitPerson
  /** Those who put a word into the running turn. */
  readonly coAuthors: readonly GitPerson[]
  /** Origins for which the speaker has linked a token; [] where the turn may change nothing. */
  readonly origins: readonly string[]
  /** The machine that this is, where nothing of what people have linked is used; null: it is. */
  readonly barred: WorkerId | null
}

/** As somebody commits: as they have linked, else by their name in Discord and an address that takes no mail. */
export function gitPersonOf({ id, name }: Pick<Person, 'id' | 'name'>, linked: Identity | null): GitPerson {
  if (linked !== null) return { name: linked.name, email: linked.email }
  const plain = plainName(name)
  // git takes no name that is nothing but signs.
  return { name: /[\p{L}\p{N}]/u.test(plain) ? plain : `discord-${id}`, email: `${id}@discord.invalid` }
}

/** A name as it may stand in a commit; '' when nothing is left of it. */
export function plainName(name: string): string {
  return name
    .replaceAll(/[\p{C}<>"\\]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 100)
    .toWellFormed()
}

/** Whether a text is an address as it may stand in a commit. */
export function isGitAddress(text: string): boolean {
  return text.length <= 200 && /^[^\s<>@"\\\p{C}]+@[^\s<>@"\\\p{C}]+$/u.test(text)
}

/**
 * The origin of a git server as people name it: `github.com`, `git.example.org:8443`, or the address of a repository.
 * Plain http only where it is said. Null: it names none.
 */
export function gitOriginOf(typed: string): string | null {
  const text = typed.trim().replace(/^[\w.-]+@([\w.-]+):(?!\d).*$/, '$1')
  const url = URL.parse(/^\w+:\/\//.test(text) ? text : `https://${text}`)
  if (url === null || !/^(https?|ssh):$/.test(url.protocol) || !/^[\w.:[\]-]+$/.test(url.hostname)) return null
  return url.protocol === 'ssh:' ? `https://${url.hostname}` : url.origin
}

/** Where it is written for git who commits, in a folder of sessions that are not boxed: ours, and nobody's work. */
export const signingFolder = '.omc-signing'
