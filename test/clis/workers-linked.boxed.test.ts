import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { filesHolding } from '../e2e/files-holding.ts'
import { GitServer } from '../e2e/git-server.ts'
import { git, repository, told } from '../e2e/repositories.ts'
import { Stage } from '../e2e/stage.ts'
import { startAnthropic } from '../models/anthropic.ts'
import { scripted } from '../models/script.ts'
import { noPostgres, startCluster } from '../stores/cluster.ts'
import { MachineKey } from '../../src/system/machine-key.ts'
import { claudeBinary, howToInstall } from './install.ts'

/** Loopback is the world in it. */
const program = join(import.meta.dirname, '..', 'egress', 'open-program.ts')
const token = 'planted-token-of-alice-31aa'
const timings = { leadIdleMs: 60_000, machinesEveryMs: 100, machineAwayAfterMs: 0, standingForMs: 0 }
const team = { slot: 'team', runtime: 'claude', env: { ANTHROPIC_API_KEY: 'planted-key-of-team' } }
const claude = claudeBinary()

test(
  'Claude on another machine works with the account that was chosen there, and commits and pushes as whoever asks',
  { skip: noPostgres() || (claude === null && howToInstall) },
  async () => {
    await using cluster = await startCluster()
    await using model = await startAnthropic()
    const env = {
      OMC_DATABASE_URL: await cluster.fresh(),
      TEST_ROLE: 'control',
      TEST_EGRESS: program,
      OMC_BOX: 'required',
      OMC_CLAUDE_BIN: claude ?? '',
      ANTHROPIC_BASE_URL: model.url,
    }
    await using stage = await Stage.open({ ownProcess: true, env, timings })
    await using server = await GitServer.open(join(stage.home, 'served'), 'git.example', [`x-access-token:${token}`])
    git(repository(stage), 'remote', 'add', 'origin', `${server.origin}/shop.git`)
    const { text: key } = MachineKey.in(stage.machineData('w1'))
    await stage.startBot({ env: { OMC_IDENTITY_WORKERS: `w1:${key}` } })
    await stage.startMachine('w1', {
      env: {
        ANTHROPIC_API_KEY: 'planted-key-usual',
        OMC_ACCOUNTS_JSON: JSON.stringify([team]),
        OMC_EGRESS_OWNER: server.origin.replace('http://', ''),
      },
    })
    const alice = await stage.sandbox.actor('alice')
    const { modal } = await alice.runs('general', '/identity link')
    assert.ok(modal !== null)
    const form = { name: 'Alice', address: 'alice@example.org', tokens: `${server.origin} ${token}` }
    await (await alice.submits(modal, form)).settled()
    const thread = await alice.opensThread('general', 'shop')
    const wish = { name: 'shop', runtime: 'claude', workdir: 'shop', account: 'team' }
    assert.match((await told(alice, thread, '/session start', wish)).content, /machine .?w1/)

    const work = 'echo 1 > one && git add one && git commit -q -m one && git push -q origin HEAD:refs/heads/work'
    await alice.says(thread, scripted([{ tool: 'Bash', input: { command: work } }, { text: 'That was it.' }]))
    await stage.botShows(alice, thread, 'That was it.')
    assert.deepEqual(server.commits('work').slice(0, 1), ['Alice <alice@example.org>|Alice <alice@example.org>|'])
    assert.deepEqual(server.pushes, [`x-access-token:${token}`])
    assert.deepEqual([...new Set(model.requests.map(({ headers }) => headers['x-api-key']))], ['planted-key-of-team'])
    assert.ok(!JSON.stringify(model.requests.map(({ body }) => body)).includes('planted-'))
    for (const each of [cluster.folder, stage.data, stage.machineData('w1')])
      assert.deepEqual(filesHolding(each, 'planted-token'), [], each)
  },
)
