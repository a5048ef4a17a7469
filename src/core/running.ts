import { nameOf, plainCommands } from './shell.ts'

/** What a command runs beside its own words, as it was when somebody looked. */
export interface CommandContent {
  /** False: it may run what cannot be told from here, so it is never consented to for more than once. */
  readonly known: boolean
  /** Files by their path in the session's folder, each with a hash of what it holds. */
  readonly files: Readonly<Record<string, string>>
}

export const runsNothing: CommandContent = { known: true, files: {} }
export const runsUnknown: CommandContent = { known: false, files: {} }

/** The session's folder, to be read only. Paths are relative to it; nothing outside of it exists, and no link. */
export interface SessionTree {
  /** A file as it is now; null: there is none, or it cannot be read whole. `text` null: it is none. */
  read(path: string): Promise<{ readonly hash: string; readonly text: string | null } | null>
  /** What lies in a folder; the names of folders end with `/`. Null: there is no such folder. */
  names(folder: string): Promise<ReadonlySet<string> | null>
}

/** Files that a consent is bound to, at most; what runs more of them is not known. */
const filesUpTo = 100
const tokensUpTo = 5000

/** They read and print; whatever they are told, they run nothing. */
const readers = new Set(
  '[ basename cat cmp cut date df diff dirname du echo egrep false fgrep grep head id ls md5sum printf pwd realpath sha256sum stat tail test tr true uname wc which whoami'.split(
    ' ',
  ),
)
/** They change files: what runs in the same command is not what was looked at. */
const changers = new Set('chmod cp ln mkdir mv rm rmdir touch'.split(' '))
const shells = /^(ba|z|da|k|a)?sh$/
/** Programs that run the file they are given, with the options that may stand before it. */
const interpreters: Readonly<Record<string, RegExp>> = {
  bun: /^$/,
  lua: /^$/,
  node: /^--(test|no-warnings|enable-source-maps)$/,
  perl: /^-w$/,
  php: /^$/,
  pypy3: /^-[uB]$/,
  python: /^-[uB]$/,
  python3: /^-[uB]$/,
  ruby: /^-w$/,
  'ts-node': /^$/,
  tsx: /^$/,
}
const packagers = new Set(['npm', 'pnpm', 'yarn', 'bun'])
const makefiles = ['GNUmakefile', 'makefile', 'Makefile']
/** What a name in a program's text may stand for. */
const endings = ['', ...'.js .mjs .cjs .ts .mts .cts .jsx .tsx .json .py .sh .rb .pl .php .lua .mk'.split(' ')]
const entries = ['index.js', 'index.ts', 'index.mjs', 'index.cjs', 'index.json', '__init__.py', '__main__.py']
const scriptLike = /\.(sh|bash|zsh|[mc]?[jt]sx?|py|rb|pl|php|lua|mk)$|(^|\/)(GNUm|m|M)akefile$/

/**
 * What a command runs, by allow-list: whatever is not known to run nothing, or only files that it names, is not known. To
 * the files named belong those that they name in turn, as far as their text tells. Pure but for the tree it reads.
 */
export async function runsOf(command: string, folder: string, tree: SessionTree): Promise<CommandContent> {
  const look = new Look(tree)
  const commands = plainCommands(command)
  const known = commands !== null && (await look.at(commands, folder))
  if (known && (await look.follow())) return { known, files: look.files() }
  // Not all of it is known: what a person can see it name stays as they saw it, for this once.
  const words = command.slice(0, tokensUpTo).match(/[\w@.+/-]+/g) ?? []
  const seen = new Look(tree)
  for (const word of words.slice(0, filesUpTo)) {
    const path = within(folder, word)
    if (path !== null && scriptLike.test(path)) await seen.name(path)
  }
  return { known: false, files: seen.files() }
}

/** The files of which one holds something else than before, or that is new or gone; [] when all is as it was. */
export function changedBetween(before: CommandContent, after: CommandContent): readonly string[] {
  const paths = new Set([...Object.keys(before.files), ...Object.keys(after.files)])
  return [...paths].filter((path) => before.files[path] !== after.files[path]).sort()
}

/** One reading of what a command runs. */
class Look {
  readonly #tree: SessionTree
  readonly #found = new Map<string, { readonly hash: string; readonly text: string | null; readonly from: string }>()
  /** Folders in which Python looks for modules before anywhere else. */
  readonly #modulesIn = new Set<string>()
  #changes = false

  constructor(tree: SessionTree) {
    this.#tree = tree
  }

  files(): CommandContent['files'] {
    const paths = [...this.#found.keys()].sort()
    return Object.fromEntries(paths.map((path) => [path, this.#found.get(path)?.hash ?? '']))
  }

  /** False: not all of it is known. */
  async at(commands: readonly (readonly string[])[], start: string): Promise<boolean> {
    let folder = start
    for (const [program = '', ...words] of commands) {
      if (program === 'cd') {
        const to = words.length === 1 ? within(folder, words[0] ?? '') : null
        if (to === null || (await this.#tree.names(to)) === null) return false
        folder = to
      } else if (!(await this.#runs(program, words, folder))) return false
    }
    return !(this.#changes && this.#found.size > 0)
  }

  /** Takes a file in; false: there is none. `from`: the folder it is run in. */
  async name(path: string, from = folderOf(path)): Promise<boolean> {
    if (this.#found.has(path)) return true
    if (!(await this.#has(path))) return false
    const file = await this.#tree.read(path)
    if (file !== null) this.#found.set(path, { ...file, from })
    return file !== null
  }

  /** Takes in what the files name in turn. False: too much to be told. */
  async follow(): Promise<boolean> {
    this.#mayRun(0)
    // A map gives what is added while it is walked through.
    for (const [path, { text, from }] of this.#found) {
      const before = this.#found.size
      if (this.#found.size > filesUpTo) return false
      const tokens = new Set(text?.match(/[\w@.+-]+(?:\/[\w@.+-]+)*/g))
      if (tokens.size > tokensUpTo) return false
      for (const token of tokens) {
        const names = path.endsWith('.py') && !token.includes('/') ? [token, token.replaceAll('.', '/')] : [token]
        for (const name of names)
          for (const base of new Set([folderOf(path), from])) await this.#take(within(base, name), from)
      }
      // What a program of Python names it imports; anything else may run it.
      if (!path.endsWith('.py')) this.#mayRun(before)
    }
    for (const folder of this.#modulesIn) if (!(await this.#modules(folder))) return false
    return this.#found.size <= filesUpTo
  }

  /** Programs of Python among what was found from there on. */
  #mayRun(from: number): void {
    for (const path of [...this.#found.keys()].slice(from))
      if (path.endsWith('.py')) this.#modulesIn.add(folderOf(path))
  }

  /** Python takes what lies there for whatever anything imports, its own library's modules too. False: too much to be told. */
  async #modules(folder: string): Promise<boolean> {
    for (const name of [...((await this.#tree.names(folder)) ?? [])].sort()) {
      if (!/(\.(py|pyc|so|pyd)|\/)$/.test(name) || name === '.git/') continue
      const path = join(folder, name.endsWith('/') ? `${name}__init__.py` : name)
      if (this.#found.has(path) || !(await this.#has(path))) continue
      if (this.#found.size >= filesUpTo) return false
      await this.#quietly(path)
      if (!this.#found.has(path)) return false
    }
    return true
  }

  /** What a name in a text may stand for. */
  async #take(path: string | null, from: string): Promise<void> {
    if (path === null || /(^|\/)(node_modules|\.git)(\/|$)/.test(path)) return
    const beside = await this.#tree.names(folderOf(path))
    const name = path.slice(path.lastIndexOf('/') + 1)
    for (const ending of endings) if (beside?.has(name + ending) === true) await this.name(path + ending, from)
    if (beside?.has(`${name}/`) !== true) return
    for (const entry of entries) await this.name(`${path}/${entry}`, from)
  }

  async #runs(word: string, words: readonly string[], folder: string): Promise<boolean> {
    const program = /^\/(usr\/)?(local\/)?bin\/[^/]+$/.test(word) ? nameOf(word) : word
    if (program.includes('/')) return this.#script([program, ...words], folder)
    if (readers.has(program)) return true
    if (changers.has(program)) {
      this.#changes = true
      return true
    }
    if (program === '.' || program === 'source') return this.#script(words, folder)
    if (shells.test(program)) return this.#script(after(words, /^-[eux]+$/), folder)
    if (program === 'make' || program === 'gmake') return this.#make(words, folder)
    if (packagers.has(program) && packageScript(words) !== null) return this.#package(words, folder)
    const options = Object.hasOwn(interpreters, program) ? interpreters[program] : undefined
    if (options === undefined) return false
    const rest = after(words, options)
    if (rest[0] !== '-m' || !/^(py|pypy)/.test(program)) return this.#script(rest, folder)
    this.#modulesIn.add(folder)
    return this.#module(rest.slice(1), folder)
  }

  /** A file that is run, and everything among its arguments that is there. */
  async #script(words: readonly string[], folder: string): Promise<boolean> {
    const [script = ''] = words
    const path = script.startsWith('-') ? null : within(folder, script)
    if (path === null) return false
    const isThere = (await this.name(path, folder)) || (words.length > 0 && (await this.#folder(path, folder)))
    if (isThere) await this.#arguments(words.slice(1), folder)
    return isThere
  }

  async #arguments(words: readonly string[], folder: string): Promise<void> {
    for (const word of words) {
      const path = within(folder, word.slice(word.indexOf('=') + 1))
      if (path !== null && !(await this.name(path, folder))) await this.#folder(path, folder)
    }
  }

  /** Everything in a folder, as far as it goes; false: there is none. */
  async #folder(path: string, from: string): Promise<boolean> {
    const names = await this.#tree.names(path)
    if (names === null) return false
    for (const name of [...names].sort()) {
      if (this.#found.size > filesUpTo) return true
      const inside = path === '' ? name : `${path}/${name}`
      if (!name.endsWith('/')) await this.name(inside, from)
      else if (!/^(node_modules|\.git)\/$/.test(name)) await this.#folder(inside.slice(0, -1), from)
    }
    return true
  }

  async #module(words: readonly string[], folder: string): Promise<boolean> {
    const path = within(folder, (words[0] ?? '').replaceAll('.', '/'))
    if (path === null) return false
    const before = this.#found.size
    await this.#take(path, folder)
    await this.#arguments(words.slice(1), folder)
    return this.#found.size > before
  }

  async #make(words: readonly string[], folder: string): Promise<boolean> {
    const file = words[0] === '-f' ? (words[1] ?? '') : null
    const targets = words.slice(file === null ? 0 : 2)
    if (targets.some((each) => !/^(-[ksB]|-j\d*|[\w.-]+)$/.test(each))) return false
    if (file !== null) return this.#script([file], folder)
    for (const name of makefiles) if (await this.name(join(folder, name), folder)) return true
    return false
  }

  /** A script of the package: what stands there for it, with what goes before and behind. */
  async #package(words: readonly string[], folder: string): Promise<boolean> {
    const name = packageScript(words) ?? ''
    const path = join(folder, 'package.json')
    const text = (await this.#has(path)) ? (await this.#tree.read(path))?.text : null
    const scripts = scriptsIn(text ?? '')
    if (typeof scripts?.[name] !== 'string') return false
    for (const each of [path, join(folder, '.npmrc')]) await this.#quietly(each)
    for (const each of [`pre${name}`, name, `post${name}`]) {
      const script = scripts[each]
      const named = typeof script === 'string' ? (script.match(/[\w@.+/-]+/g) ?? []) : []
      await this.#arguments(named, folder)
    }
    await this.#arguments(words.slice(1), folder)
    return true
  }

  /** A file whose own text names too much to be followed. */
  async #quietly(path: string): Promise<void> {
    if (!(await this.#has(path))) return
    const file = await this.#tree.read(path)
    if (file !== null) this.#found.set(path, { hash: file.hash, text: null, from: '' })
  }

  async #has(path: string): Promise<boolean> {
    return (await this.#tree.names(folderOf(path)))?.has(path.slice(path.lastIndexOf('/') + 1)) === true
  }
}

/** The words behind the options that may be there. */
function after(words: readonly string[], options: RegExp): readonly string[] {
  const first = words.findIndex((word) => !options.test(word))
  return first === -1 ? [] : words.slice(first)
}

/** `test`, `run build`: the script that a package manager is told to run; null: something else. */
function packageScript(words: readonly string[]): string | null {
  const told = words.filter((word) => !/^(-s|--silent|--if-present)$/.test(word))
  const name = /^(run|run-script)$/.test(told[0] ?? '')
    ? told[1]
    : /^(test|t|start|stop|restart)$/.exec(told[0] ?? '')?.[0]
  if (name === undefined || name.startsWith('-')) return null
  return name === 't' ? 'test' : name
}

function scriptsIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const scripts: unknown = (JSON.parse(text) as { scripts?: unknown }).scripts
    return typeof scripts === 'object' && scripts !== null ? (scripts as Readonly<Record<string, unknown>>) : null
  } catch {
    return null
  }
}

/** A path in the session's folder; null: it leads out of it. */
function within(folder: string, path: string): string | null {
  if (path.startsWith('/') || path.startsWith('~') || path === '') return null
  const parts: string[] = folder === '' ? [] : folder.split('/')
  for (const part of path.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return null
    } else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
}
