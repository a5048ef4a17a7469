import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

test('our git, which looks into what agents have made, has no terminal to type into, boxed or not', (t) => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'terminal-')))
  t.after(() => rmSync(root, { recursive: true }))
  for (const name of ['data', 'program', 'op', 'data/work', 'data/work-home']) mkdirSync(join(root, name))
  const options = {
    path: '/usr/bin:/bin',
    platform: process.platform,
    uid: process.getuid?.(),
    folder: join(root, 'data', 'own'),
    offLimits: {
      program: join(root, 'program'),
      data: join(root, 'data'),
      home: join(root, 'op'),
      settings: join(root, '.env'),
    },
    limits: { memory: 4 * 1024 ** 3, processes: 1000 },
  }
  const words = [
    process.execPath,
    join(import.meta.dirname, 'at-a-terminal.ts'),
    JSON.stringify(options),
    join(root, 'data', 'work'),
  ]
  const line = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const { stdout } = spawnSync('script', ['-qec', line, '/dev/null'], { encoding: 'utf8', timeout: 60_000 })
  assert.deepEqual(stdout.trim().split(/\r?\n/), [
    'required: the bot has, its git none',
    'off: the bot has, its git none',
  ])
})
