import { spawn } from 'node:child_process'

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

/** Settings laid over whatever a repository's own configuration says. Later ones win, so these come last. */
export type Settings = readonly (readonly [name: string, value: string])[]

const usualTimeoutMs = 120_000
/** Everything else that git answers is short; a list of a million files still fits. */
const usualMost = 256 * 1024 * 1024

/**
 * A repository is not trusted: what its configuration names as a program (hooks, a file system monitor, pagers,
 * drivers, helpers, transports) must not run because we look at it. Filters have names of their own: `quietened`.
 */
const tame: Settings = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.attributesFile', '/dev/null'],
  ['core.pager', 'cat'],
  ['core.editor', 'false'],
  ['core.askPass', ''],
  ['core.sshCommand', 'false'],
  ['credential.helper', ''],
  ['protocol.allow', 'never'],
  ['submodule.recurse', 'false'],
  ['diff.external', ''],
  ['diff.submodule', 'short'],
  ['diff.ignoreSubmodules', 'dirty'],
  ['diff.noprefix', 'false'],
  ['diff.mnemonicPrefix', 'false'],
  ['status.submoduleSummary', 'false'],
  ['color.ui', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
]

/** git in one folder, with nothing of the repository's own configuration that runs a program. Never throws. */
export class Git {
  readonly #folder: string
  readonly #ceilings: readonly string[]
  readonly #settings: Settings

  /** Repositories are looked for below the `ceilings` only. */
  constructor(folder: string, ceilings: readonly string[], settings: Settings = []) {
    this.#folder = folder
    this.#ceilings = ceilings
    this.#settings = settings
  }

  in(folder: string): Git {
    return new Git(folder, this.#ceilings, this.#settings)
  }

  /** The same with the filters switched off that the configuration names: a checkout or a status would run them. */
  async quietened(): Promise<Git> {
    const named = await this.run(['config', '-z', '--name-only', '--get-regexp', '^filter\\.'])
    const names = named.ok ? named.out.split('\0') : []
    const filters = new Set(names.flatMap((name) => /^filter\.(.*)\.[^.]+$/s.exec(name)?.[1] ?? []))
    const off = [...filters].flatMap((name): Settings => [
      [`filter.${name}.smudge`, ''],
      [`filter.${name}.clean`, ''],
      [`filter.${name}.process`, ''],
      [`filter.${name}.required`, 'false'],
    ])
    return new Git(this.#folder, this.#ceilings, off)
  }

  /** Its output as text, without the line end. Null when git says no. */
  async word(args: readonly string[]): Promise<string | null> {
    const answer = await this.run(args)
    return answer.ok ? Buffer.from(answer.out, 'latin1').toString('utf8').replace(/\n$/, '') : null
  }

  /** Whether git agrees (exit code 0). */
  async says(args: readonly string[]): Promise<boolean> {
    return (await this.run(args)).ok
  }

  /** The output is given byte for byte (latin1): a path may be no UTF-8. */
  run(args: readonly string[], call: GitCall = {}): Promise<GitAnswer> {
    const { input, most = usualMost, timeoutMs = usualTimeoutMs } = call
    return new Promise((resolve) => {
      // Not nano-spawn: it adds the bot's whole environment, with its secrets, to whatever it is given.
      const child = spawn('git', ['--no-pager', '--literal-pathspecs', ...args], {
        cwd: this.#folder,
        env: { ...this.#environment(), ...call.env },
        stdio: 'pipe',
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
      })
      const chunks: Buffer[] = []
      let size = 0
      let said = ''
      let cut = false
      child.stdout.on('data', (chunk: Buffer) => {
        if (cut) return
        chunks.push(chunk)
        size += chunk.length
        if (size <= most) return
        cut = true
        child.kill('SIGKILL')
      })
      child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)))
      child.stdin.on('error', () => undefined)
      child.stdin.end(Buffer.from(input ?? '', 'latin1'))
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

  /** All of it: git inherits nothing of the bot's but where programs are found. */
  #environment(): Record<string, string> {
    const settings = [...tame, ...this.#settings]
    const env: Record<string, string> = {
      PATH: process.env['PATH'] ?? '',
      HOME: '/nonexistent',
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CEILING_DIRECTORIES: this.#ceilings.join(':'),
      GIT_TERMINAL_PROMPT: '0',
      GIT_ASKPASS: '',
      GIT_OPTIONAL_LOCKS: '0',
      GIT_NO_LAZY_FETCH: '1',
      // No transport at all, whatever `protocol.<name>.allow` says.
      GIT_ALLOW_PROTOCOL: '',
      GIT_CONFIG_COUNT: String(settings.length),
    }
    for (const [nth, [name, value]] of settings.entries()) {
      env[`GIT_CONFIG_KEY_${nth}`] = name
      env[`GIT_CONFIG_VALUE_${nth}`] = value
    }
    return env
  }
}

function lastWords(said: string, code: number | null): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '')
  const fatal = lines.find((line) => /^(fatal|error):/.test(line)) ?? lines.at(-1)
  return (fatal ?? (code === null ? 'git took too long' : `git ended with code ${code}`)).replace(
    /^(fatal|error): /,
    '',
  )
}
