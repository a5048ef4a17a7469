import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { removeTree } from '../../src/system/remove-tree.ts'

// As whoever the bot is: root may remove everything.
test('what an agent has closed against removal goes as well, and nothing that a link leads to is opened', async () => {
  const root = mkdtempSync(join(tmpdir(), 'remove-tree-'))
  const [kept, home] = [join(root, 'kept'), join(root, 'home')]
  mkdirSync(kept)
  mkdirSync(join(home, 'go', 'pkg', 'mod', 'tiny'), { recursive: true })
  writeFileSync(join(home, 'go', 'pkg', 'mod', 'tiny', 'go.mod'), 'module tiny')
  symlinkSync(kept, join(home, 'go', 'elsewhere'))
  // Deeper than any path can say, and called what is no text.
  const laying =
    'mkdir "\\xff"; open F, ">", "\\xff/\\xe9"; chmod 0, "\\xff"; for (1 .. 40) { mkdir "d" x 200; chdir "d" x 200 } mkdir "shut"; mkdir "shut/in"; chmod 0, "shut"'
  assert.equal(spawnSync('perl', ['-e', laying], { cwd: home }).status, 0)
  chmodSync(join(home, 'go', 'pkg', 'mod', 'tiny'), 0o000)
  chmodSync(join(home, 'go', 'pkg', 'mod'), 0o500)
  chmodSync(join(home, 'go'), 0o500)
  chmodSync(kept, 0o500)
  try {
    await assert.rejects(rm(home, { recursive: true }), { code: 'EACCES' })
    await removeTree(home)
    assert.ok(!existsSync(home))
    assert.equal(statSync(kept).mode & 0o777, 0o500)
    await removeTree(home)
  } finally {
    await removeTree(root)
  }
})
