import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Figure, Measurement, Size } from './figure.ts'

/** A box that root makes holds nothing, and is not made: it is measured as somebody else. */
const nobody = 65_533

/** What boxes cost, each beside the same without one. */
export const boxes: Measurement = {
  name: 'Boxes',
  async run(size: Size): Promise<readonly Figure[]> {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'bench-boxes-')))
    try {
      const isRoot = process.getuid?.() === 0
      if (isRoot) chownSync(root, nobody, nobody)
      chmodSync(root, 0o700)
      const program = join(import.meta.dirname, 'boxes-inside.ts')
      const child = spawn(process.execPath, [program, size], {
        ...(isRoot ? { uid: nobody, gid: nobody } : {}),
        cwd: root,
        env: { PATH: '/usr/bin:/bin', HOME: root, TMPDIR: root, LANG: 'C.UTF-8' },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [told, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
      if (code !== 0) throw new Error(`it ended with ${String(code)}`)
      return JSON.parse(told) as readonly Figure[]
    } finally {
      rmSync(root, { recursive: true, force: true, maxRetries: 3 })
    }
  },
}
