import { lstat, opendir, realpath } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import type { EpochMs } from '../core/clock.ts'
import { signingFolder } from '../core/identity.ts'
import { isObeyed } from '../core/obeyed.ts'
import type { ObeyedFiles } from '../core/workspace.ts'
import { liesUnder } from './containment.ts'
import { findGit } from './git-folders.ts'
import { worktreesName } from './repository.ts'

/** So many names are looked at. */
const mostNames = 50_000
const mostFound = 100
/** The system's own clock for files may stand still for some milliseconds. */
const behindMs = 100
/** What is installed there is nobody's work, and obeyed by nobody from there. */
const installed = new Set(['node_modules', '.venv', 'venv'])
/** The bot's own: it writes there itself before a turn, and what other sessions leave in theirs is looked at there. */
const ours = new Set([signingFolder, worktreesName])
/** What programs obey of a git folder. Everything else in it changes with every commit. */
const ofGit = new Set(['config', 'config.worktree', 'hooks', 'info'])

/**
 * The files that other programs obey which were changed since a moment, in a folder that a session works in itself, and in
 * the git folder of its repository. By the time that the system keeps of every change, which no program can set back.
 * What is nearest to the top is looked at first; no link is followed but one of such a name, and only within the folder.
 * `hidden`: the bot's own folders, which may lie in there.
 */
export async function obeyedSince(
  workdir: string,
  since: EpochMs,
  { roots, hidden = [] }: { readonly roots: readonly string[]; readonly hidden?: readonly string[] },
): Promise<ObeyedFiles> {
  const git = await findGit(workdir, roots)
  const beside = [...new Set([git?.own, git?.common])].filter((each) => each !== undefined)
  const outside = beside.filter((each) => !liesUnder(each, [workdir]))
  const found = new Set<string>()
  const next: Folder[] = [
    { path: workdir, name: '', isObeyed: false, moved: null },
    ...outside.map((path) => ({ path, name: '.git', isObeyed: true, moved: null })),
  ]
  /** With a slash behind: as what is obeyed. */
  const known = new Set(next.map(({ path }) => path))
  let left = mostNames
  for (let folder = next.shift(); folder !== undefined; folder = next.shift()) {
    // It may have been exchanged for a link since.
    if ((await realpath(folder.path).catch(() => null)) !== folder.path) continue
    // Not all at once: an agent can leave millions.
    const names = (await opendir(folder.path).catch(() => null)) ?? []
    const isGit = basename(folder.name) === '.git'
    for await (const entry of names) {
      if (left-- === 0 || found.size >= mostFound) return { paths: sorted(found), cut: true }
      if (isGit && !ofGit.has(entry.name)) continue
      const path = join(folder.path, entry.name)
      const name = join(folder.name, entry.name)
      const counts = folder.isObeyed || isObeyed(entry.name)
      if (entry.isDirectory()) {
        const key = counts ? `${path}/` : path
        if (installed.has(entry.name) || ours.has(entry.name) || hidden.includes(path) || known.has(key)) continue
        known.add(key)
        const isMoved = isObeyed(entry.name) && entry.name !== '.git' && (await isNew(path, since))
        next.push({ path, name, isObeyed: counts, moved: isMoved ? `${name}/` : folder.moved })
      } else if (counts && !entry.name.endsWith('.sample')) {
        if (await isNew(path, since)) found.add(name)
        else if (folder.moved !== null) found.add(folder.moved)
        const target = entry.isSymbolicLink() ? await realpath(path).catch(() => null) : null
        if (target === null || target === workdir || !liesUnder(target, [workdir]) || known.has(`${target}/`)) continue
        known.add(`${target}/`)
        const stat = await lstat(target).catch(() => null)
        const meant = relative(workdir, target)
        if (stat?.isDirectory() === true) next.push({ path: target, name: meant, isObeyed: true, moved: null })
        else if (await isNew(target, since)) found.add(meant)
      }
    }
  }
  return { paths: sorted(found), cut: false }
}

interface Folder {
  readonly path: string
  /** For people: from the top of the session's folder. */
  readonly name: string
  /** All that lies in it is obeyed. */
  readonly isObeyed: boolean
  /** The new folder of such a name that it lies in: what was moved there with it is older. */
  readonly moved: string | null
}

async function isNew(path: string, since: EpochMs): Promise<boolean> {
  const stat = await lstat(path).catch(() => null)
  return stat !== null && stat.ctimeMs >= since - behindMs
}

/** A folder is named where nothing in it is. */
function sorted(found: ReadonlySet<string>): readonly string[] {
  const paths = [...found]
  return paths
    .filter((path) => !path.endsWith('/') || !paths.some((each) => each !== path && each.startsWith(path)))
    .sort()
}
