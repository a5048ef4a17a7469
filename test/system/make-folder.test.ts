import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../../src/system/make-folder.ts'

test('folders are made for their owner alone, and where none can be it is said why', () => {
  const root = mkdtempSync(join(tmpdir(), 'folders-'))
  try {
    const deep = join(root, 'one', 'two')
    makeFolder(deep)
    makeFolder(deep)
    for (const path of [deep, join(root, 'one')]) assert.equal(statSync(path).mode & 0o777, 0o700)
    const link = join(root, 'link')
    symlinkSync(join(root, 'nowhere'), link)
    assert.throws(() => makeFolder(link), { code: 'EEXIST' })
    assert.throws(() => makeFolder(join(link, 'below')), { code: 'EEXIST' })
    // Node's own way goes round and round there.
    if (existsSync('/proc/self')) assert.throws(() => makeFolder('/proc/none/below'), { code: 'ENOENT' })
  } finally {
    rmSync(root, { recursive: true })
  }
})
