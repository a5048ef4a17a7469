import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { notesOf } from '../../../src/runtimes/claude/notes.ts'
import { opensSandbox } from '../../../src/runtimes/claude/sandbox.ts'
import { findTranscript, keepTranscript, transcriptPath } from '../../../src/runtimes/claude/transcript.ts'
import { exchanging, leasing } from '../../at-work.ts'

let top: string
let work: string

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'left-')))
  work = join(top, 'work')
  mkdirSync(join(work, '.claude'), { recursive: true })
  writeFileSync(join(top, 'secret'), 'planted')
  writeFileSync(join(work, 'CLAUDE.md'), 'its notes')
})

afterEach(() => rmSync(top, { recursive: true }))

const linux = { skip: process.platform !== 'linux' && 'what agents do there was written for Linux' }

test('notes that become a link while they are looked at are not read from elsewhere', linux, async () => {
  symlinkSync(join(top, 'secret'), join(work, 'link'))
  await using _ = await exchanging(join(work, 'CLAUDE.md'), join(work, 'link'))
  const read = new Set<string>()
  for (let round = 0; round < 800; round++) read.add(notesOf(work, false) ?? '')
  assert.deepEqual(
    [...read].filter((text) => text.includes('planted')),
    [],
  )
  assert.ok([...read].some((text) => text.includes('its notes')))
})

test(
  'an agent that holds a file back does not hold up the bot, which looks there in the same moment as for everybody',
  linux,
  async () => {
    const settings = join(work, '.claude', 'settings.json')
    writeFileSync(settings, '{}')
    assert.match(notesOf(work, false) ?? '', /its notes/, 'the control')
    assert.equal(opensSandbox(work), false, 'the control')
    await using _notes = await leasing(join(work, 'CLAUDE.md'))
    await using _settings = await leasing(settings)
    // Waited for, it would be read in the end.
    assert.equal(notesOf(work, false), null)
    assert.equal(opensSandbox(work), true)
  },
)

test(
  'a conversation from before there were boxes is not written through what an agent has laid in its place',
  linux,
  () => {
    const [before, config] = [join(top, 'before.jsonl'), join(top, 'state')]
    writeFileSync(before, '{"it":"was"}')
    const place = transcriptPath(config, work, 'one') ?? ''
    mkdirSync(config)
    assert.equal(keepTranscript(before, config, work, 'one'), place, 'the control')
    assert.equal(readFileSync(place, 'utf8'), '{"it":"was"}')

    const outside = join(top, 'outside')
    rmSync(place)
    symlinkSync(outside, place)
    assert.equal(keepTranscript(before, config, work, 'one'), null)
    rmSync(join(config, 'projects'), { recursive: true })
    mkdirSync(outside)
    symlinkSync(outside, join(config, 'projects'))
    assert.equal(keepTranscript(before, config, work, 'one'), null)
    assert.deepEqual(
      [existsSync(join(outside, 'one.jsonl')), existsSync(join(outside, place.split('/').at(-2) ?? ''))],
      [false, false],
    )
  },
)

test('a transcript is not looked for in more folders than anybody works in, nor where there is no folder', () => {
  const config = join(top, 'state')
  const names = ['one', 'two', 'three']
  for (const name of names) {
    mkdirSync(join(config, 'projects', name), { recursive: true })
    writeFileSync(join(config, 'projects', name, `${name}.jsonl`), '{}')
  }
  const found = (most?: number): number =>
    names.filter((name) => findTranscript(config, null, name, most) === join(config, 'projects', name, `${name}.jsonl`))
      .length
  assert.deepEqual([found(), found(2)], [3, 2])
  rmSync(join(config, 'projects'), { recursive: true })
  writeFileSync(join(config, 'projects'), 'no folder')
  assert.equal(findTranscript(config, null, 'one'), null)
})
