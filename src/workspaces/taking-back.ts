import type { Checkpoint } from '../core/checkpoint.ts'
import { messageOf } from '../core/failure.ts'
import type { Worktree } from '../core/session.ts'
import type { TakenBack } from '../core/work.ts'
import { closing } from '../system/closing.ts'
import { isCheckedOut } from './clones.ts'
import { realFolder } from './containment.ts'
import type { GitDir } from './git-dir.ts'
import { bringLargeFiles } from './large-files.ts'
import { branchRef, bytesOf, refresh, refsIn, type Refs } from './mirrored-refs.ts'
import { baseRef, cloneOf, repositoryAt, takenRef, type RepositoryGround, type Repository } from './repository.ts'

/**
 * Brings what a session has committed on its branch into the repository, and moves the branch there to it. Only that
 * branch, and only from where we last put it (or forward): what somebody has done to it there stays. The pack is made
 * where nothing but the clone can be read, and looked at object by object where it comes in. Safe to do again after a
 * death at any point: until the branch is moved, nothing refers to what came in.
 */
export async function takeBack(
  worktree: Worktree,
  ground: RepositoryGround,
  checkpoint: Checkpoint,
): Promise<TakenBack> {
  if (worktree.borrows === null || (await realFolder(worktree.folder)) === null) return { kind: 'same' }
  try {
    return await closing(await repositoryAt(worktree.repository, ground, true), async (repository) => {
      if (repository === null) return left('failed', null, `there is no repository in ${worktree.repository}`)
      return closing(await cloneOf(worktree.folder, repository.objects, ground), async (clone) => {
        if (clone === null) return left('failed', null, `there is no clone in ${worktree.folder}`)
        const [theirs, there] = await Promise.all([refsIn(repository.git), refsIn(clone.git)])
        const taken = await bring(worktree, repository, { clone, theirs, there, checkpoint })
        // Worth no word: it is done again after the next turn.
        await refresh(worktree, repository, { theirs, there, ground }).catch(() => undefined)
        return taken
      })
    })
  } catch (error) {
    return left('failed', null, messageOf(error))
  }
}

interface Both {
  readonly clone: GitDir
  /** The refs of the repository, and of the clone. */
  readonly theirs: Refs
  readonly there: Refs
  readonly checkpoint: Checkpoint
}

async function bring(
  { folder, branch, base }: Worktree,
  repository: Repository,
  { clone, theirs, there: own, checkpoint }: Both,
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
