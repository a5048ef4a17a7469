import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import { open, realpath, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_WRONLY, O_CREAT, O_EXCL } = constants
/** Linux's; Node has no name for it. A folder that may only be passed through is enough. */
const O_PATH = 0x20_0000
const passing = O_PATH | O_DIRECTORY
/** A pipe is not waited for, nor whoever holds a lease on the file: by that an agent could hold up all of the bot. */
const reading = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
const creating = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW

/**
 * Opens a file that lies in a folder, to be read. Agents write there meanwhile, so the way to it is walked folder by folder
 * from the root, each opened in the one before: no link on it is followed, and nothing is waited for. Rejects otherwise.
 * `whole`: absolute and real, as the folder.
 */
export async function openWithin(whole: string, folder: string): Promise<FileHandle> {
  if (!liesIn(whole, folder)) throw new Error('it lies outside')
  if (process.platform !== 'linux') {
    // There is no box either: whoever could put a link there can read what it leads to.
    const real = join(await realpath(dirname(whole)), basename(whole))
    if (!liesIn(real, await realpath(folder))) throw new Error('it leads elsewhere')
    return open(whole, reading)
  }
  const parts = relative(sep, whole).split(sep)
  let at = await open(sep, passing)
  try {
    for (const part of parts.slice(0, -1)) {
      const next = await open(inside(at.fd, part), passing | O_NOFOLLOW)
      await at.close()
      at = next
    }
    return await open(inside(at.fd, parts.at(-1) ?? ''), reading)
  } finally {
    await at.close()
  }
}

/** The first bytes of a plain file in a folder, for who cannot wait; opened in the same way. Throws otherwise. */
export function headWithin(whole: string, folder: string, most: number): Buffer {
  if (!liesIn(whole, folder)) throw new Error('it lies outside')
  const file = enter(whole, (path) => openSync(path, passing | O_NOFOLLOW), reading)
  try {
    if (!fstatSync(file).isFile()) throw new Error('it is no file')
    const bytes = Buffer.alloc(most)
    return bytes.subarray(0, readSync(file, bytes, 0, most, 0))
  } finally {
    closeSync(file)
  }
}

/**
 * Copies a file to a new one in a folder that an agent writes, with the folders on the way to it. False: something is in
 * its place, or a link on the way, which would have us write elsewhere.
 */
export function copyWithin(from: string, to: string, folder: string): boolean {
  if (!liesIn(to, folder)) return false
  try {
    const file = enter(to, throughMade, creating)
    try {
      writeFileSync(file, readFileSync(from))
    } finally {
      closeSync(file)
    }
    return true
  } catch {
    return false
  }
}

function throughMade(path: string): number {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return openSync(path, passing | O_NOFOLLOW)
}

function enter(whole: string, through: (path: string) => number, flags: number): number {
  if (process.platform !== 'linux') {
    const real = join(realpathSync(dirname(whole)), basename(whole))
    if (real !== whole) throw new Error('it leads elsewhere')
    return openSync(whole, flags, 0o600)
  }
  const parts = relative(sep, whole).split(sep)
  let at = openSync(sep, passing)
  try {
    for (const part of parts.slice(0, -1)) {
      const next = through(inside(at, part))
      closeSync(at)
      at = next
    }
    return openSync(inside(at, parts.at(-1) ?? ''), flags, 0o600)
  } finally {
    closeSync(at)
  }
}

function inside(fd: number, name: string): string {
  return `/proc/self/fd/${fd}/${name}`
}

function liesIn(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}
