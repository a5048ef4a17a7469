import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Actor, SeenMessage, SeenPlace } from 'loopback-discord'
import { filesHolding } from './files-holding.ts'
import { GitServer } from './git-server.ts'
import { git, repository } from './repositories.ts'
import type { Bot } from './bots.ts'
import { Stage, until } from './stage.ts'
import { patienceMs } from '../patience.ts'

/** Loopback is the world in it. */
const program = join(import.meta.dirname, '..', 'egress', 'open-program.ts')
const tokens = { alice: 'planted-token-of-alice-31aa', olivia: 'planted-token-of-olivia-77bb' }
const logins = { alice: `x-access-token:${tokens.alice}`, olivia: `x-access-token:${tokens.olivia}` }

class Room implements AsyncDisposable {
  readonly stage: Stage
  readonly server: GitServer
  readonly shop: string

  private constructor(stage: Stage, server: GitServer, shop: string) {
    this.stage = stage
    this.server = server
    this.shop = shop
  }

  static async open(): Promise<Room> {
    const stage = await Stage.open({ ownProcess: true, env: { TEST_EGRESS: program, OMC_BOX: 'required' } })
    const server = await GitServer.open(join(stage.home, 'served'), 'git.example', Object.values(logins))
    const shop = repository(stage)
    git(shop, 'remote', 'add', 'origin', `${server.origin}/shop.git`)
    return new Room(stage, server, shop)
  }

  /** The bot, with the git server open to owners and members. */
  startBot(more: { readonly dieAt?: string } = {}) {
    const host = this.server.origin.replace('http://', '')
    return this.stage.startBot({ ...more, env: { OMC_EGRESS_OWNER: host, OMC_EGRESS_MEMBER: host } })
  }

  async people<const Names extends readonly string[]>(...names: Names): Promise<{ [Nth in keyof Names]: Actor }> {
    const all = await Promise.all(names.map((name) => this.stage.sandbox.actor(name)))
    return all as unknown as { [Nth in keyof Names]: Actor }
  }

  /** Nothing of a token stands in any file of the bot and of its agents, in its log, or in Discord. */
  searched(bot: Bot, least = 5): void {
    assert.deepEqual(filesHolding(this.stage.data, 'planted-token'), [])
    assert.ok(!JSON.stringify(bot.log).includes('planted-token'), 'the log')
    const said = [...this.stage.sandbox.world.channels.keys()].flatMap((id) => [
      ...this.stage.sandbox.world.history(id).values(),
    ])
    assert.ok(said.length >= least && !JSON.stringify(said).includes('planted-token'), 'what stands in Discord')
  }

  async link(actor: Actor, name: string, token: string | null): Promise<string> {
    const { modal } = await actor.runs('general', '/identity link')
    assert.ok(modal !== null, 'a form')
    const line = token === null ? '' : `${this.server.origin} ${token}`
    const sent = await actor.submits(modal, { name, address: `${name.toLowerCase()}@example.org`, tokens: line })
    const told = await sent.settled()
    assert.ok(told.ephemeral)
    return told.content
  }

  /** What the bot answers at its end. */
  async says(actor: Actor, thread: SeenPlace, text: string): Promise<string> {
    const { id } = await actor.says(thread, text)
    return this.answered(actor, thread, id)
  }

  async answered(actor: Actor, thread: SeenPlace, id: string): Promise<string> {
    const isEnd = (message: SeenMessage): boolean =>
      message.author.bot && message.repliesTo === id && message.components.length === 0 && message.content !== ''
    return (await actor.sees(thread, isEnd, { within: patienceMs })).content
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
    await this.stage[Symbol.asyncDispose]()
  }
}

/** Commits a file and pushes it. */
const committing = (file: string): string =>
  `!run echo ${file} > ${file} && git add ${file} && git commit -q -m ${file} && git push -q origin HEAD:refs/heads/work && echo pushed ${file}`

/** Looks for the tokens wherever an agent can look, and by the way out itself. */
const looking = [
  "cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -c planted",
  "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep -c planted",
  'grep -rIls planted[-]token ~ /tmp /run /etc /var $PWD $GIT_CONFIG_VALUE_0',
  'echo url=http://git.omc | git credential fill',
  'echo looked',
].join('; ')

describe('identities in boxes', { concurrency: 2 }, () => {
  test('two people and a guest take turns in one warm session: each commits and pushes as themselves, or not at all', async () => {
    await using room = await Room.open()
    const { stage, server } = room
    const bot = await room.startBot()
    const [alice, olivia, bob] = await room.people('alice', 'olivia', 'bob')
    assert.match(await room.link(alice, 'Alice', tokens.alice), /Linked.*Alice.*git\.example/s)
    await room.link(olivia, 'Olivia', tokens.olivia)
    await (await olivia.runs('general', '/permission set', { user: bob.id, tier: 'guest' })).settled()
    const thread = await stage.session(alice, 'shop', 'echo', room.shop)
    assert.match(await room.says(alice, thread, committing('one')), /pushed one/)
    assert.match(await room.says(olivia, thread, committing('two')), /pushed two/)
    assert.match(await room.says(bob, thread, committing('three')), /only look here/)
    assert.match(await room.says(alice, thread, committing('four')), /pushed four/)
    // Linked, but not with a token that the server takes.
    await (await olivia.runs('general', '/identity unlink', { host: server.origin })).settled()
    const refused = await room.says(olivia, thread, committing('five'))
    assert.match(refused, /No login for this server.*\/identity link/s)
    const own = (name: string): string => `${name} <${name.toLowerCase()}@example.org>`
    const [by, as] = [own('Alice'), own('Olivia')]
    assert.deepEqual(server.commits('work').slice(0, 3), [`${by}|${by}|`, `${as}|${as}|`, `${by}|${by}|`])
    const pushed = server.visits.filter(({ what, status }) => what === 'git-receive-pack' && status === 200)
    assert.deepEqual(
      pushed.map(({ login }) => login),
      [logins.alice, logins.olivia, logins.alice],
    )
    const asNobody = server.visits.filter(({ status }) => status === 401)
    assert.ok(
      asNobody.every(({ login }) => login === null),
      'nobody’s token was tried in a turn of somebody else',
    )
    const seen = await room.says(alice, thread, `!run ${looking}`)
    assert.match(seen, /looked/)
    assert.doesNotMatch(seen, /planted|•/)
    const started = bot.log.filter(({ msg }) => msg === 'agent.started')
    assert.ok(started.length <= 3, 'the process lives on from turn to turn of people with the same rights')
    room.searched(bot)
  })

  test('kill -9 in a turn: what it pushes meanwhile waits for the next bot; between turns nobody’s token is lent', async () => {
    await using room = await Room.open()
    const { stage, server } = room
    const first = await room.startBot()
    const [alice, olivia] = await room.people('alice', 'olivia')
    await room.link(alice, 'Alice', tokens.alice)
    const thread = await stage.session(alice, 'shop', 'echo', room.shop)
    const folder = folderOf(stage, room.shop)
    // What it leaves behind in its box pushes later, too.
    const stray = `(${waiting('stray')}; git push -q origin HEAD:refs/heads/stray; echo $? > pushed) >/dev/null 2>&1 &`
    const { id } = await alice.says(thread, `!run ${stray} ${waiting('go')}; ${committing('one').slice(5)}`)
    await until(() => existsSync(join(folder, 'go.waits')), patienceMs, 'the command')
    await (await olivia.runs(thread, '/steer', { text: 'Say who helped.' })).settled()
    await first.kill()
    writeFileSync(join(folder, 'go'), '')
    const second = await room.startBot()
    assert.match(await room.answered(alice, thread, id), /pushed one/)
    const [commit] = server.commits('work')
    const own = 'Alice <alice@example.org>'
    assert.equal(commit, `${own}|${own}|olivia <${olivia.id}@discord.invalid>`)
    writeFileSync(join(folder, 'stray'), '')
    await until(() => existsSync(join(folder, 'pushed')), patienceMs, 'the stray push')
    assert.notEqual(
      readFileSync(join(folder, 'pushed'), 'utf8').trim(),
      '0',
      'nobody speaks, so nobody’s token is lent',
    )
    const pushes = server.visits.filter(({ what }) => what === 'git-receive-pack')
    assert.deepEqual(
      pushes.map(({ login }) => login),
      [logins.alice],
    )
    room.searched(second)
  })

  test('what is taken back while an agent works is lent no more; a form that was sent is sealed, and survives kill -9', async () => {
    await using room = await Room.open()
    const { stage, server } = room
    const [alice, bob] = await room.people('alice', 'bob')
    const first = await room.startBot({ dieAt: 'acknowledged' })
    const { modal } = await alice.runs('general', '/identity link')
    assert.ok(modal !== null)
    const line = `${server.origin} ${tokens.alice}`
    await alice.submits(modal, { name: 'Alice', address: 'alice@example.org', tokens: line })
    await first.died()
    assert.equal(stage.query('select * from inbox where done_at is null').length, 1)
    room.searched(first, 0)
    const bot = await room.startBot()
    await bot.logged('identity.linked')
    const shown = await (await alice.runs('general', '/identity show')).settled()
    assert.match(shown.content, /Alice.*git\.example/s)
    await (await alice.runs('general', '/permission set', { user: bob.id, tier: 'member', scope: 'global' })).settled()
    // Two at once: both are told, and what both linked is there.
    await Promise.all([room.link(bob, 'Bob', tokens.olivia), room.link(bob, 'Bobby', null)])
    assert.match((await (await bob.runs('general', '/identity show')).settled()).content, /Bob.*git\.example/s)
    const thread = await stage.session(alice, 'shop', 'echo', room.shop)
    const folder = folderOf(stage, room.shop)
    await bob.says(thread, `!run ${waiting('go')}; ${committing('one').slice(5)}; echo $? > pushed`)
    await until(() => existsSync(join(folder, 'go.waits')), patienceMs, 'the command')
    assert.match((await (await bob.runs(thread, '/identity unlink')).settled()).content, /Taken back.*git\.example/)
    writeFileSync(join(folder, 'go'), '')
    await until(() => existsSync(join(folder, 'pushed')), patienceMs, 'the refused push')
    assert.notEqual(readFileSync(join(folder, 'pushed'), 'utf8').trim(), '0')
    assert.deepEqual(
      server.visits.filter(({ login }) => login !== null),
      [],
    )
    room.searched(bot)
  })
})

/** Waits in a shell until a file of that name lies in its folder; says that it does by another. */
const waiting = (name: string): string => `touch ${name}.waits; while [ ! -e ${name} ]; do sleep 0.05; done`

function folderOf(stage: Stage, shop: string): string {
  const [row] = stage.query<{ workdir: string }>('select workdir from omc_sessions')
  assert.ok(row !== undefined && row.workdir !== shop)
  return row.workdir
}
