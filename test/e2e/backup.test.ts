import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { launcher } from '../packed.ts'
import { chance } from '../random.ts'
import { Scene } from './scene.ts'
import { Stage } from './stage.ts'

/** Each takes a process: a run of all tests has few of them. */
const kills = Number(process.env['OMC_TEST_KILLS'] ?? 8)

interface Ran {
  readonly code: number
  readonly said: string
}

/** Runs a command of the product as an operator would, on the stage's data folder. */
async function runs(stage: Stage, ...args: readonly string[]): Promise<Ran> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [launcher, ...args], { env: environmentOf(stage) })
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
    await scene.answered('one two three')
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
    for (let kill = 0; kill < kills; kill++) {
      const child = spawn(process.execPath, [launcher, 'backup', join(folder, 'one')], {
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
    assert.match((await runs(stage, 'upgrade')).said, /This is version .*\nBacked up to .*backups[^]*Now:\n {2}1\. /)
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

  test('where no copy can be, or none is any good, is said in a sentence', async () => {
    await using stage = await Stage.open()
    await (await stage.startBot()).terminate()
    const copy = join(stage.home, 'copy')
    assert.equal((await runs(stage, 'backup', copy)).code, 0)
    writeFileSync(join(stage.home, 'file'), '')
    symlinkSync(stage.data, join(stage.home, 'link'))
    const said = async (args: readonly string[], what: RegExp): Promise<void> => {
      const ran = await runs(stage, ...args)
      assert.match(ran.said, what)
      assert.doesNotMatch(ran.said, /^ {4}at /m)
      assert.equal(ran.code, 78)
    }
    await said(['backup', join(stage.home, 'file', 'copy')], /could not be written: E[A-Z]+/)
    await said(['restore', copy, '--to', join(stage.home, 'x'.repeat(300))], /could not be written: E[A-Z]+/)
    await said(['backup', join(stage.home, 'link', 'copy')], /would go with .*data, which it is a copy of/)
    await said(['restore', copy, '--to', join(copy, 'again')], /lies in the backup itself/)
    await said(['backup', '~/copies'], /No shell has filled in "~\/copies"/)
    assert.deepEqual(readdirSync(stage.home).sort(), ['.cache', 'copy', 'file', 'link'])
  })

  test('nobody starts on a folder while a backup is put into it', async () => {
    await using stage = await Stage.open()
    await (await stage.startBot()).terminate()
    const copy = join(stage.home, 'copy')
    await runs(stage, 'backup', copy)
    rmSync(stage.data, { recursive: true })
    mkdirSync(stage.data)
    const held = new DatabaseSync(join(stage.data, 'lock.sqlite'))
    held.exec('begin exclusive')
    const refused = await runs(stage, 'restore', copy)
    held.close()
    assert.match(refused.said, /another one runs on this folder/)
    assert.ok(!existsSync(join(stage.data, 'orchestrator.sqlite')))
    assert.equal((await runs(stage, 'restore', copy)).code, 0)
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
