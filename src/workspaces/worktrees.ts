import { lstat, mkdir, readdir, rename, unlink, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { messageOf } from '../core/failure.ts'
import type { Worktree } from '../core/session.ts'
import { removeTree } from '../system/remove-tree.ts'
import { handOn, makingOf, openDeeds, remember, writeGitFolder, type CloneGround } from './clone-folder.ts'
import { realFolder } from './containment.ts'
import { copyOf } from './git-dir.ts'
import { smallFile } from './git-config.ts'
import type { GitFolders } from './git-folders.ts'
import { branchRef, refsIn, type Refs } from './mirrored-refs.ts'
import type { Repository } from './repository.ts'
import { moduleObjects } from './submodules.ts'

/** A git worktree, as earlier versions made them for sessions. */
export interface OldWorktree {
  /** What the repository keeps of it. */
  readonly own: string
  /** Null: its head is detached. */
  readonly branch: string | null
  /** The commit that is checked out; null: none yet. */
  readonly tip: string | null
  /** git died while it was making it: what is there is half a checkout. */
  readonly halfMade: boolean
}

/** The git worktree of a repository in that folder; null: the repository knows of none there. */
export async function worktreeAt({ folders, git }: Repository, folder: string): Promise<OldWorktree | null> {
  const all = join(folders.common, 'worktrees')
  for (const name of await readdir(all).catch(() => [])) {
    const own = join(all, name)
    const at = text(await smallFile(join(own, 'gitdir'))).trim()
    if (resolve(own, at) !== join(folder, '.git')) continue
    const head = text(await smallFile(join(own, 'HEAD'))).trim()
    const ref = /^ref: (refs\/heads\/(.+))$/.exec(head)
    const tip = await git.word(['rev-parse', '--verify', '--quiet', `${ref?.[1] ?? head}^{commit}`])
    const locked = text(await smallFile(join(own, 'locked'))).trim()
    return { own, branch: ref?.[2] ?? null, tip, halfMade: locked === 'initializing' }
  }
  return null
}

/** Commits that working trees of the repository, the operator's own too, have checked out without a branch. */
export async function detachedHeads({ common }: GitFolders): Promise<readonly string[]> {
  const all = join(common, 'worktrees')
  const heads: string[] = []
  for (const name of await readdir(all).catch(() => [])) {
    const head = text(await smallFile(join(all, name, 'HEAD'))).trim()
    if (/^[0-9a-f]{40,64}$/.test(head)) heads.push(head)
  }
  return heads
}

/**
 * Makes a clone of a git worktree that nobody works in at the moment. Its files are not touched: it only gets a git
 * folder of its own, with its HEAD, its index and what is staged in it. Safe to do again after a death at any point.
 * A string: why it stays as it is.
 */
export async function turnIntoClone(
  repository: Repository,
  worktree: Worktree,
  ground: CloneGround,
): Promise<Worktree | string> {
  const { folder } = worktree
  const making = makingOf(folder)
  const turned = { ...worktree, borrows: [...repository.objects, ...(await moduleObjects(repository.folders.common))] }
  try {
    const old = await worktreeAt(repository, folder)
    const file = join(folder, '.git')
    const found = await lstat(file).catch(() => null)
    if (found?.isDirectory() === true) {
      if (old !== null) await forget(old)
      return turned
    }
    if (old === null) return 'the repository does not know it'
    // A death came between the two steps at the end: what was made is whole.
    if (found === null && (await isReady(making))) {
      await rename(making, file)
      await forget(old)
      return turned
    }
    if (found?.isFile() !== true) return `there is no ${file}`
    const why = await reasonToWait(repository, old)
    if (why !== null) return why
    const refs = await make(repository, old, making)
    await handOn(repository, making, ground)
    const tip = refs.get(branchRef(worktree.branch)) ?? null
    await remember(repository.git, worktree, { start: old.tip, tip, refs })
    await writeFile(join(making, readyName), '')
    await unlink(file)
    await rename(making, file)
    await forget(old)
    return turned
  } catch (error) {
    return messageOf(error)
  }
}

async function reasonToWait({ git }: Repository, { own, halfMade }: OldWorktree): Promise<string | null> {
  if (halfMade) return 'it is half made'
  const names = await readdir(own)
  const open = openDeeds.find((deed) => names.includes(deed))
  if (open !== undefined) return `${open} stands open in it`
  // An index that shares its content with another file, a partial checkout, refs of its own: left alone.
  const special = names.find((name) => name.startsWith('sharedindex.') || name === 'refs' || name === 'modules')
  if (special !== undefined) return `it has ${special} of its own`
  return (await git.says(['rev-parse', '--git-dir'])) ? null : 'git does not know the repository'
}

async function make(repository: Repository, old: OldWorktree, making: string): Promise<Refs> {
  await removeTree(making)
  await mkdir(making, { recursive: true })
  const refs = await refsIn(repository.git)
  await writeGitFolder(repository, making, text(await smallFile(join(old.own, 'HEAD'))), refs)
  await copyOf(join(old.own, 'index'), join(making, 'index'))
  await copyOf(join(old.own, 'ORIG_HEAD'), join(making, 'ORIG_HEAD'))
  await mkdir(join(making, 'logs'))
  await copyOf(join(old.own, 'logs', 'HEAD'), join(making, 'logs', 'HEAD'))
  await copyOf(join(old.own, 'info', 'sparse-checkout'), join(making, 'info', 'sparse-checkout'))
  await keepStaged(repository, old, making)
  return refs
}

/** What is staged and committed nowhere is held in the repository by the index alone, which goes with the worktree. */
async function keepStaged({ git, objects }: Repository, { own, tip }: OldWorktree, making: string): Promise<void> {
  const staged = git.with({ GIT_INDEX_FILE: join(own, 'index') })
  const against = tip === null ? await staged.run(['ls-files', '--stage', '-z']) : null
  const changed =
    tip === null ? against : await staged.run(['diff-index', '--cached', '--raw', '--no-abbrev', '-z', tip])
  if (changed?.ok !== true) throw new Error(changed?.detail ?? 'nothing is staged')
  // `:100644 100644 <old> <new> M` or `100644 <new> 0\tpath`; submodules have no object here.
  const wanted = changed.out.split('\0').flatMap((entry) => {
    const [, mode, oid] =
      /^:\d+ (\d+) [0-9a-f]+ ([0-9a-f]+) /.exec(entry) ?? /^(\d+) ([0-9a-f]+) \d\t/.exec(entry) ?? []
    return oid === undefined || mode === '160000' || /^0+$/.test(oid) ? [] : [oid]
  })
  if (wanted.length === 0) return
  const input = wanted.map((oid) => `${oid}\n`).join('')
  const inside = git.beside({
    cwd: making,
    environment: { GIT_DIR: making },
    mounts: [{ source: making, access: 'write' }, ...objects.map((source) => ({ source, access: 'read' as const }))],
  })
  const packed = await git.pipe(['pack-objects', '--stdout', '-q'], input, inside, ['index-pack', '--stdin'])
  if (!packed.ok) throw new Error(packed.detail)
}

const readyName = 'omc-ready'

/** What is made there for a worktree is whole, and only has to be put in its place. */
export async function isReady(making: string): Promise<boolean> {
  return (await lstat(join(making, readyName)).catch(() => null))?.isFile() === true
}

async function forget({ own }: OldWorktree): Promise<void> {
  if ((await realFolder(dirname(own))) === dirname(own)) await removeTree(own)
}

function text(bytes: string | null): string {
  return Buffer.from(bytes ?? '', 'latin1').toString('utf8')
}
