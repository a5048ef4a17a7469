import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { bringLargeFiles } from '../../src/workspaces/large-files.ts'

test('of what an agent has laid where big files lie only those that are what their names say are brought', async (t) => {
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'large-')))
  t.after(() => rmSync(top, { recursive: true }))
  const [clone, common] = [join(top, 'clone'), join(top, 'shop')]
  const place = (name: string): string => join('lfs', 'objects', name.slice(0, 2), name.slice(2, 4), name)
  const lay = (name: string): string => {
    const path = join(clone, '.git', place(name))
    mkdirSync(dirname(path), { recursive: true })
    return path
  }
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
  const good = sha256('a picture')
  writeFileSync(lay(good), 'a picture')

  // It says that it has more than is ever looked at, and takes no room: nobody waits for it.
  const huge = 'a'.repeat(64)
  writeFileSync(lay(huge), '')
  truncateSync(lay(huge), 3 * 1024 ** 4)
  execFileSync('mkfifo', [lay('b'.repeat(64))])
  writeFileSync(join(top, 'secret'), 'planted')
  symlinkSync(join(top, 'secret'), lay(sha256('planted')))
  writeFileSync(lay('c'.repeat(64)), 'something else')
  mkdirSync(lay('d'.repeat(64)))
  symlinkSync(dirname(lay(good)), join(clone, '.git/lfs/objects/ee'))

  await bringLargeFiles(clone, common)
  assert.ok(existsSync(join(common, place(good))))
  const all = readdirSync(join(common, 'lfs', 'objects'), { recursive: true, encoding: 'utf8' })
  assert.deepEqual(
    all.filter((name) => name.length > 10).map((name) => name.slice(6)),
    [good],
  )
})
