import { createHash } from 'node:crypto'
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { closing } from '../system/closing.ts'
import { openWithin } from '../system/open-within.ts'
import { realFolder } from './containment.ts'

/** In a git folder: the contents of big files, which commits name by their hash (Git LFS). */
const place = join('lfs', 'objects')

/** Bytes that are looked at each time: a file can say that it has a terabyte, and take no room. */
const mostBytes = 64 * 1024 ** 3

/**
 * Brings the contents of big files that a session has added into the repository: git itself brings only their names,
 * and they would go with the clone. What is not what its name says, and what is there already, is left.
 */
export async function bringLargeFiles(folder: string, common: string): Promise<void> {
  const from = join(folder, '.git', place)
  let left = mostBytes
  for (const first of await foldersIn(from))
    for (const second of await foldersIn(join(from, first)))
      for (const name of await readdir(join(from, first, second)).catch(() => []))
        if (/^[0-9a-f]{64}$/.test(name) && name.startsWith(first + second))
          left -= await bring(join(from, first, second, name), from, join(common, place, first, second), left)
}

/** Gives how many bytes were looked at. */
async function bring(source: string, within: string, folder: string, most: number): Promise<number> {
  const name = basename(source)
  if ((await lstat(join(folder, name)).catch(() => null)) !== null) return 0
  // What is a link, or closed to us, is no content of a commit.
  return closing(await openWithin(source, within).catch(() => null), async (from) => {
    const found = await from?.stat()
    if (from === null || found?.isFile() !== true || found.size > most) return 0
    const bytes = { start: 0, end: Math.max(0, found.size - 1), autoClose: false }
    // Before any of it is written: the repository's disk is not the agent's to fill.
    if ((await hashOf(from.createReadStream(bytes))) !== name) return found.size
    await mkdir(folder, { recursive: true })
    const partial = join(folder, `.${name}.omc`)
    try {
      if (await copies(from.createReadStream(bytes), partial, name)) await rename(partial, join(folder, name))
    } finally {
      await rm(partial, { force: true })
    }
    return found.size
  })
}

async function hashOf(bytes: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of bytes) hash.update(chunk)
  return hash.digest('hex')
}

/** Copies, and says whether the content is still the one of that name. */
async function copies(bytes: AsyncIterable<Buffer>, to: string, name: string): Promise<boolean> {
  const hash = createHash('sha256')
  return closing(await open(to, 'w', 0o444), async (into) => {
    for await (const chunk of bytes) {
      hash.update(chunk)
      await into.writeFile(chunk)
    }
    await into.sync()
    return hash.digest('hex') === name
  })
}

/** The folders in one that is no link itself. */
async function foldersIn(path: string): Promise<readonly string[]> {
  if ((await realFolder(path)) !== path) return []
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  return entries.flatMap((entry) => (entry.isDirectory() && /^[0-9a-f]{2}$/.test(entry.name) ? [entry.name] : []))
}
