import assert from 'node:assert/strict'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Actor, SeenMessage, SeenPlace } from 'loopback-discord'
import { sideBySide } from '../contracts/runtime-stage.ts'
import type { Stage } from '../e2e/stage.ts'
import { scripted } from '../models/script.ts'
import { BotBench } from './bot-bench.ts'
import { CodexBot } from './codex-bot.ts'
import { claudeBinary, codexBinary, howToInstall, howToInstallCodex } from './install.ts'

/** Loopback is the world in it. */
const program = join(import.meta.dirname, '..', 'egress', 'open-program.ts')

/** Starts a session with the second account, then moves it to the usual one; each is answered. */
async function move(stage: Stage, runtime: string): Promise<void> {
  const olivia = await stage.sandbox.actor('olivia')
  const thread = await olivia.opensThread('general', 'shop')
  const told = async (line: string, options: Record<string, string>): Promise<string> =>
    (await (await olivia.runs(thread, line, options)).settled()).content
  const start = { name: 'shop', runtime, workdir: stage.project }
  assert.match(await told('/session start', { ...start, account: 'nobody' }), /no account `nobody`.*team/s)
  assert.match(await told('/session start', { ...start, account: 'team' }), /shop/)
  await answered(olivia, thread, 'With the second account.')
  assert.match(await told('/account use', { account: 'alone' }), /may not move to or from `alone`/)
  assert.match(await told('/account use', { account: 'default' }), /account `default` from its next turn/)
  await answered(olivia, thread, 'With the usual account.')
  assert.match(await told('/account list', {}), /`team` · 0 sessions · sessions may move/)
}

async function answered(actor: Actor, thread: SeenPlace, text: string): Promise<void> {
  await actor.says(thread, scripted([{ text }]))
  await actor.sees(
    thread,
    (message) => message.author.bot && message.content.includes(text) && message.components.length === 0,
  )
}

/** What each account was booked with. */
function booked(stage: Stage): readonly object[] {
  return stage
    .query<object>(
      'select account, sum(input) as input, sum(output) as output from ledger group by account order by account',
    )
    .map((row) => ({ ...row }))
}

/** A second login of Codex beside the usual one. */
function secondHome({ login, stage }: CodexBot): string {
  const home = join(stage.home, 'second')
  cpSync(login.home, home, { recursive: true })
  writeFileSync(join(home, 'auth.json'), JSON.stringify({ auth_mode: 'apikey', OPENAI_API_KEY: 'sk-planted-team' }))
  return home
}

describe('several accounts of the real CLIs in their boxes', { ...sideBySide }, () => {
  const claude = claudeBinary()
  test(
    'Claude: the account that the session has is the one whose key the model gets; it moves',
    {
      skip: claude === null && howToInstall,
    },
    async () => {
      const accounts = [
        { slot: 'team', runtime: 'claude', env: { ANTHROPIC_API_KEY: 'planted-key-of-team' }, share: true },
        { slot: 'alone', runtime: 'claude', env: { ANTHROPIC_API_KEY: 'planted-key-alone' } },
        { slot: 'default', runtime: 'claude', share: true },
      ]
      const env = { ANTHROPIC_API_KEY: 'planted-key-usual', OMC_ACCOUNTS_JSON: JSON.stringify(accounts) }
      await using bench = await BotBench.open(claude ?? '', { TEST_EGRESS: program, OMC_BOX: 'required', ...env })
      await bench.stage.startBot()
      await move(bench.stage, 'claude')
      const keys = bench.model.requests.map(({ headers }) => headers['x-api-key'])
      assert.deepEqual([...new Set(keys)], ['planted-key-of-team', 'planted-key-usual'])
      assert.match(JSON.stringify(bench.model.requests.at(-1)?.body), /With the second account/, 'one conversation')
      const accountsOf = bench.stage.query<{ account: string }>('select account from runs order by asked_seq')
      assert.deepEqual(
        accountsOf.map(({ account }) => account),
        ['team', 'default'],
      )
    },
  )

  const codex = codexBinary()
  test('Codex: the same by its folders', { skip: codex === null && howToInstallCodex }, async () => {
    await using bot = await CodexBot.boxed(codex ?? '')
    const { login, stage } = bot
    const home = secondHome(bot)
    const accounts = [
      { slot: 'team', runtime: 'codex', env: { CODEX_HOME: home }, share: true },
      { slot: 'alone', runtime: 'codex', env: { CODEX_HOME: join(stage.home, 'third') } },
      { slot: 'default', runtime: 'codex', share: true },
    ]
    await stage.startBot({ env: { OMC_ACCOUNTS_JSON: JSON.stringify(accounts) } })
    await move(stage, 'codex')
    const asked = login.model.requests.filter(({ path }) => path.endsWith('/responses'))
    const keys = asked.map(({ headers }) => headers['authorization'])
    assert.deepEqual([...new Set(keys)], ['Bearer sk-planted-team', 'Bearer sk-planted-key'])
    assert.match(JSON.stringify(asked.at(-1)?.body), /With the second account/, 'one conversation')
  })

  test(
    'Claude: at the end of a quota the session goes on at once with another account that may be moved to',
    {
      skip: claude === null && howToInstall,
    },
    async () => {
      const token = { ANTHROPIC_API_KEY: '', CLAUDE_CODE_OAUTH_TOKEN: 'planted-token-usual' }
      const accounts = [
        { slot: 'alone', runtime: 'claude', env: { CLAUDE_CODE_OAUTH_TOKEN: 'planted-token-alone' } },
        { slot: 'team', runtime: 'claude', env: { CLAUDE_CODE_OAUTH_TOKEN: 'planted-token-team' }, share: true },
        { slot: 'default', runtime: 'claude', share: true },
      ]
      const env = { ...token, OMC_ACCOUNTS_JSON: JSON.stringify(accounts) }
      await using bench = await BotBench.open(claude ?? '', { TEST_EGRESS: program, OMC_BOX: 'required', ...env })
      const { stage, model } = bench
      await stage.startBot()
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop', 'claude')
      const headers = {
        'anthropic-ratelimit-unified-status': 'rejected',
        'anthropic-ratelimit-unified-representative-claim': 'five_hour',
        'anthropic-ratelimit-unified-reset': String(Math.ceil(Date.now() / 1000) + 3600),
      }
      const error = { status: 429, type: 'rate_limit_error', message: 'over the limit', headers, times: 1 }
      const usage = { input_tokens: 1000, output_tokens: 50 }
      await olivia.says(thread, scripted([{ error, text: 'Done with the other one.', usage }]))
      await stage.botShows(olivia, thread, /`default` rests for now.*goes on with `team`/)
      const isEnd = (message: SeenMessage): boolean => message.content.includes('Done with the other one.')
      await olivia.sees(thread, (message) => message.author.bot && isEnd(message) && message.components.length === 0)
      const passes = model.requests.map(({ headers: sent }) => sent['authorization'])
      assert.deepEqual([...new Set(passes)], ['Bearer planted-token-usual', 'Bearer planted-token-team'])
      assert.equal(JSON.stringify(model.requests.at(-1)?.body).split('Done with the other one.').length - 1, 1)
      assert.deepEqual(booked(stage), [{ account: 'team', input: 1000, output: 50 }], 'a refusal is nobody’s')
    },
  )

  test('Codex: the same at the end of a quota', { skip: codex === null && howToInstallCodex }, async () => {
    await using bot = await CodexBot.boxed(codex ?? '')
    const { login, stage } = bot
    const accounts = [
      { slot: 'team', runtime: 'codex', env: { CODEX_HOME: secondHome(bot) }, share: true },
      { slot: 'default', runtime: 'codex', share: true },
    ]
    await stage.startBot({ env: { OMC_ACCOUNTS_JSON: JSON.stringify(accounts) } })
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'codex')
    const usage = { input_tokens: 1000, output_tokens: 50 }
    const headers = {
      'x-codex-primary-used-percent': '100',
      'x-codex-primary-window-minutes': '300',
      'x-codex-primary-reset-at': String(Math.ceil(Date.now() / 1000) + 3600),
    }
    const error = { status: 429, type: 'usage_limit_reached', message: 'over the limit', headers, times: 1 }
    const step = { tool: 'exec_command', input: { cmd: 'echo a first step' }, usage }
    await olivia.says(thread, scripted([step, { error, text: 'Done with the other one.', usage }]))
    await stage.botShows(olivia, thread, /`default` rests for now.*goes on with `team`/)
    const isEnd = (message: SeenMessage): boolean => message.content.includes('Done with the other one.')
    await olivia.sees(thread, (message) => message.author.bot && isEnd(message) && message.components.length === 0)
    const asked = login.model.requests.filter(({ path }) => path.endsWith('/responses'))
    const keys = asked.map(({ headers: sent }) => sent['authorization'])
    assert.deepEqual(keys, ['Bearer sk-planted-key', 'Bearer sk-planted-key', 'Bearer sk-planted-team'])
    const body = JSON.stringify(asked.at(-1)?.body)
    assert.equal(body.split('Done with the other one.').length - 1, 1, 'the prompt stands there once')
    assert.match(body, /a first step/, 'and what it had done')
    // Each account is booked with what it was billed: the request that was refused is nobody's.
    assert.deepEqual(booked(stage), [
      { account: 'default', input: 1000, output: 50 },
      { account: 'team', input: 1000, output: 50 },
    ])
  })
})
