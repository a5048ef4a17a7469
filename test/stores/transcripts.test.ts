import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, describe, it } from 'node:test'
import type { RunId, SessionKey } from '../../src/core/ids.ts'
import type { TranscriptLine } from '../../src/core/transcript.ts'
import { TranscriptFiles } from '../../src/stores/transcripts.ts'

const key = 'channel:42' as SessionKey
let folder = ''
const made: string[] = []
const file = (more = ''): string => join(folder, 'transcripts', `channel:42.jsonl${more}`)
const runsIn = (text: string): unknown[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { run: unknown }).run)

function line(run: string, answer = 'an answer'): TranscriptLine {
  return {
    run: run as RunId,
    session: 'shop',
    asked: 1,
    ended: 2,
    by: { id: '1', name: 'olivia' },
    text: 'a question',
    attachments: [],
    steers: [],
    answer,
    tools: [],
    stopped: null,
    outcome: { kind: 'done' },
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'transcripts-'))
  made.push(folder)
})
after(() => {
  for (const each of made) rmSync(each, { recursive: true, force: true })
})

describe('a transcript', () => {
  it('holds each turn once, in order, for its owner alone', async () => {
    const files = new TranscriptFiles(folder)
    for (const run of ['a', 'b', 'c']) await files.append(key, line(run))
    assert.deepEqual(runsIn(readFileSync(file(), 'utf8')), ['a', 'b', 'c'])
    assert.equal(statSync(file()).mode & 0o777, 0o600)
    assert.equal(statSync(join(folder, 'transcripts')).mode & 0o777, 0o700)
  })

  it('takes the last turn once more after a death, and half a line away', async () => {
    await new TranscriptFiles(folder).append(key, line('a'))
    await new TranscriptFiles(folder).append(key, line('a'))
    assert.deepEqual(runsIn(readFileSync(file(), 'utf8')), ['a'])
    const { size } = statSync(file())
    for (const torn of ['{', '{"run":"b"', JSON.stringify(line('b'))]) {
      truncateSync(file(), size)
      appendFileSync(file(), torn)
      await new TranscriptFiles(folder).append(key, line('b', '두 번째'))
      assert.deepEqual(runsIn(readFileSync(file(), 'utf8')), ['a', 'b'])
    }
    truncateSync(file(), 3)
    await new TranscriptFiles(folder).append(key, line('c'))
    assert.deepEqual(runsIn(readFileSync(file(), 'utf8')), ['c'])
  })

  it('is put aside when it is full, and read over the seam', async () => {
    const files = new TranscriptFiles(folder, 500)
    for (let nth = 0; nth < 40; nth++) await files.append(key, line(`r${nth}`))
    assert.deepEqual(
      readdirSync(join(folder, 'transcripts')).sort(),
      ['', '.1', '.2', '.3', '.4', '.5'].map((end) => `channel:42.jsonl${end}`),
    )
    const all = await files.read(key, 1_000_000)
    const runs = runsIn(all?.text ?? '')
    assert.equal(all?.cut, false)
    assert.deepEqual(runs.slice(-3), ['r37', 'r38', 'r39'])
    assert.deepEqual(
      runs,
      Array.from({ length: runs.length }, (_, nth) => `r${40 - runs.length + nth}`),
    )
    const some = await files.read(key, 700)
    assert.equal(some?.cut, true)
    assert.ok(Buffer.byteLength(some?.text ?? '') <= 700)
    assert.equal(runsIn(some?.text ?? '').at(-1), 'r39')
  })

  it('is nothing where nothing was said', async () => {
    assert.equal(await new TranscriptFiles(folder).read(key, 100), null)
  })
})
