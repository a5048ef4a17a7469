import { createHash } from 'node:crypto'
import { readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { SessionTree } from '../core/running.ts'
import { closing } from '../system/closing.ts'
import { openWithin } from '../system/open-within.ts'
import { liesUnder } from './containment.ts'

const bytesUpTo = 1024 * 1024
const namesUpTo = 10_000
const hashLength = 16

/**
 * A session's folder to look into from outside. Agents write there meanwhile, so nothing is followed, waited for or read
 * without a bound: links, pipes and devices do not exist here.
 */
export function sessionTree(workdir: string): SessionTree {
  const folders = new Map<string, Promise<ReadonlySet<string> | null>>()
  return {
    read: (path) => readFile(workdir, path),
    names: (folder) => {
      const known = folders.get(folder) ?? namesIn(workdir, folder)
      folders.set(folder, known)
      return known
    },
  }
}

async function readFile(workdir: string, path: string): ReturnType<SessionTree['read']> {
  try {
    return await closing(await openWithin(join(workdir, path), workdir), async (file) => {
      const { size } = await file.stat().then((stat) => (stat.isFile() ? stat : { size: Infinity }))
      if (size > bytesUpTo) return null
      const bytes = Buffer.alloc(bytesUpTo + 1)
      const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
      if (bytesRead > bytesUpTo) return null
      const held = bytes.subarray(0, bytesRead)
      const hash = createHash('sha256').update(held).digest('hex').slice(0, hashLength)
      return { hash, text: held.includes(0) ? null : held.toString('utf8') }
    })
  } catch {
    return null
  }
}

async function namesIn(workdir: string, folder: string): Promise<ReadonlySet<string> | null> {
  try {
    const whole = join(workdir, folder)
    if (!(await isWithin(workdir, whole))) return null
    const found = await readdir(whole, { withFileTypes: true })
    const names = found
      .slice(0, namesUpTo)
      .flatMap((each) => (each.isFile() ? [each.name] : each.isDirectory() ? [`${each.name}/`] : []))
    return new Set(names)
  } catch {
    return null
  }
}

async function isWithin(workdir: string, path: string): Promise<boolean> {
  return liesUnder(await realpath(path), [await realpath(workdir)])
}
