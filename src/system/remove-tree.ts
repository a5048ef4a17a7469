import { randomUUID } from 'node:crypto'
import { chmod, lstat, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Removes a file or a folder with all that is below it, as `rm` does with `recursive` and `force`; and also what its
 * writer has closed: Go's cache of modules is folders that nobody may write, and without this a session that built with
 * Go would keep its home for ever. And what lies deeper than any path can say. Call when nothing that could write there runs
 * any more. Links are not followed.
 */
export async function removeTree(path: string): Promise<void> {
  const whole = { recursive: true, force: true, maxRetries: 5 } as const
  try {
    await rm(path, whole)
  } catch (error) {
    if (!hasCode(error, held)) throw error
    await openUp(path)
    await rm(path, whole)
  }
}

/** What `rm` fails with where its user may not look into a folder or take something out of it, or has no path to it. */
const held = new Set(['EACCES', 'EPERM', 'ENOTEMPTY', 'ENAMETOOLONG'])

/** Bytes of a path beyond which a folder is brought up to the top: the system's own limit is 4096 (1024 on macOS). */
const longest = 700

async function openUp(path: string): Promise<void> {
  // Names are bytes: an agent's may be no text.
  const top = Buffer.from(path)
  const waiting: Buffer[] = [top]
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    try {
      const stat = await lstat(folder)
      if (!stat.isDirectory()) continue
      await chmod(folder, stat.mode | 0o700)
      for (const entry of await readdir(folder, { withFileTypes: true, encoding: 'buffer' })) {
        if (!entry.isDirectory()) continue
        const inside = Buffer.concat([folder, Buffer.from('/'), entry.name])
        if (inside.length - top.length < longest) waiting.push(inside)
        else waiting.push(await broughtUp(inside, path))
      }
    } catch (error) {
      // An `rm` that has failed goes on with what else there is.
      if (!hasCode(error, goneBy)) throw error
    }
  }
}

async function broughtUp(folder: Buffer, top: string): Promise<Buffer> {
  const to = join(top, randomUUID())
  // One that is closed cannot be given another parent.
  await chmod(folder, 0o700)
  await rename(folder, to)
  return Buffer.from(to)
}

const goneBy = new Set(['ENOENT'])

function hasCode(error: unknown, codes: ReadonlySet<string>): boolean {
  return error instanceof Error && 'code' in error && codes.has(String(error.code))
}
