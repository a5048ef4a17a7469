import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../../core/command-line.ts'
import { insideBox } from '../../core/egress.ts'
import { signingFolder, type GitPerson, type Signature } from '../../core/identity.ts'
import type { SessionId, WorkerId } from '../../core/ids.ts'
import type { Turn } from '../../core/runtime.ts'
import { writeAtomically } from '../../system/atomic-file.ts'
import type { Boxing } from './boxing.ts'

/**
 * What git in a session says of who commits: a file of configuration, named once in the environment of the session's
 * processes and written anew before each turn, so that a process that lives on commits as whoever speaks now. It comes
 * after every other configuration, also the repository's own.
 */
export class Signing {
  readonly boxing: Boxing | null
  readonly #base: string

  /** `base`: where the folders of sessions that are not boxed lie: agents must be able to read what is in it. */
  constructor(boxing: Boxing | null, base: string) {
    this.boxing = boxing
    this.#base = join(base, signingFolder)
  }

  /** The same for as long as the session lasts. `held`: what git is told by its environment besides; it comes before. */
  variables(session: SessionId, held: Environment = {}): Environment {
    const nth = Number(held['GIT_CONFIG_COUNT'] ?? 0)
    return {
      ...held,
      GIT_CONFIG_COUNT: String(nth + 1),
      [`GIT_CONFIG_KEY_${nth}`]: 'include.path',
      [`GIT_CONFIG_VALUE_${nth}`]: join(this.#folder(session), fileName),
      GIT_TERMINAL_PROMPT: '0',
    }
  }

  /** The turn as its process finds everything that belongs to it: its files, and who commits. */
  ready(turn: Turn): Turn {
    if (turn.signature !== null) this.sign(turn.session.id, turn.signature)
    return this.boxing?.withFiles(turn) ?? turn
  }

  /** From now on commits of the session are these people's. */
  sign(session: SessionId, signature: Signature): void {
    const folder = this.#folder(session)
    const hooks = join(folder, 'hooks')
    mkdirSync(hooks, { recursive: true, mode: 0o700 })
    // It may lie in somebody's repository.
    const ignored = join(this.#base, '.gitignore')
    if (this.boxing === null && textOf(ignored) !== '*\n') writeFileSync(ignored, '*\n')
    const { coAuthors, barred } = signature
    if (coAuthors.length > 0) layHooks(hooks, coAuthors)
    // git knows no sockets, so where nothing else leads out of a box it reaches no server.
    const reaches = this.boxing?.isInPlace === false
    const lends = reaches && barred === null
    const why = barred !== null ? hintOn(barred) : reaches ? hint : unboxedHint
    const text = configText(signature, { lends, why, hooks: coAuthors.length > 0 ? hooks : null })
    const file = join(folder, fileName)
    if (text !== textOf(file)) writeAtomically(file, text)
  }

  /** The session is let go: its next turn signs anew. */
  forget(session: SessionId): void {
    if (this.boxing === null) rmSync(this.#folder(session), { recursive: true, force: true })
  }

  #folder(session: SessionId): string {
    return this.boxing?.folders(session).identity ?? join(this.#base, session)
  }
}

const fileName = 'gitconfig'

/**
 * In a box a git server for which the speaker has a token is reached by the way out, which puts the token in; nothing
 * in the box ever holds it. Everywhere else a server that wants a login gets none, and the agent is told why.
 */
function configText(
  { author, origins }: Signature,
  { lends, why, hooks }: { readonly lends: boolean; readonly why: string; readonly hooks: string | null },
): string {
  const who = `\tname = ${quoted(author.name)}\n\temail = ${quoted(author.email)}\n`
  return [
    // A repository that names author and committer apart would win over `user`.
    ...['user', 'author', 'committer'].map((section) => `[${section}]\n${who}`),
    // An empty one forgets all before it.
    `[credential]\n\thelper =\n\thelper = ${quoted(refusing(why))}\n`,
    ...(hooks === null ? [] : [`[core]\n\thooksPath = ${quoted(hooks)}\n`]),
    ...(lends ? origins.map(detour) : []),
  ].join('')
}

const hint =
  'No login for this server: whoever asked for this work has linked none, or it was refused. They link one in Discord with /identity link (a token for this host), and then it can be tried again.'

/** Whoever can read the file of a session could ask in its place: without a box nothing tells one agent from another. */
const unboxedHint =
  'No login for this server: agents are not boxed on this machine, or not so that git could get out, so the git tokens of people are not lent to them. Whoever asked for this work can push it themselves.'

const hintOn = (worker: WorkerId): string =>
  `No login for this server: the operator has not let the machine ${worker}, on which this session works, use the git tokens that people have linked (OMC_IDENTITY_WORKERS). Whoever asked for this work can push it themselves.`

function refusing(why: string): string {
  return `!f() { test "$1" = get || exit 0; echo "${why}" >&2; echo quit=1; }; f`
}

/** Also addresses for ssh, which leads nowhere from a box. */
function detour(origin: string): string {
  const { protocol, host, hostname } = new URL(origin)
  const way = `http://${insideBox.git}/${protocol.slice(0, -1)}/${host}/`
  const ssh = protocol === 'https:' ? [`ssh://git@${hostname}/`, `git@${hostname}:`] : []
  return `[url ${quoted(way)}]\n${[`${origin}/`, ...ssh].map((each) => `\tinsteadOf = ${quoted(each)}\n`).join('')}`
}

/** Those of git that run where commits are made and moved; a folder of hooks takes the place of the repository's. */
const hookNames =
  'applypatch-msg pre-applypatch post-applypatch pre-commit pre-merge-commit prepare-commit-msg commit-msg post-commit pre-rebase post-checkout post-merge pre-push post-rewrite pre-auto-gc'.split(
    ' ',
  )

/**
 * Adds who took part to what is committed; what the repository hooks by itself goes on, where it may: what git is told
 * besides holds for that, too. The include is the last that it is told.
 */
function layHooks(folder: string, coAuthors: readonly GitPerson[]): void {
  const trailers = coAuthors.map(({ name, email }) => `--trailer ${inShell(`Co-authored-by: ${name} <${email}>`)}`)
  const script = `#!/bin/sh
own=$(GIT_CONFIG_COUNT=$((GIT_CONFIG_COUNT - 1)) git rev-parse --git-path hooks)/\${0##*/}
if [ -x "$own" ]; then "$own" "$@" || exit $?; fi
if [ "\${0##*/}" = prepare-commit-msg ]; then
  git interpret-trailers --in-place --if-exists addIfDifferent ${trailers.join(' ')} "$1"
fi
`
  for (const name of hookNames) {
    if (textOf(join(folder, name)) !== script) writeFileSync(join(folder, name), script, { mode: 0o700 })
  }
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`
}

function inShell(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`
}
