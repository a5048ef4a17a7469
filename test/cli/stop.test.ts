import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { stop } from '../../src/cli/stop.ts'
import type { SessionId } from '../../src/core/ids.ts'
import { dataIdOf, markVariables } from '../../src/runtimes/engine/marker.ts'

let folder = ''
let said: string[] = []
let children: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stop-'))
  said = []
  children = []
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

const ask = (all: boolean): Promise<void> => stop({ dataFolder: folder, all, say: (line) => said.push(line) })

async function bot(...how: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'holder.ts'), folder, ...how], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  await once(child.stdout, 'data')
  return child
}

/** Something an agent has started, in a session of its own. */
function agent(): ChildProcess {
  const mark = { data: dataIdOf(join(folder, 'spools')), runtime: 'echo', session: 's' as SessionId }
  const child = spawn('sleep', ['600'], { env: { PATH: process.env['PATH'], ...markVariables(mark) }, detached: true })
  children.push(child)
  return child
}

describe('stop', () => {
  it('tells the running bot to end and waits for it; its agents work on', async () => {
    const child = await bot()
    const worker = agent()
    await ask(false)
    assert.deepEqual(said, [`The bot (pid ${child.pid}) has ended.`])
    assert.equal(readFileSync(join(folder, 'told'), 'utf8'), 'SIGTERM')
    assert.equal(worker.exitCode ?? worker.signalCode, null)
  })

  it('ends the agents with --all', async () => {
    await bot()
    const ended = once(agent(), 'exit')
    await ask(true)
    assert.equal(readFileSync(join(folder, 'told'), 'utf8'), 'SIGUSR2')
    assert.equal((await ended)[1], 'SIGINT')
    assert.match(said[1] ?? '', /^1 processes of its agents/)
  })

  it('ends the agents of a bot that was killed', async () => {
    const child = await bot()
    const ended = once(agent(), 'exit')
    child.kill('SIGKILL')
    await once(child, 'exit')
    await ask(true)
    await ended
    assert.match(said.join('\n'), /^No bot runs on .*\n1 processes/)
  })

  it('leaves a stranger alone that has the pid of a dead bot', async () => {
    const stranger = agent()
    const holder = { pid: stranger.pid, born: 'long ago', host: hostname() }
    writeFileSync(join(folder, 'lock.json'), JSON.stringify(holder))
    await ask(false)
    assert.match(said[0] ?? '', /^No bot runs/)
    assert.equal(stranger.signalCode, null)
  })

  it('has nothing to do where nothing runs', async () => {
    await ask(true)
    await stop({ dataFolder: join(folder, 'never-made'), all: true, say: (line) => said.push(line) })
    writeFileSync(join(folder, 'lock.json'), '{"pid":')
    await ask(false)
    assert.equal(said.length, 3)
    for (const line of said) assert.match(line, /^No bot runs/)
  })

  it('says where to stop a bot that runs on another machine', async () => {
    writeFileSync(join(folder, 'lock.json'), JSON.stringify({ pid: 1, born: 'x', host: 'elsewhere' }))
    await assert.rejects(ask(false), /runs on elsewhere \(pid 1\)\. Stop it there/)
  })
})
