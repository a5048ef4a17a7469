import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { isInPlace, type Confinement, type Mount } from '../core/confinement.ts'

/** What a call of git gave: its output, or why there is none (its last words, in English). */
export type GitAnswer =
  | { readonly ok: true; readonly out: string; readonly cut: boolean }
  | { readonly ok: false; readonly missing: boolean; readonly code: number | null; readonly detail: string }

export interface GitCall {
  /** Written to its stdin, byte for byte (latin1). */
  readonly input?: string
  /** Further variables, e.g. `GIT_INDEX_FILE`. */
  readonly env?: Readonly<Record<string, string>>
  /** No more than so many bytes of its output are taken; then it is ended, and `cut` says so. */
  readonly most?: number
  readonly timeoutMs?: number
}

/** Where a git runs, and all that it is given of the machine. */
export interface GitRoom {
  readonly confinement: Confinement
  readonly cwd: string
  /** Beside what every git of ours has: which git folder, which index, … */
  readonly environment: Readonly<Record<string, string>>
  /** What of the disk it sees where it can be boxed; its own scratch folder among it. Real paths. */
  readonly mounts: readonly Mount[]
  /** A folder for the box's home; nobody else's. */
  readonly home: string
}

/** There is no git on this machine. */
export class GitMissing extends Error {}

const usualTimeoutMs = 120_000
/** Everything else that git answers is short; a list of a million files still fits. */
const usualMost = 256 * 1024 * 1024

/**
 * git in one room. No configuration reaches it but what lies in the git folder that its environment names, and that is
 * one we have written (`git-dir.ts`): a repository can name programs as it likes, nobody reads it. Boxed where the
 * machine can: it sees its room and no network. Never throws.
 */
export class Git {
  readonly #room: GitRoom

  constructor(room: GitRoom) {
    this.#room = room
  }

  /** Another one beside it, with the same home. */
  beside(room: Pick<GitRoom, 'cwd' | 'environment' | 'mounts'>): Git {
    return new Git({ ...this.#room, ...room })
  }

  /** The same with more variables. */
  with(environment: Readonly<Record<string, string>>): Git {
    return new Git({ ...this.#room, environment: { ...this.#room.environment, ...environment } })
  }

  /** The same, seeing more of the disk. */
  seeing(...mounts: readonly Mount[]): Git {
    return new Git({ ...this.#room, mounts: [...this.#room.mounts, ...mounts] })
  }

  /** The same in another folder. */
  at(cwd: string): Git {
    return new Git({ ...this.#room, cwd })
  }

  /** Its output as text, without the line end. Null when git says no. */
  async word(args: readonly string[]): Promise<string | null> {
    const answer = await this.run(args)
    return answer.ok ? utf8(answer.out).replace(/\n$/, '') : null
  }

  /** Whether git agrees (exit code 0). */
  async says(args: readonly string[]): Promise<boolean> {
    return (await this.run(args)).ok
  }

  /** The output is given byte for byte (latin1): a path may be no UTF-8. */
  async run(args: readonly string[], call: GitCall = {}): Promise<GitAnswer> {
    try {
      const child = this.#start(args, call)
      const answer = answerOf(child, call.most ?? usualMost)
      child.stdin.on('error', () => undefined)
      child.stdin.end(Buffer.from(call.input ?? '', 'latin1'))
      return await answer
    } catch (error) {
      return refusedBy(error)
    }
  }

  /** Runs both, what this one says being what the other one hears. The trouble of the first comes before the second's. */
  async pipe(args: readonly string[], input: string, into: Git, intoArgs: readonly string[]): Promise<GitAnswer> {
    try {
      const call = { timeoutMs: 10 * 60_000 }
      const [from, to] = [this.#start(args, call), into.#start(intoArgs, call)]
      const answers = Promise.all([answerOf(from, 0), answerOf(to, usualMost)])
      for (const stream of [from.stdin, to.stdin]) stream.on('error', () => undefined)
      from.stdout.pipe(to.stdin)
      // Nobody would hear the rest.
      to.once('close', () => from.kill('SIGKILL'))
      from.stdin.end(input)
      const [first, second] = await answers
      return first.ok || first.code === null ? second : first
    } catch (error) {
      return refusedBy(error)
    }
  }

  #start(args: readonly string[], call: GitCall): ChildProcessWithoutNullStreams {
    const { confinement, cwd, environment, mounts, home } = this.#room
    const level = confinement.level()
    const isBoxed = level.boxed
    // All of it: git inherits nothing of the bot's but where programs are found.
    const env = {
      ...everyGit,
      PATH: isBoxed ? '/usr/local/bin:/usr/bin:/bin' : (process.env['PATH'] ?? ''),
      ...environment,
      ...call.env,
    }
    const plain = { file: 'git', args: ['--no-pager', '--literal-pathspecs', ...args], cwd, env }
    const view = {
      mounts,
      cwd,
      home: { at: isInPlace(level) ? home : '/home/git', folder: home },
      environment: env,
      egress: null,
    }
    const command = isBoxed ? confinement.wrap(plain, view) : plain
    // Not nano-spawn: it adds the bot's whole environment, with its secrets, to whatever it is given.
    return spawn(command.file, command.args, {
      cwd: command.cwd,
      env: command.env,
      stdio: 'pipe',
      // Where somebody has started the bot at a terminal, whoever gets the better of git must not type into it.
      detached: true,
      timeout: call.timeoutMs ?? usualTimeoutMs,
      killSignal: 'SIGKILL',
    })
  }
}

const everyGit: Readonly<Record<string, string>> = {
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_AUTHOR_NAME: 'omc',
  GIT_AUTHOR_EMAIL: 'omc@localhost',
  GIT_COMMITTER_NAME: 'omc',
  GIT_COMMITTER_EMAIL: 'omc@localhost',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '',
  GIT_OPTIONAL_LOCKS: '0',
  // An agent could let a commit stand for another one.
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_NO_LAZY_FETCH: '1',
  // No transport at all, whatever `protocol.<name>.allow` says.
  GIT_ALLOW_PROTOCOL: '',
}

/** `most`: bytes of output that are taken; 0: somebody else takes it. */
function answerOf(child: ChildProcessWithoutNullStreams, most: number): Promise<GitAnswer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    let said = ''
    let cut = false
    if (most > 0)
      child.stdout.on('data', (chunk: Buffer) => {
        if (cut) return
        chunks.push(chunk)
        size += chunk.length
        if (size <= most) return
        cut = true
        child.kill('SIGKILL')
      })
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)))
    child.once('error', (error) =>
      // Without git there is nothing to look at; a folder that went away gives the same error.
      resolve({ ok: false, missing: true, code: null, detail: error.message }),
    )
    child.once('close', (code) => {
      if (code === 0 || cut) {
        const out = Buffer.concat(chunks).subarray(0, most).toString('latin1')
        return resolve({ ok: true, out, cut })
      }
      resolve({ ok: false, missing: false, code, detail: lastWords(said, code) })
    })
  })
}

/** The box does not want to be made: what it would show is nothing that a git may see. */
function refusedBy(error: unknown): GitAnswer {
  return { ok: false, missing: false, code: null, detail: error instanceof Error ? error.message : String(error) }
}

function lastWords(said: string, code: number | null): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '')
  const fatal = lines.find((line) => /^(fatal|error):/.test(line)) ?? lines.at(-1)
  return (fatal ?? (code === null ? 'git took too long' : `git ended with code ${code}`)).replace(
    /^(fatal|error): /,
    '',
  )
}

/** git's bytes as text. */
export function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
