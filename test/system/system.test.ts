import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Problem } from '../../src/core/failure.ts'
import type { Log } from '../../src/core/log.ts'
import { writeAtomically } from '../../src/system/atomic-file.ts'
import { backOffMs, retry } from '../../src/system/back-off.ts'
import { background } from '../../src/system/background.ts'
import { BoundedMap } from '../../src/system/bounded-map.ts'
import { Mutex } from '../../src/system/mutex.ts'
import { VirtualClock } from '../engine/virtual-clock.ts'

function listening(): { log: Log; heard: object[] } {
  const heard: object[] = []
  const hear = (fields: object): number => heard.push(fields)
  return { heard, log: { debug: hear, info: hear, warn: hear, error: hear } }
}

test('a failure in the background is logged; the process goes on', async () => {
  const { log, heard } = listening()
  const failing = Promise.reject(new Error('the disk is full'))
  background(failing, log, 'naming')
  await failing.catch(() => undefined)
  assert.deepEqual(heard, [{ what: 'naming', error: 'the disk is full' }])
})

test('waits double up to the longest, however many failures there were', () => {
  const bounds = { firstMs: 100, longestMs: 1000 }
  assert.deepEqual(
    [1, 2, 3, 4, 5, 5000].map((failures) => backOffMs(bounds, failures)),
    [100, 200, 400, 800, 1000, 1000],
  )
})

test('what fails is tried until it works; a bug is not tried again', async () => {
  const { log, heard } = listening()
  const clock = new VirtualClock(0)
  const tools = { clock, log, signal: new AbortController().signal }
  let tries = 0
  const done = retry(tools, 'keeping', () => {
    tries += 1
    return tries < 4 ? Promise.reject(new Problem('wire', 'locked')) : Promise.resolve('kept')
  })
  await clock.goTo(0)
  await clock.goTo(800)
  assert.equal(await done, 'kept')
  assert.equal(heard.length, 3)
  const bug = new Problem('bug', 'we are wrong')
  await assert.rejects(
    retry(tools, 'keeping', () => Promise.reject(bug)),
    bug,
  )
})

test('a mutex keeps the order, also past a failure', async () => {
  const mutex = new Mutex()
  const order: number[] = []
  const first = Promise.withResolvers<void>()
  const failing = mutex.run(() => first.promise.then(() => order.push(1)).then(() => Promise.reject(new Error('no'))))
  const second = mutex.run(async () => order.push(2))
  first.resolve()
  await assert.rejects(failing)
  await second
  assert.deepEqual(order, [1, 2])
})

test('a bounded map forgets what was set longest ago', () => {
  const map = new BoundedMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 3)
  map.set('c', 4)
  assert.deepEqual([map.get('a'), map.get('b'), map.get('c'), map.has('b')], [3, undefined, 4, false])
})

test('a file is written whole, for this user only, and nothing unfinished is left', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atomic-'))
  try {
    const path = join(folder, 'record.json')
    writeAtomically(path, 'old')
    writeAtomically(path, 'new')
    assert.equal(readFileSync(path, 'utf8'), 'new')
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.deepEqual(readdirSync(folder), ['record.json'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
