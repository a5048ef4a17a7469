import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Problem } from '../../src/core/failure.ts'
import type { Cursor } from '../../src/core/runtime.ts'
import { FolderAttachments } from '../../src/stores/attachments.ts'
import { openStore } from '../../src/stores/open.ts'
import { events, prompt, promptKey, quietLog, realClock, runId, scratchFolder, session } from './cast.ts'
import { assertProjectionsEqualFold } from './projections.ts'

const options = { clock: realClock, log: quietLog }

test('on a full disk an append is rejected whole, and works again when there is room', async (t) => {
  await using folder = await scratchFolder()
  using disk = smallDisk(t, folder.path)
  if (!disk.mounted) return
  await using store = await openStore({ folder: folder.path, ...options })
  await store.vault.addSession(session('one'))
  await store.journal.ask(runId('r1'), prompt('501', session('one')), 1, () => null)
  await store.journal.claim(() => [runId('r1')], 1)
  await store.journal.append(runId('r1'), [events.started], 2, { cursor: '1' as Cursor })
  fill(folder.path)

  const before = await store.journal.read(runId('r1'))
  const much = Array.from({ length: 40 }, () => events.said('x'.repeat(10_000)))
  for (let time = 0; time < 3; time++) {
    await assert.rejects(store.journal.append(runId('r1'), much, 3, { cursor: '2' as Cursor }), (error) => {
      assert.ok(error instanceof Problem && error.kind === 'wire', String(error))
      assert.match(error.message, /disk/)
      assert.match(error.message, /space/)
      assert.match(error.message, /Nothing was written/)
      return true
    })
  }
  assert.deepEqual(await store.journal.read(runId('r1')), before)
  assert.equal((await store.journal.find(promptKey('501')))?.cursor, '1')

  rmSync(join(folder.path, 'filler'))
  fill(folder.path, 200_000)
  const small = [events.said('little')]
  const settled = await Promise.allSettled([
    store.journal.append(runId('r1'), small, 4),
    store.journal.append(runId('r1'), much, 4),
    store.journal.append(runId('r1'), small, 4),
  ])
  assert.deepEqual(
    settled.map((each) => each.status),
    ['fulfilled', 'rejected', 'fulfilled'],
    'what is too much takes nothing else along',
  )

  rmSync(join(folder.path, 'filler'))
  const entries = await store.journal.append(runId('r1'), much.slice(0, 2), 4, { cursor: '2' as Cursor })
  assert.equal(entries.length, 2)
  await store.close()
  await assertProjectionsEqualFold(folder.path)
})

test('a start on a full disk or a read-only one is refused in words, and leaves nothing locked', async (t) => {
  await using folder = await scratchFolder()
  using disk = smallDisk(t, folder.path)
  if (!disk.mounted) return
  fill(folder.path)
  const isWire = (error: unknown): boolean => error instanceof Problem && error.kind === 'wire'
  await assert.rejects(openStore({ folder: folder.path, ...options }), isWire)
  rmSync(join(folder.path, 'filler'))
  await (await openStore({ folder: folder.path, ...options })).close()
  execFileSync('mount', ['-o', 'remount,ro', folder.path])
  await assert.rejects(openStore({ folder: folder.path, ...options }), (error) => {
    // It will not mend itself, as a full disk may: a supervisor need not try again.
    assert.ok(error instanceof Problem && error.kind === 'refused')
    assert.match(String(error), /rights/)
    return true
  })
  execFileSync('mount', ['-o', 'remount,rw', folder.path])
  await using store = await openStore({ folder: folder.path, ...options })
  assert.equal(store.starts, 2)
})

/** Puts a disk of 1 MiB under a folder, where the system lets us; otherwise the test says why it was skipped. */
test('a full disk keeps no part of an attachment, and takes it when there is room', async (t) => {
  await using folder = await scratchFolder()
  using disk = smallDisk(t, folder.path)
  if (!disk.mounted) return
  const attachments = new FolderAttachments(join(folder.path, 'attachments'))
  async function* much(): AsyncGenerator<Uint8Array> {
    for (let piece = 0; piece < 20; piece++) yield Buffer.alloc(10_000, 'x')
  }
  fill(folder.path)
  await assert.rejects(
    attachments.keep('much.txt', much()),
    (error) => error instanceof Problem && error.kind === 'wire',
  )
  rmSync(join(folder.path, 'filler'))
  assert.deepEqual(readdirSync(join(folder.path, 'attachments')), [])
  const kept = await attachments.keep('much.txt', much())
  assert.ok(typeof kept !== 'string' && kept.bytes === 200_000)
})

function smallDisk(t: TestContext, folder: string): Disposable & { readonly mounted: boolean } {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' })
  } catch {
    t.skip('a small disk cannot be mounted here (it takes root on Linux)')
    return { mounted: false, [Symbol.dispose]() {} }
  }
  // Lazily: a test that failed half way may still have a file open there.
  return { mounted: true, [Symbol.dispose]: () => void execFileSync('umount', ['-l', folder]) }
}

/** Fills the disk, but for so many bytes. */
function fill(folder: string, but = 0): void {
  const file = openSync(join(folder, 'filler'), 'w')
  const block = Buffer.alloc(4_096)
  try {
    while (statfsSync(folder).bavail * 4_096 > but) writeSync(file, block)
  } finally {
    closeSync(file)
  }
}
