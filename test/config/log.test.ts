import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { createLog } from '../../src/config/log.ts'
import { LogFile } from '../../src/config/log-file.ts'
import { lineForPeople } from '../../src/config/log-line.ts'
import { patienceMs } from '../patience.ts'

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

describe('a log on standard output', () => {
  const program = `
    import { createLog, logGoesTo } from ${JSON.stringify(new URL('../../src/config/log.ts', import.meta.url).href)}
    const log = createLog({ level: 'info', secrets: [], to: logGoesTo(null) })
    for (let nth = 0; nth < 3000; nth++) log.info({ nth, filler: 'a word '.repeat(100) }, 'x')
    process.stderr.write('works on')
    process.stdin.once('data', () => log.info({ nth: -1 }, 'the last'))`

  it('that takes nothing, because its disk is full or nobody reads, neither ends the bot nor holds it up', async () => {
    const full = openSync('/dev/full', 'w')
    try {
      for (const stdout of ['pipe', full] as const) {
        const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
          stdio: ['pipe', stdout, 'pipe'],
          timeout: patienceMs,
          killSignal: 'SIGKILL',
        })
        const ended = once(child, 'exit')
        const [said] = (await Promise.race([once(child.stderr ?? child, 'data'), ended])) as [unknown]
        assert.equal(String(said), 'works on')
        child.stdin?.end('go')
        // What was kept comes first, each line once and whole, as far as the reader came.
        const lines = child.stdout === null ? [] : (await text(child.stdout)).split('\n').slice(0, -1)
        const told = lines.map((line) => (JSON.parse(line) as { nth: number }).nth).filter((nth) => nth >= 0)
        assert.deepEqual(told, [...told.keys()])
        assert.equal((await ended)[0], 0)
      }
    } finally {
      closeSync(full)
    }
  })
})

describe('a log in a file', () => {
  it('is put aside when it is full, for its owner alone, and no more are kept than are asked for', () => {
    const folder = mkdtempSync(join(tmpdir(), 'log-'))
    try {
      const path = join(folder, 'logs', 'bot.log')
      for (const life of ['one', 'two']) {
        const file = new LogFile(path, 2, 100)
        for (let nth = 0; nth < 10; nth++) file.write(`${life} ${nth} ${'.'.repeat(40)}\n`)
      }
      assert.deepEqual(readdirSync(join(folder, 'logs')).toSorted(), ['bot.log', 'bot.log.1', 'bot.log.2'])
      const all = ['.2', '.1', ''].map((end) => readFileSync(path + end, 'utf8')).join('')
      assert.deepEqual(all.match(/^\w+ \d/gm)?.slice(-3), ['two 7', 'two 8', 'two 9'])
      assert.equal(statSync(path).mode & 0o777, 0o600)
      writeFileSync(join(folder, 'file'), '')
      assert.throws(() => new LogFile(join(folder, 'file', 'below'), 2), /cannot be written to .*OMC_LOG_FILE/)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
