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
import { test } from 'node:test'
import { keepTranscript } from '../../../src/runtimes/codex/transcript.ts'

test('a conversation from before there were boxes moves into one, and not through what an agent has laid there', (t) => {
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'left-')))
  t.after(() => rmSync(top, { recursive: true }))
  const [home, state, outside] = [join(top, 'home'), join(top, 'state'), join(top, 'outside')]
  const day = join('sessions', '2026', '11', '29')
  const name = join(day, 'rollout-2026-11-29T10-00-00-one.jsonl')
  for (const folder of [join(home, day), state, outside]) mkdirSync(folder, { recursive: true })
  writeFileSync(join(home, name), '{"it":"was"}')
  const keep = (transcript: string | null, id = 'one'): void => keepTranscript({ id, transcript }, home, state)
  const afresh = (): void => {
    rmSync(state, { recursive: true })
    mkdirSync(state)
  }

  keep(join(home, name))
  assert.equal(readFileSync(join(state, name), 'utf8'), '{"it":"was"}', 'the control')
  writeFileSync(join(state, name), 'gone on')
  keep(null)
  assert.equal(readFileSync(join(state, name), 'utf8'), 'gone on', 'what has gone on in the box stays')

  for (const [link, leads] of [
    [name, join(outside, 'written')],
    ['sessions', outside],
    [join('sessions', '2026'), outside],
  ] as const) {
    afresh()
    mkdirSync(join(state, link, '..'), { recursive: true })
    symlinkSync(leads, join(state, link))
    keep(null)
    assert.deepEqual([existsSync(join(outside, 'written')), existsSync(join(outside, '2026'))], [false, false], link)
    assert.ok(!existsSync(join(outside, '11')), link)
  }

  // What an agent that was not boxed has laid at home is not handed to others.
  afresh()
  rmSync(join(home, name))
  writeFileSync(join(outside, 'secret'), 'planted')
  symlinkSync(join(outside, 'secret'), join(home, name))
  keep(null)
  assert.ok(!existsSync(join(state, name)))

  // One that was begun in the box lies there: whatever is laid there is not looked through.
  rmSync(join(home, name))
  writeFileSync(join(home, name), '{"it":"was"}')
  keep(join(state, name))
  assert.ok(!existsSync(join(state, name)))
  keep(null, '../one')
  assert.ok(!existsSync(join(state, name)))
})
