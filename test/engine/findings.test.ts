import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fine, type Finding } from '../../src/core/finding.ts'
import { Findings } from '../../src/engine/findings.ts'
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
    tell: async ({ id }) => {
      if (isMute) throw new Error('Discord is away')
      told.push(id)
    },
  })
  findings.start()
  const full: Finding = { id: 'disk', level: 'error', stopsAll: true, text: 'Full.', mend: 'Free some.' }
  await clock.goTo(1)
  assert.deepEqual(lines, [])

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
  assert.deepEqual(told, ['disk'])
  assert.equal(findings.now().length, 2)

  now = []
  await clock.goTo(5 * minute + 1)
  assert.deepEqual(lines.slice(4), ['info finding.over disk', 'info finding.over old'])
  assert.deepEqual(findings.now(), [])
  over.abort()
})
