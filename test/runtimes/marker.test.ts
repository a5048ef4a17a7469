import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { SessionId } from '../../src/core/ids.ts'
import { endMarked, findMarked, markVariables } from '../../src/runtimes/engine/marker.ts'
import { isAlive, startTimeOf } from '../../src/system/process.ts'
import { running, until } from '../e2e/stage.ts'

const linux = { skip: process.platform !== 'linux' && 'processes are read in /proc' }

describe('what bears a mark is found', linux, () => {
  test('while it becomes another program, over and over', async () => {
    await using marked = await Program.start('#!/bin/sh\nexec "$0"\n')
    for (let look = 0; look < 300; look++) {
      const found = await findMarked(marked.data)
      assert.deepEqual(
        found.map(({ pid }) => pid),
        [marked.pid],
        `look ${look}`,
      )
    }
  })

  test('while it goes on in a process that it has started before it ended, over and over', async () => {
    await using marked = await Program.start('#!/bin/sh\n[ -e "$0.over" ] || "$0" &\n')
    for (let look = 0; look < 300; look++) assert.notDeepEqual(await findMarked(marked.data), [], `look ${look}`)
  })
})

/** The first thread ends, another one goes on: so does a program of many threads that was killed, on a busy machine. */
const firstThreadEnds = `#!/usr/bin/perl
use threads;
threads->create(sub { sleep 1 until -e "$0.over" });
syscall(60, 0);
`
const threads = spawnSync('perl', ['-e', 'use threads']).status === 0 && process.arch === 'x64'

test(
  'of what is ending, every thread is waited for: until then it holds its files and locks',
  {
    skip: linux.skip || (!threads && 'it takes a perl with threads'),
  },
  async () => {
    await using marked = await Program.start(firstThreadEnds)
    await until(() => readFileSync(`/proc/${marked.pid}/stat`, 'utf8').includes(') Z '))
    const born = await startTimeOf(marked.pid)
    assert.ok(born !== null && (await isAlive(marked.pid, born)))
    assert.deepEqual(
      (await findMarked(marked.data)).map(({ pid }) => pid),
      [marked.pid],
    )
    assert.equal(await endMarked(marked.data, () => true, 0), 1)
    assert.equal(await isAlive(marked.pid, born), false)
  },
)

test('what a marked process starts without a mark ends with it, at whatever moment it is ended', linux, async () => {
  for (let round = 0; round < 6; round++) {
    const command = `sleep 600.${round}${process.pid}`
    // A session of its own and an empty environment, as the sandbox of Codex has them.
    await using marked = await Program.start(`#!/bin/sh\nwhile :; do setsid env -i ${command} & done\n`)
    await until(() => running(command) > 3)
    await endMarked(marked.data, () => true, 0)
    assert.equal(running(command), 0, `round ${round}`)
  }
})

test('nor does what it has started without a mark, and disowned, stay in its session', linux, async () => {
  const command = `sleep 601.${process.pid}`
  await using marked = await Program.start(`#!/bin/sh\n(env -i ${command} &)\nwhile :; do sleep 1; done\n`)
  await until(() => running(command) === 1)
  await endMarked(marked.data, () => true, 0)
  assert.equal(running(command), 0)
})

test(
  'whoever takes no SIGINT is ended all the same, when the clock on the wall is set back meanwhile, too',
  linux,
  async (t) => {
    const now = Date.now.bind(Date)
    t.after(() => void (Date.now = now))
    await using marked = await Program.start("#!/bin/sh\ntrap '' INT\nwhile :; do sleep 1; done\n")
    let looks = 0
    Date.now = () => now() - (looks++ > 0 ? 7_200_000 : 0)
    assert.ok((await endMarked(marked.data, () => true, 50)) > 0)
  },
)

/** A script with a mark, and a session, of its own. */
class Program implements AsyncDisposable {
  readonly data = randomUUID()
  readonly #folder = mkdtempSync(join(tmpdir(), 'marked-'))
  readonly #child: ChildProcess

  private constructor(text: string) {
    const file = join(this.#folder, 'program')
    writeFileSync(file, text)
    chmodSync(file, 0o700)
    const env = markVariables({ data: this.data, runtime: 'echo', session: 'one' as SessionId })
    this.#child = spawn(file, { env, stdio: 'ignore', detached: true })
  }

  static async start(text: string): Promise<Program> {
    const program = new Program(text)
    await until(async () => (await findMarked(program.data)).length > 0)
    return program
  }

  get pid(): number {
    return this.#child.pid as number
  }

  async [Symbol.asyncDispose](): Promise<void> {
    writeFileSync(join(this.#folder, 'program.over'), '')
    this.#child.kill('SIGKILL')
    await until(async () => (await endMarked(this.data, () => true, 0)) === 0)
    rmSync(this.#folder, { recursive: true })
  }
}
