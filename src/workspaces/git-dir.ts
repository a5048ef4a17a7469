import { constants } from 'node:fs'
import {
  lstat,
  mkdir,
  mkdtemp,
  open,
  opendir,
  readdir,
  realpath,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import type { Confinement } from '../core/confinement.ts'
import { closing } from '../system/closing.ts'
import { openWithin } from '../system/open-within.ts'
import { realFolder } from './containment.ts'
import { configOf, configText, formOf, smallFile, type GitConfig } from './git-config.ts'
import type { GitFolders } from './git-folders.ts'
import { Git } from './git.ts'

/** What our git works with on this machine. */
export interface GitTools {
  readonly confinement: Confinement
  /** A folder where our git folders are made; agents reach it nowhere. Made when it is not there. */
  readonly scratch: string
}

export interface GitDirWish {
  readonly folders: GitFolders
  readonly tools: GitTools
  /**
   * Whose objects it may use beside its own. A clone's own list of them is not read: whoever writes it could name any
   * repository. Null: those of the repository itself, which are all looked at already.
   */
  readonly borrows: readonly string[]
  readonly isClone: boolean
  /** Something in the repository is to be written: refs, packs. */
  readonly writes: boolean
}

/** A git folder of our own over what somebody else's holds. */
export interface GitDir extends AsyncDisposable {
  readonly git: Git
  /** A folder of its own, seen by its git. */
  readonly scratch: string
  /** What the repository's configuration says, as data. */
  readonly config: GitConfig
  /** git in the working tree, with a copy of its index. The other one does not see the working tree. */
  withIndex(): Promise<Git>
}

/**
 * Makes a git folder in which nothing is anybody else's word but the data: HEAD, refs and objects are those of the
 * repository; its configuration, hooks, attributes and drivers are not there. So nothing that a repository names as a
 * program is known to our git, whatever it is called, and however it is included.
 * @throws an Error in git's words when there is nothing to make it over.
 */
export async function gitDirOver(wish: GitDirWish): Promise<GitDir> {
  const { scratch } = wish.tools
  await mkdir(scratch, { recursive: true, mode: 0o700 })
  const base = await realpath(await mkdtemp(join(scratch, 'git-')))
  try {
    return await make(wish, base)
  } catch (error) {
    await rm(base, { recursive: true, force: true })
    throw error
  }
}

async function make(wish: GitDirWish, base: string): Promise<GitDir> {
  const { folders, borrows, isClone, writes } = wish
  const { confinement } = wish.tools
  const { top, own, common } = folders
  const [scratch, home] = [join(base, 'git'), join(base, 'home')]
  await mkdir(scratch)
  await mkdir(home)
  const room = { confinement, home, cwd: scratch, mounts: [{ source: scratch, access: 'write' }] as const }
  const bare = new Git({ ...room, environment: { GIT_CEILING_DIRECTORIES: base } })
  const config = await configOf(bare, own, common)
  if (config === null) throw new Error(`its configuration cannot be read (${join(common, 'config')})`)
  const form = new Map([...formOf(config), ['core.bare', [String(top === null)]], ['gc.auto', ['0']]])
  await writeFile(join(scratch, 'config'), configText(form))
  await writeFile(join(scratch, 'HEAD'), await headOf(own))
  await mkdir(join(scratch, 'info'))
  await copyOf(join(common, 'info', 'exclude'), join(scratch, 'info', 'exclude'), isClone ? common : null)
  await (isClone
    ? linkObjects(join(common, 'objects'), join(scratch, 'objects'), borrows)
    : symlink(await realpath(join(common, 'objects')), join(scratch, 'objects')))
  await linkRefs(common, scratch, isClone)
  const seen = [
    { source: scratch, access: 'write' as const },
    { source: common, access: writes ? ('write' as const) : ('read' as const) },
    ...borrows.map((source) => ({ source, access: 'read' as const })),
  ]
  const git = new Git({
    confinement,
    home,
    cwd: scratch,
    environment: { GIT_DIR: scratch },
    // A folder below one that may be written is there with it; twice it would be refused.
    mounts: seen.filter(
      ({ source }, nth) =>
        seen.findIndex((each) => each.source === source) === nth && !(writes && source.startsWith(`${common}/`)),
    ),
  })
  return {
    git,
    scratch,
    config,
    async withIndex() {
      const within = isClone ? own : null
      let left = mostCopied - (await copyOf(join(own, 'index'), join(scratch, 'index'), within))
      for (const name of await readdir(own))
        if (name.startsWith('sharedindex.')) left -= await copyOf(join(own, name), join(scratch, name), within, left)
      return top === null ? git : git.with({ GIT_WORK_TREE: top }).at(top).seeing({ source: top, access: 'read' })
    },
    [Symbol.asyncDispose]: () => rm(base, { recursive: true, force: true }),
  }
}

async function headOf(own: string): Promise<string> {
  const head = (await smallFile(join(own, 'HEAD'))) ?? ''
  if (!/^(ref: refs\/[^\n]+|[0-9a-f]{40}|[0-9a-f]{64})\n*$/.test(head)) throw new Error(`its HEAD cannot be read`)
  return Buffer.from(head, 'latin1').toString('utf8')
}

async function linkRefs(common: string, to: string, isClone: boolean): Promise<void> {
  for (const name of ['refs', 'packed-refs', 'logs', 'shallow', 'reftable']) {
    const found = await lstat(join(common, name)).catch(() => null)
    // What we write in a clone leaves no line in its logs, because those could lead elsewhere.
    if (found === null || (isClone && name === 'logs')) continue
    if (isClone && found.isSymbolicLink()) throw new Error(`${name} of the clone is a link`)
    await symlink(join(common, name), join(to, name))
  }
}

/** Its objects without what it says of others', and without links: by them they would be others' too. */
async function linkObjects(from: string, to: string, borrows: readonly string[]): Promise<void> {
  if ((await realFolder(from)) !== from) throw new Error('the objects of the clone are a link')
  await mkdir(join(to, 'info'), { recursive: true })
  await writeFile(join(to, 'info', 'alternates'), borrows.map((path) => `${path}\n`).join(''))
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (!/^([0-9a-f]{2}|pack)$/.test(entry.name)) continue
    if (!entry.isDirectory()) throw new Error('objects of the clone are links')
    for await (const each of await opendir(join(from, entry.name)))
      if (!each.isFile() && !each.isDirectory()) throw new Error('objects of the clone are links')
    await symlink(join(from, entry.name), join(to, entry.name))
  }
}

/** What an index may be at most: of three million files. An agent's could be a terabyte that takes no room. */
const mostCopied = 512 * 1024 * 1024

/**
 * Copies a regular file that is not larger than such files are: nothing is waited for, and what grows meanwhile is not
 * followed. `within`: a folder in which no link is followed to it. Gives how many bytes it has.
 */
export async function copyOf(
  from: string,
  to: string,
  within: string | null = null,
  most = mostCopied,
): Promise<number> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await (within === null ? open(from, flags) : openWithin(from, within)).catch(() => null)
  return closing(file, async () => {
    const found = await file?.stat()
    if (file === null || found?.isFile() !== true || found.size > most) return 0
    const bytes = { start: 0, end: Math.max(0, found.size - 1), highWaterMark: 1024 * 1024, autoClose: false }
    await writeFile(to, file.createReadStream(bytes)).catch(() => undefined)
    // By an index's own time git knows which files could have changed since without looking it.
    await utimes(to, found.atime, found.mtime).catch(() => undefined)
    return found.size
  })
}
