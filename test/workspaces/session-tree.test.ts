import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sessionTree } from '../../src/workspaces/session-tree.ts'

test('of a session’s folder only what is really in it is read: no link, pipe or endless file', async () => {
  const root = mkdtempSync(join(tmpdir(), 'tree-'))
  try {
    const workdir = join(root, 'work')
    mkdirSync(join(workdir, 'sub'), { recursive: true })
    mkdirSync(join(root, 'other'))
    writeFileSync(join(root, 'other', 'secret.sh'), 'secret')
    writeFileSync(join(workdir, 'run.sh'), 'true')
    writeFileSync(join(workdir, 'sub', 'binary'), Buffer.from([0, 1]))
    writeFileSync(join(workdir, 'big'), Buffer.alloc(2_000_000))
    symlinkSync(join(root, 'other', 'secret.sh'), join(workdir, 'link.sh'))
    symlinkSync(join(root, 'other'), join(workdir, 'away'))
    execFileSync('mkfifo', [join(workdir, 'pipe')])
    const tree = sessionTree(workdir)
    assert.deepEqual([...((await tree.names('')) ?? [])].sort(), ['big', 'run.sh', 'sub/'])
    assert.equal((await tree.read('run.sh'))?.text, 'true')
    assert.equal((await tree.read('sub/binary'))?.text, null)
    const closed = ['link.sh', 'away/secret.sh', '../other/secret.sh', 'pipe', 'big', 'sub', 'missing', '/dev/zero']
    for (const path of closed) assert.equal(await tree.read(path), null, path)
    for (const folder of ['away', '..', 'missing', 'run.sh']) assert.equal(await tree.names(folder), null, folder)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})
