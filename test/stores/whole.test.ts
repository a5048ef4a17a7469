import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { exitCodeOf } from '../../src/cli/exit.ts'
import { openStore } from '../../src/stores/open.ts'
import { databaseName } from '../../src/stores/sqlite/database.ts'
import { markOpen } from '../../src/stores/sqlite/whole.ts'
import { quietLog, realClock, scratchFolder } from './cast.ts'

const options = { clock: realClock, log: quietLog }
const holder = fileURLToPath(new URL('./holder.ts', import.meta.url))

/** Opens a folder in a process of its own, with an agent's spool beside the database, and kills that by kill -9. */
async function liveAndDie(folder: string): Promise<void> {
  const child = spawn(process.execPath, [holder, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
  mkdirSync(join(folder, 'spools', 'an-agent'), { recursive: true })
  writeFileSync(join(folder, 'spools', 'an-agent', 'process.json'), '{}')
}

/** Every file with what is in it, but those of the lock. */
function contents(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = names.filter((each) => each.isFile() && !each.name.startsWith('lock.'))
  return new Map(
    files.map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), 'latin1')]),
  )
}

async function refused(folder: string, words: RegExp): Promise<void> {
  const before = contents(folder)
  for (let time = 0; time < 2; time++) {
    await assert.rejects(openStore({ folder, ...options }), (error) => {
      assert.equal(exitCodeOf(error), 78, String(error))
      assert.match(String(error), words)
      return true
    })
  }
  assert.deepEqual(contents(folder), before, 'nothing was touched')
}

for (const trace of ['spools', 'transcripts'] as const) {
  test(`a database that is missing beside ${trace} is refused, and taken when it is back`, async () => {
    await using folder = await scratchFolder()
    const path = join(folder.path, databaseName)
    await (await openStore({ folder: folder.path, ...options })).close()
    mkdirSync(join(folder.path, trace), { recursive: true })
    writeFileSync(join(folder.path, trace, 'of-a-session'), 'something')
    renameSync(path, join(folder.path, 'elsewhere'))
    await refused(folder.path, new RegExp(`missing or empty, but ${trace}/ beside it .* Put ${databaseName} back`))
    writeFileSync(path, '')
    await refused(folder.path, /missing or empty/)
    renameSync(join(folder.path, 'elsewhere'), path)
    await using store = await openStore({ folder: folder.path, ...options })
    assert.equal(store.starts, 2)
  })
}

test('a copy without the write-ahead log of a killed bot is refused, and taken with it', async () => {
  await using folder = await scratchFolder()
  await liveAndDie(folder.path)
  const wal = join(folder.path, `${databaseName}-wal`)
  assert.ok(existsSync(wal))
  renameSync(wal, join(folder.path, 'left-behind'))
  rmSync(join(folder.path, `${databaseName}-shm`))
  await refused(folder.path, /-wal is missing.*Copy both, together/)
  renameSync(join(folder.path, 'left-behind'), wal)
  await using store = await openStore({ folder: folder.path, ...options })
  assert.equal(store.starts, 2, 'the killed start is known')
})

test('a bot that was stopped leaves a database that may be copied alone, and a new folder begins anew', async () => {
  await using folder = await scratchFolder()
  const [first, second] = [join(folder.path, 'first'), join(folder.path, 'second')]
  await (await openStore({ folder: first, ...options })).close()
  mkdirSync(join(first, 'spools', 'an-agent'), { recursive: true })
  mkdirSync(second)
  cpSync(join(first, 'spools'), join(second, 'spools'), { recursive: true })
  cpSync(join(first, databaseName), join(second, databaseName))
  await using store = await openStore({ folder: second, ...options })
  assert.equal(store.starts, 2)
  mkdirSync(join(folder.path, 'third', 'spools'), { recursive: true })
  writeFileSync(join(folder.path, 'third', 'spools', 'id'), 'an id and nothing else')
  await using fresh = await openStore({ folder: join(folder.path, 'third'), ...options })
  assert.equal(fresh.starts, 1)
})

test('a database that another program has opened and closed after a kill is whole, with its log moved into it', async () => {
  await using folder = await scratchFolder()
  await liveAndDie(folder.path)
  const path = join(folder.path, databaseName)
  new DatabaseSync(path).exec('pragma wal_checkpoint(truncate)')
  rmSync(`${path}-wal`, { force: true })
  rmSync(`${path}-shm`, { force: true })
  await using store = await openStore({ folder: folder.path, ...options })
  assert.equal(store.starts, 2, 'the killed start is known')
})

test('a database that is further back than was noted beside it is refused, also where its log was moved into it once', async () => {
  await using folder = await scratchFolder()
  await liveAndDie(folder.path)
  const path = join(folder.path, databaseName)
  new DatabaseSync(path).exec('pragma wal_checkpoint(truncate)')
  rmSync(`${path}-wal`, { force: true })
  rmSync(`${path}-shm`, { force: true })
  writeFileSync(`${path}-open`, JSON.stringify({ starts: 1, entries: 7 }))
  await refused(folder.path, /-wal is missing.*Copy both, together/)
})

test('the mark stays one file however often it is written: whoever mounts over it must not see it replaced', async () => {
  await using folder = await scratchFolder()
  const path = join(folder.path, databaseName)
  const marked = (starts: number, entries: number) => {
    markOpen(path, { starts, entries })
    const { note: _, ...position } = JSON.parse(readFileSync(`${path}-open`, 'utf8')) as Record<string, unknown>
    return { position, file: statSync(`${path}-open`).ino, names: readdirSync(folder.path) }
  }
  const first = marked(12, 34_567)
  const second = marked(12, 9)
  assert.deepEqual(
    [first.position, second.position],
    [
      { starts: 12, entries: 34_567 },
      { starts: 12, entries: 9 },
    ],
  )
  assert.deepEqual([second.file, second.names], [first.file, [`${databaseName}-open`]])
})
