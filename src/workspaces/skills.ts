import { access, readdir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Session } from '../core/session.ts'
import type { Skills } from '../core/skill.ts'
import { openWithin } from '../system/open-within.ts'
import { liesUnder, realRoots } from './containment.ts'

/** In bytes. A prompt is shorter than that anyway. */
const largestSkill = 64 * 1024
/** A folder with more files than this is no folder of skills. */
const mostSkills = 500
/** Becomes a file name, so: no dots, no slashes. */
const namePattern = /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,63}$/u

export interface SkillFolders {
  /** The operator's own folder of skills; absolute, need not exist. */
  readonly operator: string
  /** OMC_PROJECT_ROOTS: no repository that reaches out of these is looked for. */
  readonly roots: readonly string[]
}

type Where = Pick<Session, 'workdir' | 'worktree'>

/** Where skills may lie: the folder, and what it must not lead out of. */
interface Shelf {
  readonly folder: string
  readonly base: string
}

/** Skills as files. A link that leads out of its project is not followed: its text would be somebody else's file. */
export function skillsIn(folders: SkillFolders): Skills {
  async function list(where: Where): Promise<readonly string[]> {
    const names = new Set<string>()
    for (const shelf of await shelvesOf(where, folders)) {
      for (const name of await namesIn(shelf)) names.add(name)
    }
    return [...names].sort((a, b) => a.localeCompare(b, 'en'))
  }

  async function read(where: Where, name: string): Promise<string | null> {
    if (!namePattern.test(name)) return null
    for (const shelf of await shelvesOf(where, folders)) {
      const text = await textOf(shelf, name)
      if (text !== null) return text
    }
    return null
  }

  return { list, read }
}

async function shelvesOf({ workdir, worktree }: Where, { operator, roots }: SkillFolders): Promise<readonly Shelf[]> {
  const top = worktree?.folder ?? (await repositoryOf(workdir, roots))
  const projects = top === null || top === workdir ? [workdir] : [workdir, top]
  // An agent that writes in the whole of it can exchange the folder it works in for a link.
  const base = top ?? workdir
  return [{ folder: operator, base: operator }, ...projects.map((each) => ({ folder: join(each, 'skills'), base }))]
}

/** The top folder of the repository that a folder lies in, when it lies under the roots as well. */
async function repositoryOf(workdir: string, roots: readonly string[]): Promise<string | null> {
  const real = await realRoots(roots)
  for (let at = workdir; liesUnder(at, real); at = dirname(at)) {
    const isTop = await access(join(at, '.git')).then(
      () => true,
      () => false,
    )
    if (isTop) return at
    if (dirname(at) === at) return null
  }
  return null
}

async function namesIn(shelf: Shelf): Promise<readonly string[]> {
  try {
    const files = await readdir(shelf.folder)
    const names = files.flatMap((file) => (file.endsWith('.md') ? file.slice(0, -3) : []))
    const found: string[] = []
    for (const name of names.filter((each) => namePattern.test(each)).slice(0, mostSkills)) {
      if ((await textOf(shelf, name)) !== null) found.push(name)
    }
    return found
  } catch {
    return []
  }
}

async function textOf({ folder, base }: Shelf, name: string): Promise<string | null> {
  try {
    // What is laid there just now, also on the way to it, is not what was looked at.
    const file = await openWithin(await realpath(join(folder, `${name}.md`)), await realpath(base))
    try {
      const facts = await file.stat()
      if (!facts.isFile() || facts.size > largestSkill) return null
      const text = await file.readFile('utf8')
      return text.trim() === '' ? null : text
    } finally {
      await file.close()
    }
  } catch {
    return null
  }
}
