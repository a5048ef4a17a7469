import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { chance } from '../random.ts'
import { Scene } from './scene.ts'
import type { Stage } from './stage.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'discord-orchestrator.js')

interface Ran {
  readonly code: number
  readonly said: string
}

/** Runs a command of the product as an operator would, on the stage's data folder. */
async function runs(stage: Stage, ...args: readonly string[]): Promise<Ran> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { env: environmentOf(stage) })
    return { code: 0, said: stdout }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, said: stdout + stderr }
  }
}

function environmentOf(stage: Stage): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: stage.home, OMC_DATA_DIR: stage.data }
}

describe('backup and restore', { concurrency: true }, () => {
  test('a copy that is made while the bot works, put into another folder, goes on as if nothing had been', async () => {
    await using scene = await Scene.open({ ownProcess: true })
    const { stage } = scene
    await scene.says('!say the first of all')
    await scene.answered('the first of all')
    await scene.says('!until later one two three')
    await scene.grows('one two')
    const copy = join(stage.home, 'copy')
    const made = await runs(stage, 'backup', copy)
    assert.equal(made.code, 0, made.said)
    assert.match(made.said, /1 sessions, 2 runs/)
    const refused = await runs(stage, 'restore', copy)
    assert.match(refused.said, /A bot \(pid \d+\) runs/)
    assert.equal(refused.code, 78)

    await scene.bot.kill()
    assert.equal((await runs(stage, 'stop', '--all')).code, 0)
    assert.match((await runs(stage, 'restore', copy)).said, /holds orchestrator\.sqlite.* already/)
    rmSync(stage.data, { recursive: true })
    const restored = await runs(stage, 'restore', copy)
    assert.equal(restored.code, 0, restored.said)
    scene.bot = await stage.startBot()
    // The run that was at work is tried again, and there is one answer to it.
    scene.opens('later')
    await scene.settled()
    assert.equal(scene.standing().split('one two three').length - 1, 1, scene.standing())
    await scene.says('!say and it goes on')
    await scene.answered('and it goes on')
  })

  test('killed at any moment it leaves no half of a copy, and does the bot no harm', async () => {
    await using scene = await Scene.open({ ownProcess: true })
    const { stage } = scene
    await scene.says('!say something to keep')
    await scene.answered('something to keep')
    const folder = join(stage.home, 'copies')
    for (let kill = 0; kill < 8; kill++) {
      const child = spawn(process.execPath, [program, 'backup', join(folder, 'one')], {
        env: environmentOf(stage),
        stdio: 'ignore',
      })
      const ended = once(child, 'exit')
      const timer = setTimeout(() => child.kill('SIGKILL'), 150 + Math.floor(chance.next() * 400))
      await ended
      clearTimeout(timer)
      if (!existsSync(join(folder, 'one'))) continue
      assert.equal(soundness(join(folder, 'one')), 'ok')
      rmSync(join(folder, 'one'), { recursive: true })
    }
    assert.equal((await runs(stage, 'backup', join(folder, 'one'))).code, 0)
    assert.deepEqual(readdirSync(folder), ['one'], 'what was left by the killed ones is gone')
    await scene.says('!say and the bot goes on')
    await scene.answered('and the bot goes on')
  })

  test('what is no backup, or has changed, is refused with a sentence', async () => {
    await using scene = await Scene.open({ ownProcess: true })
    const { stage } = scene
    assert.match((await runs(stage, 'restore', stage.home, '--to', join(stage.home, 'x'))).said, /is no backup/)
    const copy = join(stage.home, 'copy')
    await runs(stage, 'backup', copy)
    assert.match((await runs(stage, 'backup', copy)).said, /is there already/)
    const db = new DatabaseSync(join(copy, 'orchestrator.sqlite'))
    db.exec('delete from omc_sessions')
    db.close()
    assert.match((await runs(stage, 'restore', copy, '--to', join(stage.home, 'x'))).said, /has changed/)
    assert.ok(!existsSync(join(stage.home, 'x', 'orchestrator.sqlite')))
  })
})

function soundness(folder: string): unknown {
  const db = new DatabaseSync(join(folder, 'orchestrator.sqlite'))
  try {
    return db.prepare('pragma integrity_check').get()?.['integrity_check']
  } finally {
    db.close()
  }
}
