import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AttachedFile } from '../../src/core/attachment.ts'
import { makeTurn } from './runtime-bench.ts'
import type { Story } from './runtime-stage.ts'

/** The smallest picture: one pixel. */
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** A file as the store keeps it: by what it holds, below the data folder, which no agent's tools may look around in. */
export function givenFile(dataDir: string, name: string, type: string, bytes: Buffer): AttachedFile {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const folder = join(dataDir, 'attachments')
  mkdirSync(folder, { recursive: true })
  const path = join(folder, sha256)
  writeFileSync(path, bytes, { mode: 0o400 })
  return { sha256, name, type, bytes: bytes.length, path }
}

/** What a prompt brings along beside its text. */
export function givingContract(story: Story): void {
  story.ofAny('files that came with a prompt are there, by their names', async (stage, t) => {
    const { words, options } = stage.bench
    if (words.attached === undefined) return t.skip('has no words for it')
    const files = [
      givenFile(options.dataDir, 'pixel.png', 'image/png', Buffer.from(pixel, 'base64')),
      givenFile(options.dataDir, 'notes.txt', 'text/plain; charset=utf-8', Buffer.from('remember the milk')),
      givenFile(options.dataDir, 'blob.zip', 'application/zip', Buffer.from([80, 75, 3, 4])),
    ]
    const listener = stage.begin({ ...makeTurn(stage.session, words.attached()), files })
    await listener.done
    assert.equal(stage.outcome(listener), 'done')
    const told = listener.text + stage.bench.received()
    for (const { name } of files) assert.ok(told.includes(name), name)
    assert.ok(!told.includes('is not there'), told)
  })

  story.ofAny('what was said before, and what an earlier conversation left, come with the prompt', async (stage, t) => {
    const { words } = stage.bench
    if (words.context === undefined) return t.skip('has no words for it')
    const turn = makeTurn(stage.session, words.context())
    const context = [
      { speaker: 'bob', own: false, text: 'the teapot is blue' },
      { speaker: 'bot', own: true, text: 'noted: blue' },
    ]
    const listener = stage.begin({ ...turn, handOver: 'we had built a shop', prompt: { ...turn.prompt, context } })
    await listener.done
    assert.equal(stage.outcome(listener), 'done')
    const told = listener.text + stage.bench.received()
    for (const text of ['the teapot is blue', 'noted: blue', 'we had built a shop'])
      assert.ok(told.includes(text), text)
  })
}
