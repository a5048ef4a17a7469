import { lstat, opendir, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Worktree } from '../core/session.ts'
import type { Leftover } from '../core/workspace.ts'
import { realFolder } from './containment.ts'
import { worktreesName } from './repository.ts'

/** Looking at more entries than this would keep the disk busy for no good reason. */
const entriesRead = 2_000_000

/**
 * The worktrees of ours that are there and not in `used`: in the places that sessions were ever kept in, in the roots
 * and one level below them (one that was made the moment the bot was killed is in no list).
 */
export async function leftoversOf(
  known: readonly Worktree[],
  used: readonly string[],
  roots: readonly string[],
): Promise<readonly Leftover[]> {
  const places = new Set(known.map(({ folder }) => dirname(dirname(folder))))
  for (const root of roots) {
    places.add(join(root, worktreesName))
    for (const below of await foldersIn(root)) places.add(join(below, worktreesName))
  }
  const left: Leftover[] = []
  for (const place of [...places].sort()) {
    for (const repository of await foldersIn(place)) {
      for (const folder of await foldersIn(repository)) {
        if (!used.includes(folder)) left.push({ folder, bytes: await bytesIn(folder) })
      }
    }
  }
  return left
}

async function foldersIn(path: string): Promise<readonly string[]> {
  if ((await realFolder(path)) !== path) return []
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(path, entry.name))
}

/** What the files of a folder take, symlinks not followed; what cannot be read counts nothing. */
async function bytesIn(folder: string): Promise<number> {
  let bytes = 0
  let left = entriesRead
  const waiting = [folder]
  for (let next = waiting.pop(); next !== undefined && left > 0; next = waiting.pop()) {
    try {
      for await (const entry of await opendir(next)) {
        left -= 1
        const path = join(next, entry.name)
        if (entry.isDirectory()) waiting.push(path)
        else bytes += (await lstat(path)).blocks * 512
      }
    } catch {
      // It went away while we looked, or is closed to us.
    }
  }
  return bytes
}
