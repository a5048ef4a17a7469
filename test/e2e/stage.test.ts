import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { isAlive, startTimeOf } from '../../src/system/process.ts'
import { Stage } from './stage.ts'

test('what a bot was about to start when it was killed is over before its stage is taken down', async () => {
  const stage = await Stage.open()
  const root = dirname(stage.data)
  // As a process stands between fork and exec: it works in the bot's folder, and bears no mark.
  const orphan = spawn('/bin/sh', ['-c', 'sleep 1; mkdir -p "$TMPDIR/later"'], {
    cwd: root,
    env: { PATH: '/usr/bin:/bin', TMPDIR: root },
    detached: true,
    stdio: 'ignore',
  })
  const pid = orphan.pid ?? 0
  const born = await startTimeOf(pid)
  assert.ok(born !== null)
  await stage[Symbol.asyncDispose]()
  assert.equal(await isAlive(pid, born), false)
  assert.equal(existsSync(root), false)
})
