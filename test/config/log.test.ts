import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLog } from '../../src/config/log.ts'
import { lineForPeople } from '../../src/config/log-line.ts'

function logged(secrets: readonly string[], write: (log: ReturnType<typeof createLog>) => void, level = 'debug') {
  const lines: string[] = []
  write(createLog({ level, secrets, to: { write: (line) => lines.push(line) } }))
  return lines
}

const secret = 'a"quoted\\se/cret'

describe('the log', () => {
  it('writes JSON lines with a level, a time, a stable name and the fields', () => {
    const [line = ''] = logged([], (log) => log.info({ updated: 5 }, 'slash.registered'))
    const { time, pid, ...rest } = JSON.parse(line) as Record<string, unknown>
    assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/)
    assert.equal(pid, process.pid)
    assert.deepEqual(rest, { level: 'info', msg: 'slash.registered', updated: 5 })
    assert.ok(line.endsWith('\n'))
  })

  it('keeps to its level', () => {
    assert.equal(logged([], (log) => log.info({}, 'x'), 'warn').length, 0)
    assert.equal(logged([], (log) => log.error({}, 'x'), 'warn').length, 1)
  })

  it('replaces configured secrets wherever and however they appear, and stays JSON', () => {
    const lines = logged([secret, 'other-secret'], (log) => {
      log.warn({ url: `https://x.example/?q=${encodeURIComponent(secret)}`, deep: { list: [`a ${secret} b`] } }, 'x')
      log.error({ error: new Error(`failed with ${secret}`, { cause: new Error('other-secret') }) }, `y ${secret}`)
    })
    for (const line of lines) {
      JSON.parse(line)
      assert.doesNotMatch(line, /quoted|other-secret/)
      assert.match(line, /\[hidden\]/)
    }
  })

  it('hides what has the shape of a secret though nobody configured it', () => {
    // Put together here, so that no scanner takes this file for a leak.
    const shaped = [
      ['sk', 'ant', 'oat01', 'abcdefghijklmnop'].join('-'),
      ['M'.repeat(24), 'G'.repeat(6), 'x'.repeat(38)].join('.'),
      'Bearer abcdefghijklmnopqrstuvwxyz',
    ]
    for (const value of shaped) {
      const [line = ''] = logged([], (log) => log.info({ said: `it was ${value}` }, 'x'))
      assert.ok(!line.includes(value), line)
    }
    const [line = ''] = logged([], (log) =>
      log.info({ proxy: 'http://bob:hunter2@proxy:1', token: 'x1', inner: { authorization: 'y1' } }, 'x'),
    )
    assert.doesNotMatch(line, /hunter2|x1|y1/)
    assert.match(line, /bob/)
  })

  it('leaves innocent words alone', () => {
    const [line = ''] = logged(['abc'], (log) => log.info({ words: 'abc sk-anthem 1.2.3 https://a.example/b@c' }, 'x'))
    assert.match(line, /abc sk-anthem 1\.2\.3 https:\/\/a\.example\/b@c/)
  })

  it('writes errors with stack and causes', () => {
    const [line = ''] = logged([], (log) =>
      log.error({ error: new Error('outer', { cause: new Error('inner') }) }, 'x'),
    )
    const { error } = JSON.parse(line) as { error: { message: string; stack: string; cause: { message: string } } }
    assert.equal(error.message, 'outer')
    assert.match(error.stack, /log\.test/)
    assert.equal(error.cause.message, 'inner')
  })
})

describe('the log at a terminal', () => {
  const shown = (write: (log: ReturnType<typeof createLog>) => void): string =>
    lineForPeople(logged([], write)[0] ?? '')

  it('is a line for people: the time, a sign, and a sentence or the name with its fields', () => {
    assert.match(
      shown((log) => log.info({ updated: 5, guild: 'a b' }, 'slash.registered')),
      /^\d\d:\d\d:\d\d · slash\.registered {2}updated=5 {2}guild="a b"\n$/,
    )
    assert.match(
      shown((log) => log.error({ id: 'disk', text: 'It is full.', mend: 'Free some.' }, 'finding')),
      / ✗ It is full\. Free some\.\n$/,
    )
    assert.match(
      shown((log) => log.info({ version: '1', healthPort: 7707 }, 'bot.started')),
      /The bot runs .*127\.0\.0\.1:7707\/healthz/,
    )
  })

  it('shows of an error what it says, and the stack of what nobody foresaw', () => {
    const error = new Error('no such thing')
    assert.match(
      shown((log) => log.warn({ error }, 'discord.retry')),
      / ⚠ discord\.retry {2}error="no such thing"\n$/,
    )
    assert.match(
      shown((log) => log.error({ error }, 'process.crashed')),
      /process\.crashed[^]*\n\s+at /,
    )
    assert.equal(lineForPeople('no JSON\n'), 'no JSON\n')
  })
})
