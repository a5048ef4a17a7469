import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Actor } from 'loopback-discord'
import { asked } from '../e2e/approving.ts'
import { filesHolding } from '../e2e/files-holding.ts'
import { GitServer } from '../e2e/git-server.ts'
import { git, repository } from '../e2e/repositories.ts'
import { until } from '../e2e/stage.ts'
import { BotBench, tryingTools } from './bot-bench.ts'
import { claudeBinary, howToInstall } from './install.ts'

/** The real Claude CLI without a box: whose commits they are, and that nobody's token is lent. Run it sealed. */
const claude = claudeBinary()

const committing = (file: string): string =>
  `echo ${file} > ${file} && git add ${file} && git commit -q -m ${file}; git push origin HEAD:refs/heads/work`

test(
  'two people take turns in one process and a guest comes: each commits as themselves, and no token reaches anything',
  { skip: claude === null && howToInstall },
  async () => {
    await using bench = await BotBench.open(claude ?? '', { OMC_BOX: 'off' })
    const { stage } = bench
    const logins = ['x-access-token:planted-token-1', 'x-access-token:planted-token-2']
    await using server = await GitServer.open(join(stage.home, 'served'), '127.0.0.1', logins)
    const shop = repository(stage)
    git(shop, 'remote', 'add', 'origin', `${server.origin}/shop.git`)
    const bot = await stage.startBot()
    const [alice, olivia] = [await stage.sandbox.actor('alice'), await stage.sandbox.actor('olivia')]
    const bob = await stage.sandbox.actor('bob')
    await (await olivia.runs('general', '/permission set', { user: bob.id, tier: 'guest' })).settled()
    for (const [nth, [actor, name]] of [[alice, 'alice'] as const, [olivia, 'olivia'] as const].entries()) {
      const { modal } = await actor.runs('general', '/identity link')
      assert.ok(modal)
      const tokens = `${server.origin} planted-token-${nth + 1}`
      await (await actor.submits(modal, { name, address: `${name}@example.org`, tokens })).settled()
    }
    const thread = await alice.opensThread('general', 'shop')
    const options = { name: 'shop', runtime: 'claude', workdir: shop, worktree: false }
    await (await alice.runs(thread, '/session start', options)).settled()
    const says = async (actor: Actor, file: string, isAsked: boolean): Promise<void> => {
      const { id } = await actor.says(
        thread,
        tryingTools([{ tool: 'Bash', input: { command: committing(file), dangerouslyDisableSandbox: true } }]),
      )
      if (isAsked) await olivia.clicks(await asked(olivia, thread, `git add ${file}`), 'Approve')
      // What the tools said grows from turn to turn, into a second message.
      await until(() => stage.query(`select 1 from runs where prompt_key = '${id}' and state = 'over'`).length === 1)
    }
    await says(alice, 'one', true)
    await says(olivia, 'two', true)
    await says(alice, 'three', true)
    const of = (name: string): string => `${name} <${name}@example.org> ${name} <${name}@example.org>`
    const authors = (): string => git(shop, 'log', '-3', '--format=%an <%ae> %cn <%ce>')
    assert.equal(authors(), [of('alice'), of('olivia'), of('alice')].join('\n'))
    assert.equal(bot.log.filter(({ msg }) => msg === 'agent.started').length, 1, 'all in one process')
    const pushes = server.visits.filter(({ status }) => status === 401).length
    assert.ok(pushes >= 3, 'each was pushed, and refused')
    await says(bob, 'four', false)
    assert.equal(authors(), [of('alice'), of('olivia'), of('alice')].join('\n'), 'nothing of the guest’s')
    assert.ok(
      server.visits.every(({ login }) => login === null),
      'nobody’s token was lent',
    )
    assert.match(bench.received, /not boxed on this machine/, 'the agent is told why, and what to do')
    await bot.terminate()
    assert.deepEqual(filesHolding(stage.data, 'planted-token'), [])
    const { channels } = stage.sandbox.world
    const said = [...channels.keys()].flatMap((id) => [...stage.sandbox.world.history(id).values()])
    assert.ok(!JSON.stringify([said, bot.log, bench.received]).includes('planted-token'))
  },
)
