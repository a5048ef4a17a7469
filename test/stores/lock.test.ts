import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Problem } from '../../src/core/failure.ts'
import { migrations } from '../../src/stores/migrations/all.ts'
import { startTimeOf } from '../../src/system/process.ts'
import { openStore } from '../../src/stores/open.ts'
import { hurriedClock, quietLog, realClock, scratchFolder } from './cast.ts'

const holder = fileURLToPath(new URL('./holder.ts', import.meta.url))

interface Held extends AsyncDisposable {
  readonly process: ChildProcess
  readonly said: { open: boolean; message?: string; child?: number | null }
  kill(): Promise<void>
}

test('a second start is refused with the pid of the first, and may start when the first is killed', async () => {
  await using folder = await scratchFolder()
  await using first = await hold(folder.path)
  assert.equal(first.said.open, true)
  await assert.rejects(openStore({ folder: folder.path, clock: realClock, log: quietLog }), (error) => {
    assert.ok(error instanceof Problem && error.kind === 'refused')
    assert.match(error.message, new RegExp(`another one runs with pid ${first.process.pid} on this folder`))
    assert.match(error.message, /OMC_DATA_DIR/)
    return true
  })
  await first.kill()
  await using store = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
  assert.equal(store.starts, 2)
})

test('one process cannot open a folder twice either', async () => {
  await using folder = await scratchFolder()
  await using store = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
  const again = openStore({ folder: folder.path, clock: realClock, log: quietLog })
  await assert.rejects(again, new RegExp(`pid ${process.pid} `))
  await store.close()
  assert.equal(existsSync(join(folder.path, 'lock.json')), false)
  await using other = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
  assert.equal(other.starts, 2)
})

test('an agent that outlives the bot does not keep the folder, nor any file of it', async () => {
  await using folder = await scratchFolder()
  await using first = await hold(folder.path, 'child')
  const agent = first.said.child
  assert.ok(typeof agent === 'number')
  try {
    await first.kill()
    assert.notEqual(await startTimeOf(agent), null, 'the agent lives on')
    if (process.platform === 'linux') {
      const open = openFiles(agent)
      assert.ok(open.length > 0)
      assert.deepEqual(
        open.filter((path) => path.startsWith(folder.path)),
        [],
      )
    }
    await using store = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
    assert.equal(store.starts, 2)
  } finally {
    process.kill(agent, 'SIGKILL')
  }
})

test('a name left by a dead holder stops nobody, even when its pid is in use again', async () => {
  await using folder = await scratchFolder()
  for (const stale of [
    JSON.stringify({ pid: process.pid, born: 'long ago', host: hostname() }),
    JSON.stringify({ pid: process.pid, born: await startTimeOf(process.pid), host: hostname() }),
    'half a na',
    'null',
  ]) {
    writeFileSync(join(folder.path, 'lock.json'), stale)
    await using store = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
    assert.equal(store.schemaVersion, migrations.length)
  }
})

test('a holder is never named by the name of an earlier one', async () => {
  await using folder = await scratchFolder()
  await using first = await hold(folder.path)
  assert.equal(first.said.open, true)
  writeFileSync(
    join(folder.path, 'lock.json'),
    JSON.stringify({ pid: process.pid, born: 'long ago', host: hostname() }),
  )
  await assert.rejects(openStore({ folder: folder.path, clock: hurriedClock, log: quietLog }), (error) => {
    assert.ok(error instanceof Problem)
    assert.match(error.message, /^another one runs on this folder/)
    return true
  })
})

test('a start that waits for the other to say its name lives until it can refuse in words', async () => {
  await using folder = await scratchFolder()
  using silent = new DatabaseSync(join(folder.path, 'lock.sqlite'))
  silent.exec('begin exclusive')
  await using second = await hold(folder.path, 'hurried')
  assert.equal(second.said.open, false)
  assert.match(second.said.message ?? '', /^another one runs on this folder/)
})

test('of several starters at once, after a crash, exactly one gets the folder', async () => {
  await using folder = await scratchFolder()
  await (await hold(folder.path)).kill()
  const starters = await Promise.all(Array.from({ length: 4 }, () => hold(folder.path)))
  try {
    const winners = starters.filter((each) => each.said.open)
    assert.equal(winners.length, 1)
    for (const loser of starters.filter((each) => !each.said.open)) {
      assert.match(loser.said.message ?? '', new RegExp(`pid ${winners[0]?.process.pid} `))
    }
  } finally {
    for (const each of starters) await each.kill()
  }
})

test('a process is known by when it began', async () => {
  const born = await startTimeOf(process.pid)
  assert.ok(born !== null && born !== '')
  assert.equal(await startTimeOf(process.pid), born)
  assert.equal(await startTimeOf(2 ** 30), null)
})

/** What a process has open. It may close one while we read, and Node's pools do. */
function openFiles(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)]
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  })
}

async function hold(folder: string, wish = ''): Promise<Held> {
  const child = spawn(process.execPath, [holder, folder, wish], { stdio: ['pipe', 'pipe', 'inherit'] })
  const silent = once(child, 'close').then(([code]) => {
    throw new Error(`The holder ended with ${String(code)} and had said nothing.`)
  })
  const said = once(createInterface({ input: child.stdout }), 'line')
  const [line] = (await Promise.race([said, silent])) as [string]
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  return { process: child, said: JSON.parse(line) as Held['said'], kill, [Symbol.asyncDispose]: kill }
}
