import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fine, type Finding, type Found } from '../../src/core/finding.ts'
import { alertsIn } from '../../src/engine/audiences.ts'
import { FindingPost } from '../../src/engine/finding-post.ts'
import { Findings } from '../../src/engine/findings.ts'
import { hostClock } from '../../src/system/host.ts'
import { openStore } from '../../src/stores/open.ts'
import { languages } from '../features/product.ts'
import { quietLog, scratchFolder } from '../stores/cast.ts'
import { VirtualClock } from './virtual-clock.ts'

const minute = 60_000

test('a finding is said when it begins and when it is over, and the owner hears of what stops everybody', async () => {
  const clock = new VirtualClock(0)
  const over = new AbortController()
  const lines: string[] = []
  const told: string[] = []
  let now: readonly Finding[] | null = [fine('disk', 'There is room.')]
  let isMute = true
  const note = (level: string) => (fields: object, name: string) => {
    if ('id' in fields) lines.push(`${level} ${name} ${String(fields.id)}`)
  }
  const findings = new Findings({
    checks: [{ name: 'part', check: async () => (now === null ? Promise.reject(new Error('nobody can say')) : now) }],
    clock,
    log: { debug() {}, info: note('info'), warn: note('warn'), error: note('error') },
    timings: { checkAfterMs: 0, checkEveryMs: minute },
    signal: over.signal,
    posts: [
      {
        concerns: ({ stopsAll }) => stopsAll === true,
        tell: async ({ id }) => {
          if (isMute) throw new Error('Discord is away')
          told.push(id)
        },
        over: async (id, text) => {
          told.push(`${id} is over: ${text}`)
        },
      },
    ],
  })
  findings.start()
  const full: Finding = { id: 'disk', level: 'error', stopsAll: true, text: 'Full.', mend: 'Free some.' }
  await clock.goTo(1)
  assert.deepEqual(lines, [])
  assert.deepEqual(told.splice(0), ['disk is over: There is room.'], 'an earlier life may have told of it')

  now = [full, { id: 'old', level: 'warning', text: 'Old.', mend: null }]
  await clock.goTo(1 * minute + 1)
  await clock.goTo(2 * minute + 1)
  assert.deepEqual(lines, [
    'error finding disk',
    'warn finding old',
    'warn finding.untold disk',
    'warn finding.untold disk',
  ])
  assert.deepEqual(
    findings.now().map(({ id }) => id),
    ['disk', 'old'],
  )

  isMute = false
  now = null
  await clock.goTo(3 * minute + 1)
  await clock.goTo(4 * minute + 1)
  assert.deepEqual(told.splice(0), ['disk', 'disk'])
  assert.equal(findings.now().length, 2)

  now = []
  await clock.goTo(5 * minute + 1)
  assert.deepEqual(lines.slice(4), ['info finding.over disk', 'info finding.over old'])
  assert.deepEqual(findings.now(), [])
  assert.deepEqual(told, ['disk is over: Full.', 'old is over: Old.'])
  over.abort()
})

test('what comes and goes is told of once in six hours, whatever the hour', async () => {
  await using folder = await scratchFolder()
  await using store = await openStore({ folder: folder.path, clock: hostClock, log: quietLog })
  const disk: Found = { id: 'disk', level: 'error', text: 'Full.', mend: null, since: 0 }
  for (const from of [Date.UTC(2026, 5, 15, 2), Date.UTC(2026, 5, 16, 23, 59)]) {
    const told: string[] = []
    let now = from
    const post = new FindingPost({
      vault: store.vault,
      outbox: { say: async ({ text }) => void told.push(text) },
      clock: { ...hostClock, now: () => now },
      catalogue: languages(null),
      locale: 'en',
      audience: alertsIn(`100${from}` as never),
    })
    const comesAndGoes = async (): Promise<number> => {
      await post.tell(disk)
      await post.over('disk', 'There is room.', true)
      return told.splice(0).length
    }
    assert.equal(await comesAndGoes(), 2, 'that it came, and that it is over')
    now += 2 * minute
    assert.equal(await comesAndGoes(), 0)
    now = from + 360 * minute - 1
    assert.equal(await comesAndGoes(), 0)
    now += 1
    assert.equal(await comesAndGoes(), 2)
  }
})
