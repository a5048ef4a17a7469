import { lstat, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { closing } from '../system/closing.ts'
import { realFolder } from './containment.ts'
import { configText, formOf, readConfig, smallFile, type GitConfig } from './git-config.ts'
import { gitDirOver } from './git-dir.ts'
import { objectFolders } from './git-folders.ts'
import { utf8, type Git } from './git.ts'
import type { RepositoryGround, Repository } from './repository.ts'

/** A submodule as a working tree's index names it. */
interface Link {
  readonly path: string
  readonly commit: string
}

/**
 * Fills the submodules of a clone from what the repository keeps of them: nothing is fetched. Gives the folders that
 * stay empty, because the repository has not the commit.
 */
export async function fillSubmodules(
  git: Git,
  top: string,
  { folders }: Repository,
  ground: RepositoryGround,
): Promise<readonly string[]> {
  if ((await smallFile(join(top, '.gitmodules'))) === null) return []
  return fill(git, { top, own: join(top, '.git'), modules: join(folders.common, 'modules'), ground }, 0)
}

interface Filling {
  /** Top of the working tree whose submodules are filled, and its git folder. */
  readonly top: string
  readonly own: string
  /** Where the repository keeps its submodules. */
  readonly modules: string
  readonly ground: RepositoryGround
}

const deepest = 5

async function fill(git: Git, filling: Filling, depth: number): Promise<readonly string[]> {
  const { top, own, modules, ground } = filling
  const links = await linksIn(git)
  if (links.length === 0) return []
  const named = (await readConfig(git, join(top, '.gitmodules'))) ?? new Map()
  const empty: string[] = []
  for (const { path, commit } of links) {
    const name = nameOf(named, path)
    const from = name === null ? null : await realFolder(join(modules, name))
    const folder = join(top, path)
    const objects = from === null ? null : await objectFolders(from, ground.roots).catch(() => null)
    const isThere = from !== null && name !== null && objects !== null && (await realFolder(folder)) === folder
    if (!isThere || depth >= deepest) {
      empty.push(path)
      continue
    }
    const mine = join(own, 'modules', name)
    for (const each of ['objects/info', 'objects/pack', 'refs/heads'])
      await mkdir(join(mine, each), { recursive: true })
    await writeFile(join(mine, 'objects', 'info', 'alternates'), objects.map((each) => `${each}\n`).join(''))
    await writeFile(join(mine, 'HEAD'), `${commit}\n`)
    const form = formOf((await readConfig(git, join(from, 'config'))) ?? new Map())
    const settings = [['core.bare', ['false']] as const, ['core.worktree', [relative(mine, folder)]] as const]
    await writeFile(join(mine, 'config'), configText(new Map([...form, ...settings])))
    const inside = git
      .with({ GIT_DIR: mine, GIT_WORK_TREE: folder })
      .seeing(...objects.map((source) => ({ source, access: 'read' as const })))
      .at(folder)
    if (!(await inside.says(['read-tree', '--reset', '-u', 'HEAD']))) {
      empty.push(path)
      continue
    }
    await writeFile(join(folder, '.git'), `gitdir: ${relative(folder, mine)}\n`)
    const below = { top: folder, own: mine, modules: join(from, 'modules'), ground }
    empty.push(...(await fill(inside, below, depth + 1)).map((each) => join(path, each)))
  }
  return empty
}

/** The submodules that a working tree's index names. */
async function linksIn(git: Git): Promise<readonly Link[]> {
  const staged = await git.run(['ls-files', '--stage', '-z'])
  if (!staged.ok) throw new Error(staged.detail)
  return staged.out.split('\0').flatMap((line) => {
    const [, commit, path] = /^160000 ([0-9a-f]+) 0\t(.+)$/s.exec(line) ?? []
    return commit === undefined || path === undefined ? [] : [{ commit, path: utf8(path) }]
  })
}

/** The name that `.gitmodules` has for a path; null: none that could be one of a folder. */
function nameOf(config: GitConfig, path: string): string | null {
  for (const [key, values] of config) {
    const name = /^submodule\.(.+)\.path$/s.exec(key)?.[1]
    if (name === undefined || values.at(-1) !== path) continue
    return name.split('/').some((part) => part === '' || part === '.' || part === '..') ? null : name
  }
  return null
}

/** The folders of objects of all submodules that a repository keeps. */
export async function moduleObjects(common: string): Promise<readonly string[]> {
  const found: string[] = []
  const waiting = [join(common, 'modules')]
  for (let next = waiting.pop(); next !== undefined && found.length < 1000; next = waiting.pop()) {
    if ((await realFolder(next)) !== next) continue
    const entries = await readdir(next, { withFileTypes: true }).catch(() => [])
    const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    const isModule = entries.some(({ name }) => name === 'HEAD') && names.includes('objects')
    if (isModule) found.push(join(next, 'objects'))
    // A name may have slashes in it, and a submodule submodules.
    for (const name of isModule ? names.filter((each) => each === 'modules') : names) waiting.push(join(next, name))
  }
  return found
}

/** Why submodules of a clone must stay; null: what is in them is kept elsewhere. */
export async function newInSubmodules(
  git: Git,
  folder: string,
  { folders }: Repository,
  ground: RepositoryGround,
): Promise<'uncommitted' | 'unmerged' | null> {
  const filling = { top: folder, own: join(folder, '.git'), modules: join(folders.common, 'modules'), ground }
  return newIn(git, filling, 0)
}

async function newIn(git: Git, filling: Filling, depth: number): Promise<'uncommitted' | 'unmerged' | null> {
  const { top, own, modules, ground } = filling
  const links = await linksIn(git)
  if (links.length === 0) return null
  const named = (await readConfig(git, join(top, '.gitmodules'))) ?? new Map()
  for (const { path } of links) {
    const folder = join(top, path)
    const entries = await readdir(folder).catch(() => [])
    if (entries.length === 0) continue
    const name = nameOf(named, path)
    const mine = name === null ? null : join(own, 'modules', name)
    const isOurs = mine !== null && (await realFolder(mine)) === mine && (await realFolder(folder)) === folder
    const isFile = (await lstat(join(folder, '.git')).catch(() => null))?.isFile() === true
    if (!isOurs || !isFile || name === null || depth >= deepest) return 'uncommitted'
    const from = await realFolder(join(modules, name))
    const dir = await gitDirOver({
      folders: { top: folder, own: mine, common: mine },
      tools: ground,
      borrows: from === null ? [] : [join(from, 'objects')],
      isClone: true,
      writes: false,
    })
    const why = await closing(dir, async (): Promise<'uncommitted' | 'unmerged' | null> => {
      const inside = await dir.withIndex()
      const status = await inside.run([
        'status',
        '--porcelain',
        '-z',
        '--untracked-files=all',
        '--ignore-submodules=dirty',
      ])
      if (!status.ok || status.out !== '') return 'uncommitted'
      // What a remote has is not lost, nor what the repository keeps of it.
      const kept = from === null ? [] : await tipsIn(from, ground)
      const known: string[] = []
      for (const tip of kept) if (await inside.says(['cat-file', '-e', `${tip}^{commit}`])) known.push(tip)
      const args = [
        'rev-list',
        '--max-count=1',
        'HEAD',
        '--branches',
        '--glob=refs/stash',
        '--not',
        '--remotes',
        ...known,
      ]
      const fresh = await inside.run(args)
      if (!fresh.ok || fresh.out !== '') return 'unmerged'
      const below = { top: folder, own: mine, modules: from === null ? mine : join(from, 'modules'), ground }
      return newIn(inside, below, depth + 1)
    })
    if (why !== null) return why
  }
  return null
}

/** The commits that a submodule's git folder in the repository has names for. */
async function tipsIn(from: string, tools: RepositoryGround): Promise<readonly string[]> {
  const dir = await gitDirOver({
    folders: { top: null, own: from, common: from },
    tools,
    borrows: [],
    isClone: false,
    writes: false,
  })
  return closing(dir, async ({ git }) => {
    const refs = await git.word(['for-each-ref', '--format=%(objectname)'])
    const head = await git.word(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'])
    return [...new Set([...(refs?.split('\n') ?? []), ...(head === null ? [] : [head])])].filter((tip) => tip !== '')
  })
}
