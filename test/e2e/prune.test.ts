import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { pruneNow } from '../../src/cli/prune.ts'
import { loadConfig } from '../../src/config/load.ts'
import { Problem } from '../../src/core/failure.ts'
import { folderOf, repository, starts, told } from './repositories.ts'
import { Scene } from './scene.ts'
import type { Stage } from './stage.ts'

/** What `prune` tells an operator at this stage. */
async function prunes(stage: Stage, worktrees: boolean): Promise<string> {
  const environment = {
    PATH: process.env['PATH'],
    OMC_DATA_DIR: stage.data,
    OMC_PROJECT_ROOTS: join(stage.project, '..'),
  }
  const config = loadConfig({ env: environment, folder: stage.home, home: stage.home })
  const said: string[] = []
  try {
    await pruneNow({ config, environment, worktrees, say: (line) => said.push(line) })
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    said.push(error.message)
  }
  return said.join('\n')
}

/** More than a year goes by while nobody looks. */
function ages(stage: Stage): void {
  const [ago, at] = [400 * 86_400_000, new Date(Date.now() - 400 * 86_400_000)]
  const db = new DatabaseSync(join(stage.data, 'orchestrator.sqlite'))
  db.exec(`update run_events set at = at - ${ago}; update runs set ended_at = ended_at - ${ago};`)
  db.close()
  for (const name of ['attachments', 'transcripts'])
    for (const file of readdirSync(join(stage.data, name))) utimesSync(join(stage.data, name, file), at, at)
}

describe('prune', () => {
  test('leaves what is in use, takes what nothing refers to, and the bot goes on', async () => {
    await using scene = await Scene.open()
    const { stage, olivia } = scene
    await olivia.says(scene.thread, '!say look at this', { files: [{ name: 'note.txt', content: 'kept' }] })
    await scene.answered('look at this')
    await scene.settled()
    assert.match(await prunes(stage, false), /A bot \(pid \d+\) runs on .* once a day by itself/)
    await scene.bot.terminate()
    ages(stage)
    const orphan = join(stage.data, 'attachments', 'f'.repeat(64))
    writeFileSync(orphan, 'nobody knows this')
    utimesSync(orphan, new Date(0), new Date(0))
    assert.match(await prunes(stage, false), /the words of 0 runs, 0 transcripts, 1 attachments/)
    assert.ok(!existsSync(orphan))
    assert.equal(readdirSync(join(stage.data, 'attachments')).length, 1, 'its session lives')

    scene.bot = await stage.startBot()
    await scene.says('!say and on it goes')
    await scene.answered('and on it goes')
    await told(olivia, scene.thread, '/session stop')
    repository(stage, 'mono')
    for (const name of ['cart', 'till']) {
      const { thread } = await starts(olivia, name, { workdir: 'mono' })
      writeFileSync(join(folderOf(stage, 'mono', name), 'draft.txt'), 'not committed')
      assert.match((await told(olivia, thread, '/session stop')).content, /uncommitted work/)
    }
    await scene.bot.terminate()
    ages(stage)
    rmSync(join(folderOf(stage, 'mono', 'cart'), 'draft.txt'))
    const listed = await prunes(stage, false)
    assert.match(listed, /1 transcripts, 1 attachments/)
    assert.deepEqual(readdirSync(join(stage.data, 'attachments')), [])
    assert.match(listed, /mono\/cart \(\d+\.\d MB\)\n.*mono\/till \(\d+\.\d MB\)\n`prune --worktrees` removes/)
    const removed = await prunes(stage, true)
    assert.match(removed, /mono\/cart \(.*\): removed\n.*mono\/till \(.*\): stays \(uncommitted\)/)
    assert.ok(!existsSync(folderOf(stage, 'mono', 'cart')))
    assert.equal(readFileSync(join(folderOf(stage, 'mono', 'till'), 'draft.txt'), 'utf8'), 'not committed')
    assert.match(await prunes(stage, true), /mono\/till/)
  })
})
