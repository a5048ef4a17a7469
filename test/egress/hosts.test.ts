import { deepEqual, equal, match } from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import type { HostQuestion } from '../../src/core/egress.ts'
import type { PersonId } from '../../src/core/ids.ts'
import type { EgressProxy } from '../../src/egress/egress.ts'
import { alpha, ask, beta, caller, Stage, tunnelTo, until } from './stage.ts'

/** Hears what is asked, and answers nothing. */
function listening(proxy: EgressProxy): { readonly asked: HostQuestion[]; readonly gone: HostQuestion[] } {
  const heard = { asked: [] as HostQuestion[], gone: [] as HostQuestion[] }
  proxy.listen({ asked: (each) => heard.asked.push(each), gone: (each) => heard.gone.push(each) })
  return heard
}

test('hosts of the tier are reached, through a tunnel and by a whole address, and are counted', async () => {
  await using stage = new Stage()
  const [port, upstream] = [await stage.echo(), await stage.upstream()]
  const open = [
    { host: 'packages.example', port },
    { host: '*.mirror.example', port: upstream.port },
  ]
  const proxy = await stage.proxy({}, { hosts: { member: open } })
  const folder = await proxy.open(alpha, caller())

  const { head, socket } = await tunnelTo(folder, `PACKAGES.example.:${port}`)
  match(head, /^HTTP\/1.1 200 /)
  socket.write('hello')
  equal(String((await once(socket, 'data'))[0]), 'hello')
  socket.destroy()

  const answer = await ask(folder, `http://a.mirror.example:${upstream.port}/x?y=1`, {
    headers: { 'proxy-connection': 'close' },
  })
  equal(answer.status, 200)
  deepEqual([upstream.seen[0]?.url, upstream.seen[0]?.headers.host], ['/x?y=1', `a.mirror.example:${upstream.port}`])
  equal(upstream.seen[0]?.headers['proxy-connection'], undefined)

  await until(async () => (await proxy.figures()).hosts.filter((each) => each.requests > 0).length === 2, 'counted')
  const tunnelled = (await proxy.figures()).hosts.find(({ host }) => host === `packages.example:${port}`)
  deepEqual([tunnelled?.session, tunnelled?.sentBytes, tunnelled?.receivedBytes], [alpha, 5, 5])
})

test('what is closed to a tier is refused where nobody can be asked, said in the log, and counted', async () => {
  await using stage = new Stage()
  const port = await stage.echo()
  const proxy = await stage.proxy({}, { hosts: { member: [{ host: 'packages.example', port }] } })
  const folder = await proxy.open(alpha, caller({ tier: 'guest' }))
  const { head } = await tunnelTo(folder, `packages.example:${port}`)
  match(head, /^HTTP\/1.1 403 Forbidden\r\n/)
  match(head, /x-egress-refused: closed/)
  match(head, /packages\.example:\d+ is not open to this session/)
  equal((await ask(folder, `http://packages.example:${port}/`)).status, 403)
  await stage.told('egress.refused')
  await until(async () => (await proxy.figures()).hosts.some((each) => each.refused === 2), 'refusals counted')
})

test('a name that leads to a private address is refused, open or not; an address of the machine is not even asked about', async () => {
  await using stage = new Stage()
  const proxy = await stage.proxy(
    {},
    {
      hosts: {
        owner: [
          { host: 'private.example', port: 443 },
          { host: '10.0.0.1', port: 443 },
        ],
      },
    },
  )
  const heard = listening(proxy)
  const folder = await proxy.open(alpha, caller({ tier: 'owner' }))
  for (const authority of ['private.example:443', '10.0.0.1:443', '169.254.169.254:80', '[::1]:80', '0xa9fea9fe:80']) {
    const { head } = await tunnelTo(folder, authority)
    match(head, /^HTTP\/1.1 403 .*private-address/s, authority)
  }
  deepEqual(heard.asked, [])
})

test('whoever asks again and again fills nothing: each connection is forgotten with its end', async () => {
  await using stage = new Stage()
  const proxy = await stage.proxy()
  const folder = await proxy.open(alpha, caller())
  for (let nth = 0; nth < 12; nth++) {
    const { head, socket } = await tunnelTo(folder, '10.0.0.1:443')
    match(head, /^HTTP\/1.1 403 /)
    const over = once(socket, 'close')
    socket.destroy()
    await over
  }
  // Node tells of what is kept beyond ten.
  equal(readFileSync(join(stage.dataFolder, 'egress', 'stderr'), 'utf8'), '')
})

test('what names no host is no request', async () => {
  await using stage = new Stage()
  const proxy = await stage.proxy()
  const folder = await proxy.open(alpha, caller())
  for (const authority of ['example.org', 'a@b:1', 'exa%6dple.org:443', 'example.org:99999']) {
    match((await tunnelTo(folder, authority)).head, /^HTTP\/1.1 400 /, authority)
  }
  equal((await ask(folder, 'http://a:b@example.org/')).status, 400)
})

test('a closed host is one question, however many wait, and one answer for all; a later turn asks again', async () => {
  await using stage = new Stage()
  const port = await stage.echo()
  const proxy = await stage.proxy()
  const heard = listening(proxy)
  const folder = await proxy.open(alpha, caller())
  const waiting = Array.from({ length: 5 }, () => tunnelTo(folder, `new.example:${port}`))
  await until(() => heard.asked.length === 1, 'asked')
  const [question] = heard.asked
  deepEqual([question?.session, question?.host, question?.port], [alpha, 'new.example', port])
  proxy.answer(question?.id ?? '', 'let-through')
  for (const each of await Promise.all(waiting)) match(each.head, / 200 /)
  match((await tunnelTo(folder, `new.example:${port}`)).head, / 200 /)
  equal(heard.asked.length, 1)

  await proxy.open(alpha, caller())
  const again = tunnelTo(folder, `new.example:${port}`)
  await until(() => heard.asked.length === 2, 'asked again')
  proxy.answer(heard.asked[1]?.id ?? '', 'refuse')
  match((await again).head, / 403 /)
  match((await tunnelTo(folder, `new.example:${port}`)).head, / 403 /)
  equal(heard.asked.length, 2)
})

test('a host that is opened for the session is open at once, over turns, for whom it was opened, until then', async () => {
  await using stage = new Stage()
  const port = await stage.echo()
  const proxy = await stage.proxy()
  const folder = await proxy.open(alpha, caller())
  const status = async (): Promise<string> => (await tunnelTo(folder, `new.example:${port}`)).head.slice(9, 12)
  const host = { host: 'new.example', port, speaker: 'alice' as PersonId }
  await proxy.allow(alpha, { ...host, until: 1 })
  equal(await status(), '403')
  await proxy.open(alpha, caller())
  await proxy.allow(alpha, { ...host, until: null })
  equal(await status(), '200')
  await proxy.open(alpha, caller({ speaker: 'bob' }))
  equal(await status(), '403')
  await proxy.open(alpha, caller())
  equal(await status(), '200')
  equal((await tunnelTo(await proxy.open(beta, caller()), `new.example:${port}`)).head.slice(9, 12), '403')
  await proxy.close(alpha)
  await proxy.open(alpha, caller())
  equal(await status(), '403')
})

test('a question stands on when whoever asked waits no longer; the answer is there for the next', async () => {
  await using stage = new Stage()
  const port = await stage.echo()
  const proxy = await stage.proxy()
  const heard = listening(proxy)
  const folder = await proxy.open(alpha, caller())
  const socket = connect(join(folder, 'egress.sock'))
  socket.write(`CONNECT new.example:${port} HTTP/1.1\r\n\r\n`)
  await until(() => heard.asked.length === 1, 'asked')
  socket.destroy()
  const next = tunnelTo(folder, `new.example:${port}`)
  proxy.answer(heard.asked[0]?.id ?? '', 'let-through')
  match((await next).head, / 200 /)
  equal(heard.asked.length, 1)
  deepEqual(heard.gone, [])
})

test('a box that names ever new hosts is refused', async () => {
  await using stage = new Stage()
  const proxy = await stage.proxy()
  const heard = listening(proxy)
  const folder = await proxy.open(alpha, caller())
  const answers: string[] = []
  for (let nth = 0; nth < 12; nth++) {
    tunnelTo(folder, `h${nth}.example:443`).then(
      ({ head }) => answers.push(head.slice(9, 12)),
      () => {},
    )
  }
  await until(() => answers.length === 2, 'two refused')
  deepEqual([heard.asked.length, ...answers], [10, '403', '403'])
})

test('what a session has open is cut when it ends', async () => {
  await using stage = new Stage()
  const port = await stage.echo()
  const proxy = await stage.proxy({}, { hosts: { member: [{ host: 'packages.example', port }] } })
  const folder = await proxy.open(alpha, caller())
  const { socket } = await tunnelTo(folder, `packages.example:${port}`)
  const cut = once(socket, 'close')
  socket.resume()
  await proxy.close(alpha)
  await cut
})
