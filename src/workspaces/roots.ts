import { rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import type { Checkpoint } from '../core/checkpoint.ts'
import type { Confinement } from '../core/confinement.ts'
import type { Result } from '../core/desk.ts'
import { messageOf } from '../core/failure.ts'
import { no } from '../core/result.ts'
import { runsOf, runsUnknown, type CommandContent } from '../core/running.ts'
import type { Session, Worktree } from '../core/session.ts'
import type { Diff } from '../core/work.ts'
import type { Workspace, Workspaces, WorkspaceWish } from '../core/workspace.ts'
import { KeyedMutex } from '../system/mutex.ts'
import { closing } from '../system/closing.ts'
import type { CloneGround } from './clone-folder.ts'
import { makeClone } from './clones.ts'
import { candidates, liesUnder, realFolder, realRoots, type Roots } from './containment.ts'
import { diffOf } from './diff.ts'
import { leftoversOf } from './leftovers.ts'
import { cloneOf, isKnown, repositoryAt, repositoryOf, type Repository } from './repository.ts'
import { readSessionFile } from './session-file.ts'
import { sessionTree } from './session-tree.ts'
import { suggestFolders } from './suggest.ts'
import { obeyedSince } from './obeyed-files.ts'
import { takeBack } from './taking-back.ts'
import { tidy } from './tidying.ts'
import { turnIntoClone } from './worktrees.ts'

/** `trusted`: OMC_TRUSTED_ROOTS, absolute. */
export interface WorkspaceRoots extends Roots {
  readonly trusted?: readonly string[]
  /** Where the bot's own program lies; absolute. */
  readonly program: string
  /** Paths that no folder of an agent may hold, there or not: what no box may show. Left out: none. */
  readonly apart?: readonly string[]
  /** What no agent may see, also where it lies below a session's folder. Left out: nothing. */
  readonly hidden?: readonly string[]
  /** What our own git is boxed with. */
  readonly confinement: Confinement
  /** A folder of the bot's alone for its own git; what lies in it is of an earlier life, and goes. */
  readonly scratch: string
  readonly checkpoint?: Checkpoint
}

/** The folders under `OMC_PROJECT_ROOTS` (SPEC F1). */
export function workspaces(place: WorkspaceRoots): Workspaces {
  const orders = new KeyedMutex()
  const { checkpoint = () => {} } = place
  rmSync(place.scratch, { recursive: true, force: true })
  return {
    resolve: (typed) => resolveFolder(typed, place),
    suggest: (typed) => suggestFolders(typed, place),
    open: (wish, live) => openWorkspace(wish, live, place),
    move: (session, typed, others) => move(session, typed, others, place),
    close: (worktree) => orders.run(worktree.folder, async () => tidy(worktree, await groundOf(place), checkpoint)),
    takeBack: (worktree, consent = null) =>
      orders.run(worktree.folder, async () => takeBack(worktree, await groundOf(place), { checkpoint, consent })),
    renew: (worktree) => orders.run(worktree.folder, async () => renew(worktree, await groundOf(place))),
    diff: (session) => diffOfSession(session, place),
    runs: runsIn,
    readFile: ({ workdir }, path, most) => readSessionFile(workdir, path, most, place.hidden ?? []),
    obeyedSince: async ({ workdir }, since) =>
      obeyedSince(workdir, since, { roots: await realRoots(place.roots), hidden: place.hidden ?? [] }).catch(() => ({
        paths: [],
        cut: true,
      })),
    leftovers: async (known, live) => {
      const used = live.flatMap(({ worktree }) => worktree?.folder ?? [])
      return leftoversOf(known, used, await realRoots(place.roots))
    },
    isTrusted: async (folder) => liesUnder(folder, await realRoots(place.trusted ?? [])),
  }
}

async function runsIn(workdir: string, command: string, folder: string | null): Promise<CommandContent> {
  const inside = folder === null ? '' : relative(workdir, folder)
  return inside.startsWith('..') ? runsUnknown : runsOf(command, inside, sessionTree(workdir)).catch(() => runsUnknown)
}

async function groundOf(place: WorkspaceRoots): Promise<CloneGround> {
  const { confinement, scratch, home } = place
  return { roots: await realRoots(place.roots), confinement, scratch, home }
}

async function openWorkspace(
  wish: WorkspaceWish,
  live: readonly Session[],
  place: WorkspaceRoots,
): Promise<Result<Workspace>> {
  const ground = await groundOf(place)
  try {
    const found = await repositoryOf(wish.folder, ground, wish.worktree)
    return await closing(found, () => openIn(found, wish, live, place, ground))
  } catch (error) {
    return no({ code: 'worktree-failed', detail: messageOf(error) })
  }
}

async function openIn(
  found: Repository | null,
  { name, folder, worktree }: WorkspaceWish,
  live: readonly Session[],
  place: WorkspaceRoots,
  ground: CloneGround,
): Promise<Result<Workspace>> {
  const alone = await inItself(folder, place)
  if (found === null || !(await isKnown(found))) return alone
  if (!worktree) {
    const there = (session: Session): boolean =>
      session.worktree === null ? liesUnder(session.workdir, [found.top]) : session.worktree.folder === found.top
    const other = live.find(there)
    if (other === undefined) return alone
    return no({ code: 'folder-taken', path: found.top, name: other.name })
  }
  const inUse = live.flatMap((session) => session.worktree?.folder ?? [])
  const made = await makeClone(found, name, ground, inUse)
  if ('code' in made) return { ok: false, refusal: made }
  const workdir = resolve(made.worktree.folder, found.prefix)
  // A folder that no commit holds yet is not in a fresh clone.
  await mkdir(workdir, { recursive: true })
  // What the commit has there may be a link to anywhere.
  if ((await realFolder(workdir)) !== workdir) return no({ code: 'workdir-missing', path: workdir })
  return { ok: true, value: { ...made, workdir } }
}

/** Makes a clone of a git worktree of an earlier version. A string: why it stays one. */
async function renew(worktree: Worktree, ground: CloneGround): Promise<Worktree | string> {
  if (worktree.borrows !== null) return worktree
  try {
    return await closing(await repositoryAt(worktree.repository, ground, true), async (repository) =>
      repository === null
        ? `there is no repository in ${worktree.repository}`
        : turnIntoClone(repository, worktree, ground),
    )
  } catch (error) {
    return messageOf(error)
  }
}

async function move(
  session: Session,
  typed: string,
  others: readonly Session[],
  place: WorkspaceRoots,
): Promise<Result<Workspace>> {
  const { workdir, worktree } = session
  const roots = await realRoots(place.roots)
  const here = await realFolder(resolve(workdir, typed))
  if (worktree !== null && here !== null && liesUnder(here, [worktree.folder])) return stays(here)
  const folder = here !== null && liesUnder(here, roots) ? yes(here) : await resolveFolder(typed, place)
  if (!folder.ok) return folder
  if (worktree !== null && liesUnder(folder.value, [worktree.repository])) {
    const same = await realFolder(resolve(worktree.folder, relative(worktree.repository, folder.value)))
    if (same !== null && liesUnder(same, [worktree.folder])) return stays(same)
    return no({ code: 'workdir-missing', path: typed })
  }
  const [from, to] = [await topOf(workdir, place), await topOf(folder.value, place)]
  const isSame = from !== null && from === to
  // Who asked for no worktree gets none by a step aside.
  if (worktree === null && isSame) return inItself(folder.value, place)
  return openWorkspace({ name: session.name, folder: folder.value, worktree: true }, others, place)

  function stays(workdir: string): Result<Workspace> {
    return yes({ workdir, worktree, takenUp: false, emptySubmodules: [] })
  }
}

/**
 * A session that works in a folder itself. The bot's own program is nobody's to change (a root may contain it: the
 * default one is where the bot was started), unless the operator named a root inside of it, for what lies in that.
 */
async function inItself(folder: string, { roots, program, apart = [] }: WorkspaceRoots): Promise<Result<Workspace>> {
  const own = (await realFolder(program)) ?? program
  const within = (await realRoots(roots)).filter((root) => root !== own && liesUnder(root, [own]))
  const isOwn = liesUnder(own, [folder]) || (liesUnder(folder, [own]) && !liesUnder(folder, within))
  if (isOwn) return no({ code: 'program-folder', path: folder })
  if (apart.some((path) => liesUnder(path, [folder]))) return no({ code: 'folder-too-wide', path: folder })
  return yes({ workdir: folder, worktree: null, takenUp: false, emptySubmodules: [] })
}

function yes<Value>(value: Value): Result<Value> {
  return { ok: true, value }
}

/** Top of the working tree that a folder lies in; null: in none, or one that git cannot work with. */
async function topOf(folder: string, place: WorkspaceRoots): Promise<string | null> {
  try {
    const repository = await repositoryOf(folder, await groundOf(place))
    return await closing(repository, async () => repository?.top ?? null)
  } catch {
    return null
  }
}

async function diffOfSession({ workdir, worktree }: Session, place: WorkspaceRoots): Promise<Result<Diff>> {
  if ((await realFolder(workdir)) === null) return no({ code: 'workdir-missing', path: workdir })
  const ground = await groundOf(place)
  try {
    // Its own record says what it is; what lies in its folder is the agent's to say.
    if (worktree !== null && worktree.borrows !== null) {
      return await closing(await cloneOf(worktree.folder, worktree.borrows, ground), async (own) =>
        own === null ? no({ code: 'no-repository', path: workdir }) : diffOf(own, worktree.base),
      )
    }
    return await closing(await repositoryOf(workdir, ground), async (repository) => {
      if (repository === null) return no({ code: 'no-repository', path: workdir })
      const base = worktree === null ? repository.head : worktree.base
      const clone = repository.isClone ? await cloneOf(repository.top, repository.objects, ground) : null
      return closing(clone, () => diffOf(clone ?? repository.dir, base))
    })
  } catch (error) {
    return no({ code: 'git-failed', detail: messageOf(error) })
  }
}

async function resolveFolder(typed: string | null, place: Roots): Promise<Result<string>> {
  const { roots } = place
  const wish = typed?.trim() ?? ''
  const real = await realRoots(roots)
  const path = wish === '' ? (roots[0] ?? '') : wish
  let outside = false
  for (const candidate of candidates(path, place)) {
    const folder = await realFolder(candidate)
    if (folder !== null && liesUnder(folder, real)) return { ok: true, value: folder }
    // What is outside is refused in one way whether it exists or not: nobody learns what else the machine holds.
    if (folder !== null || !liesUnder(candidate, [...roots, ...real])) outside = true
  }
  const refusal = outside
    ? ({ code: 'workdir-outside', path, roots } as const)
    : ({ code: 'workdir-missing', path } as const)
  return { ok: false, refusal }
}
