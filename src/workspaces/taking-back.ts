import type { Checkpoint } from '../core/checkpoint.ts'
import { messageOf } from '../core/failure.ts'
import type { Worktree } from '../core/session.ts'
import type { TakenBack } from '../core/work.ts'
import { closing } from '../system/closing.ts'
import { isCheckedOut } from './clones.ts'
import { realFolder } from './containment.ts'
import type { GitDir } from './git-dir.ts'
import { bringLargeFiles } from './large-files.ts'
import { branchRef, bytesOf, mostRefsOf, refresh, refsIn, type Refs } from './mirrored-refs.ts'
import { obeyedIn } from './obeyed-paths.ts'
import { baseRef, cloneOf, repositoryAt, takenRef, type RepositoryGround, type Repository } from './repository.ts'

/**
 * Brings what a session has committed on its branch into the repository, and moves the branch there to it. Only that
 * branch, and only from where we last put it (or forward): what somebody has done to it there stays. The pack is made
 * where nothing but the clone can be read, and looked at object by object where it comes in. What changes files that
 * others obey waits for an owner's consent, whoever wrote them and however: a command is asked about by its text alone. Safe to do again after a
 * death at any point: until the branch is moved, nothing refers to what came in.
 */
export async function takeBack(worktree: Worktree, ground: RepositoryGround, how: Consented): Promise<TakenBack> {
  if (worktree.borrows === null || (await realFolder(worktree.folder)) === null) return { kind: 'same' }
  try {
    return await closing(await repositoryAt(worktree.repository, ground, true), async (repository) => {
      if (repository === null) return left('failed', null, `there is no repository in ${worktree.repository}`)
      return closing(await cloneOf(worktree.folder, repository.objects, ground), async (clone) => {
        if (clone === null) return left('failed', null, `there is no clone in ${worktree.folder}`)
        const most = await mostRefsOf(repository)
        const [theirs, there] = await Promise.all([refsIn(repository.git), refsIn(clone.git, most)])
        const taken = await bring(worktree, repository, { clone, theirs, there, ...how })
        // Worth no word: it is done again after the next turn.
        await refresh(worktree, repository, { theirs, there, ground }).catch(() => undefined)
        return taken
      })
    })
  } catch (error) {
    return left('failed', null, messageOf(error))
  }
}

interface Consented {
  readonly checkpoint: Checkpoint
  /** The commit that an owner has consented to, by its first 32 signs or more; null: none. */
  readonly consent: string | null
}

interface Both extends Consented {
  readonly clone: GitDir
  /** The refs of the repository, and of the clone. */
  readonly theirs: Refs
  readonly there: Refs
}

async function bring(
  { folder, branch, base }: Worktree,
  repository: Repository,
  { clone, theirs, there: own, checkpoint, consent }: Both,
): Promise<TakenBack> {
  const { git } = repository
  const now = own.get(branchRef(branch))
  if (now === undefined) return { kind: 'same' }
  const there = theirs.get(branchRef(branch)) ?? null
  const taken = theirs.get(bytesOf(takenRef(folder))) ?? null
  if (now === there || now === taken || (taken === null && now === base)) return { kind: 'same' }
  const { git: inside } = clone
  if (there !== null && there !== taken) {
    // It has gone on in the repository, and the session has not.
    if (await inside.says(['merge-base', '--is-ancestor', now, there])) return { kind: 'same' }
    const isForward = await inside.says(['merge-base', '--is-ancestor', there, now])
    if (!isForward) return left('moved', now, `${branch} is at ${there} in the repository`)
  }
  // Its index and files would stand for the commit before.
  if (await isCheckedOut(repository, branch)) return left('checked-out', now, `${branch} is checked out`)
  const known = [there, taken, theirs.get(bytesOf(baseRef(folder))) ?? null].filter((each) => each !== null)
  const wanted = [now, ...known.map((each) => `^${each}`), ''].join('\n')
  const packed = await inside.pipe(
    ['pack-objects', '--revs', '--thin', '--local', '--stdout', '-q', '--delta-base-offset'],
    wanted,
    git,
    ['index-pack', '--stdin', '--fix-thin', '--strict'],
  )
  if (!packed.ok) return left('failed', now, packed.detail)
  checkpoint('branch-packed')
  // All of it: whatever the clone knew of by others' objects must be the repository's own.
  const isWhole = await git.run(['rev-list', '--objects', '--quiet', now, '--not', '--all'])
  if (!isWhole.ok) return left('failed', now, isWhole.detail)
  if (consent === null || consent.length < 32 || !now.startsWith(consent)) {
    // Looked at here, where every object is what its name says: in the clone an agent could have one stand for another.
    const heads = [...theirs].filter(([name]) => /^refs\/(heads|remotes)\//.test(name)).map(([, object]) => object)
    const others = [base, taken].filter((each) => each !== null)
    const paths = await obeyedIn(git, now, [...new Set([...heads, ...others])])
    if (typeof paths === 'string') return left('failed', now, paths)
    if (paths.length > 0) return { kind: 'held', commit: now, paths }
  }
  await bringLargeFiles(folder, repository.folders.common)
  const input = `update refs/heads/${branch} ${now} ${there ?? '0'.repeat(now.length)}\nupdate ${takenRef(folder)} ${now}\n`
  const moved = await git.run(['update-ref', '-m', 'omc: taken back', '--stdin'], { input: bytesOf(input) })
  if (!moved.ok) return left('failed', now, moved.detail)
  checkpoint('branch-taken')
  return { kind: 'taken', commit: now }
}

function left(why: 'moved' | 'checked-out' | 'failed', commit: string | null, detail: string): TakenBack {
  return { kind: 'left', why, commit, detail }
}
