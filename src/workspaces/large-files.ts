import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { closing } from '../system/closing.ts'
import { realFolder } from './containment.ts'

/** In a git folder: the contents of big files, which commits name by their hash (Git LFS). */
const place = join('lfs', 'objects')

/**
 * Brings the contents of big files that a session has added into the repository: git itself brings only their names,
 * and they would go with the clone. What is not what its name says, and what is there already, is left.
 */
export async function bringLargeFiles(folder: string, common: string): Promise<void> {
  const from = join(folder, '.git', place)
  for (const first of await foldersIn(from))
    for (const second of await foldersIn(join(from, first)))
      for (const name of await readdir(join(from, first, second)))
        if (/^[0-9a-f]{64}$/.test(name) && name.startsWith(first + second))
          await bring(join(from, first, second, name), join(common, place, first, second), name)
}

async function bring(source: string, folder: string, name: string): Promise<void> {
  if ((await lstat(join(folder, name)).catch(() => null)) !== null) return
  const found = await lstat(source)
  // A pipe would be waited for.
  if (!found.isFile()) return
  await mkdir(folder, { recursive: true })
  const partial = join(folder, `.${name}.omc`)
  try {
    if (await copies(source, partial, name)) await rename(partial, join(folder, name))
  } finally {
    await rm(partial, { force: true })
  }
}

/** Copies, and says whether the content is the one of that name. */
async function copies(source: string, to: string, name: string): Promise<boolean> {
  const hash = createHash('sha256')
  const from = await open(source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  return closing(from, async () =>
    closing(await open(to, 'w', 0o444), async (into) => {
      for await (const chunk of from.createReadStream({ autoClose: false })) {
        hash.update(chunk)
        await into.writeFile(chunk)
      }
      await into.sync()
      return hash.digest('hex') === name
    }),
  )
}

/** The folders in one that is no link itself. */
async function foldersIn(path: string): Promise<readonly string[]> {
  if ((await realFolder(path)) !== path) return []
  const entries = await readdir(path, { withFileTypes: true })
  return entries.flatMap((entry) => (entry.isDirectory() && /^[0-9a-f]{2}$/.test(entry.name) ? [entry.name] : []))
}
