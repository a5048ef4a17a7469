import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Actor } from 'loopback-discord'
import { asked } from './approving.ts'
import { GitServer } from './git-server.ts'
import { git, repository } from './repositories.ts'
import { Stage } from './stage.ts'
import { patienceMs } from '../patience.ts'

test('without a box agents commit as whoever asks, over the repository’s own word, and nobody’s token is lent', async () => {
  await using stage = await Stage.open()
  await using server = await GitServer.open(join(stage.home, 'served'), '127.0.0.1', ['x-access-token:planted-token-1'])
  const shop = repository(stage)
  git(shop, 'remote', 'add', 'origin', `${server.origin}/shop.git`)
  // A repository that says who commits, author and committer apart.
  for (const key of ['user', 'author', 'committer']) git(shop, 'config', `${key}.name`, 'somebody else')
  await stage.startBot()
  const [alice, olivia] = [await stage.sandbox.actor('alice'), await stage.sandbox.actor('olivia')]
  const { modal } = await alice.runs('general', '/identity link')
  assert.ok(modal)
  const tokens = `${server.origin} planted-token-1`
  const sent = await alice.submits(modal, { name: 'Alice', address: 'alice@example.org', tokens })
  assert.match((await sent.settled()).content, /not boxed on this machine/)
  const thread = await alice.opensThread('general', 'shop')
  const options = { name: 'shop', runtime: 'echo', workdir: shop, worktree: false }
  await (await alice.runs(thread, '/session start', options)).settled()
  const commits = async (actor: Actor, more: string): Promise<string> => {
    const { id } = await actor.says(thread, `!run git commit -q --allow-empty -m more; ${more}`)
    await actor.clicks(await asked(actor, thread, more), 'Approve')
    const isEnd = (message: { repliesTo: string | null; components: readonly unknown[]; content: string }): boolean =>
      message.repliesTo === id && message.components.length === 0 && message.content !== ''
    return (await actor.sees(thread, isEnd, { within: patienceMs })).content
  }
  const pushed = await commits(alice, 'git push origin HEAD:work')
  assert.match(pushed, /not boxed on this machine.*push it themselves/s)
  await commits(olivia, 'git log -1 --format=%an')
  const people = git(shop, 'log', '-2', '--format=%an <%ae> %cn <%ce>')
  const discord = `olivia <${olivia.id}@discord.invalid>`
  assert.equal(people, `${discord} ${discord}\nAlice <alice@example.org> Alice <alice@example.org>`)
  assert.ok(server.visits.every(({ login }) => login === null))
  assert.equal(git(shop, 'status', '--porcelain'), '', 'and nothing of it lies in anybody’s sight')
})
