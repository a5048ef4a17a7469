import assert from 'node:assert/strict'
import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { replay } from '../../src/runtimes/engine/adoption.ts'
import { Tail } from '../../src/runtimes/engine/tail.ts'
import { leasing } from '../at-work.ts'
import { until } from '../contracts/runtime-bench.ts'

describe('a tail', () => {
  let folder: string
  let file: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tail-'))
    file = join(folder, 'out')
    writeFileSync(file, '')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const open = (from = 0, lineLimit = 1000, pollMs = 60_000): Tail => new Tail(file, { from, lineLimit, pollMs })
  /** All lines to the end of a file to which nothing more is written. */
  async function rest(tail: Tail): Promise<{ lines: string[]; ends: number[]; skipped: number; end: number }> {
    tail.finish()
    const all = { lines: [] as string[], ends: [] as number[], skipped: 0, end: 0 }
    for (let batch = await tail.next(); batch !== null; batch = await tail.next()) {
      all.lines.push(...batch.lines.map(({ text }) => text))
      all.ends.push(...batch.lines.map(({ end }) => end))
      all.skipped += batch.skipped
      all.end = batch.end
    }
    return all
  }

  const linux = { skip: process.platform !== 'linux' && 'what agents do there was written for Linux' }
  test(
    'an agent that holds back its own output, or has it say that it is endless, is not waited for',
    linux,
    async () => {
      await using tail = open()
      tail.finish()
      {
        await using _ = await leasing(file)
        await assert.rejects(tail.next(), { code: 'EAGAIN' })
      }
      const stdout = join(folder, 'stdout')
      writeFileSync(stdout, '')
      truncateSync(stdout, 3 * 1024 ** 4)
      const none = { over: 'no', taken: false } as const
      const reading = replay({ decode: (state) => ({ state, events: [] }) }, folder, none as never, 0, null)
      await assert.rejects(reading, /more than can be read again/)
    },
  )

  test('gives complete lines with the byte behind each, from where it was told', async () => {
    appendFileSync(file, 'one\nzwö\n\nthree\n')
    assert.deepEqual(await rest(open()), {
      lines: ['one', 'zwö', '', 'three'],
      ends: [4, 9, 10, 16],
      skipped: 0,
      end: 16,
    })
    assert.deepEqual((await rest(open(9))).lines, ['', 'three'])
  })

  test('waits for the end of a half line, and drops one that nobody will complete', async () => {
    appendFileSync(file, 'half')
    await using tail = open()
    const next = tail.next()
    assert.equal(await Promise.race([next, soon()]), 'nothing yet')
    appendFileSync(file, ' a line\nand ano')
    assert.deepEqual(await next, { lines: [{ text: 'half a line', end: 12 }], end: 12, skipped: 0 })
    assert.deepEqual((await rest(tail)).lines, [])
  })

  test('hears of a line without polling', async () => {
    await using tail = open()
    const next = tail.next()
    assert.equal(await Promise.race([next, soon()]), 'nothing yet')
    appendFileSync(file, 'told\n')
    assert.equal((await next)?.lines[0]?.text, 'told')
  })

  test('joins characters that were written in two halves', async () => {
    const bytes = Buffer.from('한글🙂\n')
    const fd = openSync(file, 'a')
    await using tail = open()
    const next = tail.next()
    for (const byte of bytes) {
      writeSync(fd, Buffer.of(byte))
      await setImmediate()
    }
    closeSync(fd)
    assert.equal((await next)?.lines[0]?.text, '한글🙂')
  })

  test('joins a line that is longer than one read', async () => {
    const long = 'x'.repeat(700_000)
    appendFileSync(file, `${long}\nshort\n`)
    assert.deepEqual((await rest(open(0, 1_000_000))).lines, [long, 'short'])
  })

  test('skips and counts lines over the limit, however they are cut, and goes on behind them', async () => {
    appendFileSync(file, `${'x'.repeat(900_000)}\nbetween\n${'y'.repeat(1001)}\n${'z'.repeat(1000)}\nlast\n`)
    const all = await rest(open())
    assert.deepEqual(all.lines, ['between', 'z'.repeat(1000), 'last'])
    assert.equal(all.skipped, 2)
    assert.equal(all.end, 900_001 + 8 + 1002 + 1001 + 5)
  })

  test('skips a line over the limit whole, also when what one read leaves of it would fit', async () => {
    appendFileSync(file, `${'x'.repeat(3 * 256 * 1024 + 500)}\nlast\n`)
    const { lines, skipped } = await rest(open())
    assert.deepEqual([lines, skipped], [['last'], 1])
  })

  test('reads to the end what stood there when it was finished', async () => {
    await using tail = open()
    const next = tail.next()
    await soon()
    appendFileSync(file, 'a last word\n')
    tail.finish()
    assert.equal((await next)?.lines[0]?.text, 'a last word')
    assert.equal(await tail.next(), null)
  })

  test('reads what was written between its last look and the word that it is finished', async () => {
    await using tail = open()
    appendFileSync(file, 'the first, with which it is opened\n')
    await tail.next()
    const next = tail.next()
    // It has looked in this very turn, and found nothing.
    appendFileSync(file, 'a last word\n')
    tail.finish()
    assert.equal((await next)?.lines[0]?.text, 'a last word')
  })

  test('gives nothing more when it is closed, also to who waits', async () => {
    const tail = open()
    const next = tail.next()
    await soon()
    await tail.close()
    await tail.close()
    assert.equal(await next, null)
    assert.equal(await tail.next(), null)
  })

  test('whoever writes without an end holds up nothing else', async () => {
    await using tail = open()
    appendFileSync(file, 'the first, with which it is opened\n')
    await tail.next()
    let turns = 0
    const others = (async () => {
      for (; turns < 5; turns++) await setImmediate()
    })()
    for (let line = 0; line < 100; line++) {
      appendFileSync(file, 'more\n')
      await tail.next()
    }
    assert.equal(turns, 5)
    await others
  })

  test('finds what it was not told of by looking now and then', async () => {
    const fd = openSync(file, 'a')
    await using tail = open(0, 1000, 20)
    let got = ''
    const reading = (async () => {
      for (let batch = await tail.next(); batch !== null; batch = await tail.next()) got += batch.lines[0]?.text ?? ''
    })()
    writeSync(fd, 'seen\n')
    await until('the line is seen', () => got === 'seen')
    closeSync(fd)
    tail.finish()
    await reading
  })
})

/** Long enough for whatever is ready to come through the event loop. */
async function soon(): Promise<string> {
  for (let turn = 0; turn < 50; turn++) await setImmediate()
  return 'nothing yet'
}
