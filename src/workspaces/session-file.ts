import type { FileHandle } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { SessionFileNo } from '../core/workspace.ts'
import { closing } from '../system/closing.ts'
import { openWithin } from '../system/open-within.ts'
import { liesUnder } from './containment.ts'

/**
 * A file of a session's folder, whole. Its agent writes there meanwhile, so the way to it is walked folder by folder from
 * the root, each opened in the one before, and no link is followed anywhere: what is read is what was looked at. A file with
 * a second name may be one of another place. `hidden`: what no agent may see, wherever it lies.
 */
export async function readSessionFile(
  workdir: string,
  path: string,
  most: number,
  hidden: readonly string[],
): Promise<Uint8Array | SessionFileNo> {
  const whole = resolve(workdir, path)
  if (path.includes('\0') || whole === workdir || !liesUnder(whole, [workdir])) return 'outside'
  if (hidden.some((each) => liesUnder(whole, [each]) && !liesUnder(workdir, [each]))) return 'outside'
  try {
    return await closing(await openWithin(whole, workdir), (file) => bytesOf(file, most))
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    return code === 'ELOOP' || code === 'ENOTDIR' || code === 'ENXIO' ? 'no-file' : 'missing'
  }
}

async function bytesOf(file: FileHandle, most: number): Promise<Uint8Array | SessionFileNo> {
  const stat = await file.stat()
  if (!stat.isFile()) return 'no-file'
  if (stat.nlink > 1) return 'linked'
  if (stat.size > most) return 'too-large'
  const bytes = Buffer.alloc(most + 1)
  let length = 0
  for (;;) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length)
    length += bytesRead
    if (length > most) return 'too-large'
    if (bytesRead === 0) return bytes.subarray(0, length)
  }
}
