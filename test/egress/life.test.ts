import { deepEqual, equal, match, notEqual } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { request, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import type { HostQuestion } from '../../src/core/egress.ts'
import { isAlive, startTimeOf } from '../../src/system/process.ts'
import { alpha, ask, beta, caller, Stage, tunnelTo, until } from './stage.ts'

/** Starts an answer that goes on for as long as the test holds the other end. */
async function streaming(folder: string): Promise<IncomingMessage> {
  const sent = request({ socketPath: join(folder, 'egress.sock'), path: '/v1/messages', method: 'POST' })
  sent.end('{}')
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  response.on('error', () => {})
  return response
}

async function nextPiece(response: IncomingMessage): Promise<string> {
  return String(((await once(response, 'data')) as [Buffer])[0])
}

test('the bot is killed in mid-stream: the stream goes on, a question still stands, the next life takes both up', async () => {
  await using stage = new Stage()
  const [upstream, port] = [await stage.upstream(), await stage.echo()]
  const held = Promise.withResolvers<ServerResponse>()
  upstream.answer = (_, answered) => {
    answered.writeHead(200).flushHeaders()
    held.resolve(answered)
  }
  const bot = spawn(process.execPath, [join(import.meta.dirname, 'bot.ts'), stage.dataFolder, upstream.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const folder = String((await once(bot.stdout, 'data'))[0]).trim()
  const response = await streaming(folder)
  const model = await held.promise
  model.write('before')
  equal(await nextPiece(response), 'before')
  const waiting = tunnelTo(folder, `new.example:${port}`)

  bot.kill('SIGKILL')
  await once(bot, 'exit')
  model.write('after')
  equal(await nextPiece(response), 'after')

  const logins = {
    'claude:default': { kind: 'claude-key', upstream: upstream.url, key: 'key-of-the-second-life' },
  } as const
  const asked: HostQuestion[] = []
  const next = await stage.proxy(logins, {}, [alpha], { asked: (each) => asked.push(each), gone: () => {} })
  await until(() => asked.length === 1, 'the question of the earlier life')
  next.answer(asked[0]?.id ?? '', 'let-through')
  match((await waiting).head, / 200 /)
  model.end('end')
  equal(await nextPiece(response), 'end')

  upstream.answer = (_, answered) => answered.end('{}')
  await ask(folder, '/v1/messages')
  deepEqual(
    upstream.seen.map(({ headers }) => headers['x-api-key']),
    ['key-of-the-first-life', 'key-of-the-second-life'],
  )
})

test('the process outside is killed: another one stands at the same path, with the same policy and counts', async () => {
  await using stage = new Stage()
  const upstream = await stage.upstream()
  const login = { kind: 'claude-key', upstream: upstream.url, key: 'key' } as const
  const proxy = await stage.proxy({ 'claude:default': login })
  const folder = await proxy.open(alpha, caller())
  const { ino } = statSync(folder)
  await ask(folder, '/v1/messages')
  await until(async () => (await proxy.figures()).hosts[0]?.requests === 1, 'counted')
  for (let time = 2; time <= 3; time++) {
    const pid = stage.pid()
    process.kill(pid, 'SIGKILL')
    await stage.told('egress.up', time)
    notEqual(stage.pid(), pid)
    await until(
      () =>
        ask(folder, '/v1/messages').then(
          ({ status }) => status === 200,
          () => false,
        ),
      'healed',
    )
  }
  equal(statSync(folder).ino, ino)
  await until(async () => ((await proxy.figures()).hosts[0]?.requests ?? 0) >= 2, 'counts went on')
})

test('a program of another version takes over: what streams ends well, new requests go by the new one', async () => {
  await using stage = new Stage()
  const upstream = await stage.upstream()
  const held = Promise.withResolvers<ServerResponse>()
  upstream.answer = (_, answered) => {
    answered.writeHead(200).flushHeaders()
    held.resolve(answered)
  }
  const login = { kind: 'claude-key', upstream: upstream.url, key: 'key' } as const
  const logins = { 'claude:default': login }
  const first = await stage.proxy(logins, { program: join(import.meta.dirname, 'older-program.ts') })
  const folder = await first.open(alpha, caller())
  const response = await streaming(folder)
  const model = await held.promise
  const pid = stage.pid()
  const started = (await startTimeOf(pid)) ?? ''
  await first.stop('leave')

  const second = await stage.proxy(logins, {}, [alpha])
  notEqual(stage.pid(), pid)
  upstream.answer = (_, answered) => answered.end('new')
  equal((await ask(await second.open(alpha, caller()), '/v1/messages')).body, 'new')
  model.end('whole')
  equal(await nextPiece(response), 'whole')
  await until(async () => !(await isAlive(pid, started)), 'the older one has gone')
  equal((await ask(folder, '/v1/messages')).body, 'new')
})

test('the same process serves the next life; sessions that are over are forgotten; at the end it ends', async () => {
  await using stage = new Stage()
  const first = await stage.proxy()
  const folders = [await first.open(alpha, caller()), await first.open(beta, caller())] as const
  const pid = stage.pid()
  const started = (await startTimeOf(pid)) ?? ''
  await first.stop('leave')
  const second = await stage.proxy({}, {}, [alpha])
  equal(stage.pid(), pid)
  equal(existsSync(folders[1]), false)
  equal((await ask(folders[0], '/v1/messages')).status, 403)
  match((await second.check())[0]?.text ?? '', /^Boxed agents get out by one process/)
  await second.stop('end')
  await until(async () => !(await isAlive(pid, started)), 'ended')
})

test('who ends it waits for its end, also with nothing else to wait for', async () => {
  await using stage = new Stage()
  const child = spawn(process.execPath, [join(import.meta.dirname, 'ending.ts'), stage.dataFolder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [[code], said] = await Promise.all([once(child, 'exit'), text(child.stdout)])
  deepEqual([code, said], [0, 'ended\n'])
})

test('a process whose folder is gone ends by itself', async () => {
  await using stage = new Stage()
  const proxy = await stage.proxy()
  const pid = stage.pid()
  const started = (await startTimeOf(pid)) ?? ''
  await proxy.stop('leave')
  rmSync(stage.dataFolder, { recursive: true })
  await until(async () => !(await isAlive(pid, started)), 'ended')
})

test('it works however deep the data folder lies, with the product’s own program', async () => {
  await using stage = new Stage()
  const upstream = await stage.upstream()
  const dataFolder = join(stage.dataFolder, ...Array.from({ length: 6 }, () => 'a-rather-long-name-of-a-folder'))
  mkdirSync(dataFolder, { recursive: true })
  const login = { kind: 'claude-key', upstream: upstream.url, key: 'key' } as const
  const program = join(import.meta.dirname, '..', '..', 'src', 'egress', 'main.ts')
  const proxy = await stage.proxy({ 'claude:default': login }, { dataFolder, program })
  const folder = await proxy.open(alpha, caller())
  const home = process.cwd()
  process.chdir(folder)
  try {
    equal((await ask('.', '/v1/messages')).status, 200)
    match((await tunnelTo('.', '127.0.0.1:80')).head, /private-address/)
  } finally {
    process.chdir(home)
  }
  await proxy.stop('end')
})
