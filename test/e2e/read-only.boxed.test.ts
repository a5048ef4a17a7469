import assert from 'node:assert/strict'
import { chmodSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Problem } from '../../src/core/failure.ts'
import { openStore } from '../../src/stores/open.ts'
import { quietLog, realClock, scratchFolder } from '../stores/cast.ts'
import { Scene } from './scene.ts'

/** Not as root, for whom nothing is read-only. */

/** Takes the right to write from a folder and all in it; gives back how it was. */
function closes(folder: string): () => void {
  const below = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
  const before = [folder, ...below].flatMap((path) => {
    const found = statSync(path, { throwIfNoEntry: false })
    return found?.isFile() === true || found?.isDirectory() === true ? [{ path, mode: found.mode & 0o777 }] : []
  })
  for (const { path, mode } of before.toReversed()) chmodSync(path, mode & ~0o222)
  return () => {
    for (const { path, mode } of before) chmodSync(path, mode)
  }
}

describe('a data folder that cannot be written', { concurrency: true }, () => {
  test('ends the start for a person to mend, by its name; mended, everything is there', async () => {
    await using scratch = await scratchFolder()
    const folder = join(scratch.path, 'data')
    const options = { folder, clock: realClock, log: quietLog }
    const isRefused = (error: unknown): boolean =>
      error instanceof Problem && error.kind === 'refused' && error.message.includes(folder)
    const opensAbove = closes(scratch.path)
    await assert.rejects(openStore(options), isRefused)
    opensAbove()
    {
      await using store = await openStore(options)
      await store.vault.once('said', 1)
    }
    const opens = closes(folder)
    await assert.rejects(openStore(options), isRefused)
    opens()
    await using store = await openStore(options)
    assert.equal(await store.vault.saidAt('said'), 1)
  })

  test('while the bot works, ends what needs it with a word, and nothing else; open again, all goes on', async () => {
    await using scene = await Scene.open({ env: { OMC_BOX: 'required' } })
    const { stage, olivia, thread } = scene
    const opens = closes(stage.data)
    try {
      await scene.says('!say in the dark')
      await stage.botShows(olivia, thread, /could not start.*permission denied.*Write again to retry/)
      await olivia.says(thread, 'and this', { files: [{ name: 'note.txt', content: 'a note' }] })
      await olivia.sees(thread, /note\.txt.*could not be kept on this machine/)
    } finally {
      opens()
    }
    await scene.says('!say in the light')
    await scene.answered('in the light')
  })
})
