import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Actor } from 'loopback-discord'
import { sideBySide } from '../contracts/runtime-stage.ts'
import { filesHolding } from '../e2e/files-holding.ts'
import { GitServer } from '../e2e/git-server.ts'
import { git, repository } from '../e2e/repositories.ts'
import type { Stage } from '../e2e/stage.ts'
import { scripted } from '../models/script.ts'
import { BotBench, tryingTools } from './bot-bench.ts'
import { CodexBot } from './codex-bot.ts'
import { claudeBinary, codexBinary, howToInstall, howToInstallCodex } from './install.ts'

/** Loopback is the world in it. */
const program = join(import.meta.dirname, '..', 'egress', 'open-program.ts')
const tokens = { alice: 'planted-token-of-alice-31aa', olivia: 'planted-token-of-olivia-77bb' }
const logins = { alice: `x-access-token:${tokens.alice}`, olivia: `x-access-token:${tokens.olivia}` }

const committing = (file: string): string =>
  `echo ${file} > ${file} && git add ${file} && git commit -q -m ${file} && git push -q origin HEAD:refs/heads/work`

/** What stands wherever an agent can look. */
const looking =
  "cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep planted; grep -rIls planted[-]token ~ /tmp /run $PWD $GIT_CONFIG_VALUE_0; echo url=http://git.omc | git credential fill; echo looked"

/** Two people take turns in one session of a real CLI, in one process, and then a guest. */
async function takeTurns(stage: Stage, runtime: string, prompt: (command: string) => string): Promise<void> {
  await using server = await GitServer.open(join(stage.home, 'served'), 'git.example', Object.values(logins))
  const shop = repository(stage)
  git(shop, 'remote', 'add', 'origin', `${server.origin}/shop.git`)
  const bot = await stage.startBot({ env: { OMC_EGRESS_OWNER: server.origin.replace('http://', '') } })
  const [alice, olivia] = [await stage.sandbox.actor('alice'), await stage.sandbox.actor('olivia')]
  const bob = await stage.sandbox.actor('bob')
  await (await olivia.runs('general', '/permission set', { user: bob.id, tier: 'guest' })).settled()
  for (const [actor, name] of [
    [alice, 'alice'],
    [olivia, 'olivia'],
  ] as const) {
    const { modal } = await actor.runs('general', '/identity link')
    assert.ok(modal)
    const line = `${server.origin} ${tokens[name]}`
    await (await actor.submits(modal, { name, address: `${name}@example.org`, tokens: line })).settled()
  }
  const thread = await stage.session(alice, 'shop', runtime, shop)
  const says = async (actor: Actor, command: string): Promise<void> => {
    const { id } = await actor.says(thread, prompt(command))
    await actor.sees(
      thread,
      (message) => message.author.bot && message.repliesTo === id && /✓/.test(JSON.stringify(message)),
    )
  }
  for (const [nth, actor] of [alice, olivia, alice].entries()) await says(actor, committing(`file${nth}`))
  await says(olivia, looking)
  const [by, as] = ['alice <alice@example.org>', 'olivia <olivia@example.org>']
  assert.deepEqual(server.commits('work').slice(0, 3), [`${by}|${by}|`, `${as}|${as}|`, `${by}|${by}|`])
  const pushed = server.visits.filter(({ what, status }) => what === 'git-receive-pack' && status === 200)
  assert.deepEqual(
    pushed.map(({ login }) => login),
    [logins.alice, logins.olivia, logins.alice],
  )
  assert.equal(bot.log.filter(({ msg }) => msg === 'agent.started').length, 1, 'all in one process')
  // A guest's box shows less, so it is another process; the conversation is the same.
  const [before, visits] = [server.commits('work'), server.visits.length]
  await says(bob, committing('file3'))
  assert.deepEqual(server.commits('work'), before, 'nothing of the guest’s')
  assert.equal(server.visits.length, visits, 'not even asked for')
  assert.deepEqual(
    filesHolding(stage.data, 'planted-token'),
    [],
    'journal, transcripts, spools and what the agent keeps',
  )
  const { channels } = stage.sandbox.world
  const said = [...channels.keys()].flatMap((id) => [...stage.sandbox.world.history(id).values()])
  assert.ok(said.length > 5 && !JSON.stringify([said, bot.log]).includes('planted-token'), 'Discord and the log')
}

describe('the real CLIs commit and push as whoever asks', { ...sideBySide }, () => {
  const claude = claudeBinary()
  test('Claude', { skip: claude === null && howToInstall }, async () => {
    await using bench = await BotBench.open(claude ?? '', { TEST_EGRESS: program, OMC_BOX: 'required' })
    await takeTurns(bench.stage, 'claude', (command) => tryingTools([{ tool: 'Bash', input: { command } }]))
    assert.match(bench.received, /looked/)
    assert.doesNotMatch(bench.received, /planted-token/)
  })

  const codex = codexBinary()
  test('Codex, in a worktree (E8)', { skip: codex === null && howToInstallCodex }, async () => {
    await using bot = await CodexBot.boxed(codex ?? '')
    await takeTurns(bot.stage, 'codex', (cmd) =>
      scripted([{ tool: 'exec_command', input: { cmd, yield_time_ms: 30_000 } }, { text: 'That was it.' }]),
    )
    assert.match(bot.received, /looked/)
    assert.doesNotMatch(bot.received, /planted-token/)
  })
})
