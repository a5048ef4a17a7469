import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { textOf, type Actor, type SeenPlace } from 'loopback-discord'
import { openPostgres } from '../../src/stores/postgres/postgres.ts'
import { MachineKey } from '../../src/system/machine-key.ts'
import { patienceMs } from '../patience.ts'
import { noPostgres, startCluster } from '../stores/cluster.ts'
import { filesHolding } from './files-holding.ts'
import { GitServer } from './git-server.ts'
import { folderOf, git, repository, told } from './repositories.ts'
import { Stage, until } from './stage.ts'

/** Loopback is the world in it. */
const program = join(import.meta.dirname, '..', 'egress', 'open-program.ts')
const tokens = { alice: 'planted-token-of-alice-31aa', olivia: 'planted-token-of-olivia-77bb' }
const logins = { alice: `x-access-token:${tokens.alice}`, olivia: `x-access-token:${tokens.olivia}` }
const timings = { leadIdleMs: 60_000, machinesEveryMs: 100, machineAwayAfterMs: 0, standingForMs: 0 }

/** Commits a file and pushes it. */
const committing = (file: string): string =>
  `echo ${file} > ${file} && git add ${file} && git commit -q -m ${file} && git push -q origin HEAD:refs/heads/work && echo pushed ${file}`
/** Waits in a shell until a file of that name lies in its folder; says that it does by another. */
const waiting = (name: string): string => `touch ${name}.waits; while [ ! -e ${name} ]; do sleep 0.05; done`

test(
  'on a machine that the operator has named people commit and push as themselves, over kills; elsewhere nobody does, and nobody reads a token',
  { skip: noPostgres() },
  async () => {
    await using cluster = await startCluster()
    const url = await cluster.fresh()
    const env = { OMC_DATABASE_URL: url, TEST_ROLE: 'control', TEST_EGRESS: program, OMC_BOX: 'required' }
    await using stage = await Stage.open({ ownProcess: true, env, timings })
    await using server = await GitServer.open(join(stage.home, 'served'), 'git.example', Object.values(logins))
    git(repository(stage), 'remote', 'add', 'origin', `${server.origin}/shop.git`)
    const keys = { w1: MachineKey.in(stage.machineData('w1')), w2: MachineKey.in(stage.machineData('w2')) }
    // The operator has named one, and another one with a key that is not its.
    const named = { OMC_IDENTITY_WORKERS: `w1:${keys.w1.text},w2:${keys.w1.text}` }
    const opened = { OMC_EGRESS_OWNER: server.origin.replace('http://', '') }
    const bot = await stage.startBot({ env: named })
    const startMachine = (id: string) => stage.startMachine(id, { env: opened })
    const machines = [await startMachine('w1'), await startMachine('w2')]
    const [alice, olivia] = [await stage.sandbox.actor('alice'), await stage.sandbox.actor('olivia')]
    const linked: string[] = []
    for (const [actor, name] of [
      [alice, 'alice'],
      [olivia, 'olivia'],
    ] as const) {
      const { modal } = await actor.runs('general', '/identity link')
      assert.ok(modal !== null)
      const line = `${server.origin} ${tokens[name]}`
      const sent = await actor.submits(modal, { name, address: `${name}@example.org`, tokens: line })
      linked.push((await sent.settled()).content)
    }
    assert.match(linked.join('\n'), /Not on `w2`: there commits have your Discord name/)
    const starts = async (name: string, worker: string): Promise<SeenPlace> => {
      const thread = await alice.opensThread('general', name)
      const { content } = await told(alice, thread, '/session start', {
        name,
        runtime: 'echo',
        workdir: 'shop',
        worker,
      })
      assert.match(content, new RegExp(`machine .?${worker}`), content)
      assert.equal(/are not used on this machine/.test(content), worker === 'w2', content)
      return thread
    }
    const says = async (actor: Actor, thread: SeenPlace, text: string, shown: string | RegExp): Promise<void> => {
      await actor.says(thread, `!run ${text}`)
      await stage.botShows(actor, thread, shown)
    }

    // They take turns in one warm session.
    const here = await starts('here', 'w1')
    await says(alice, here, committing('one'), 'pushed one')
    await says(olivia, here, committing('two'), 'pushed two')

    // The bot is killed in the middle of a turn; what is pushed meanwhile waits for the next one.
    const folder = folderOf(stage, 'shop', 'here')
    await alice.says(here, `!run ${waiting('go')}; ${committing('three')}`)
    await until(() => existsSync(join(folder, 'go.waits')), patienceMs, 'the command')
    await bot.kill()
    writeFileSync(join(folder, 'go'), '')
    const again = await stage.startBot({ env: named })
    await stage.botShows(alice, here, 'pushed three')

    // The machine is: its agent works on, and goes out as before when it is back.
    await olivia.says(here, `!run ${waiting('on')}; ${committing('four')}`)
    await until(() => existsSync(join(folder, 'on.waits')), patienceMs, 'the command')
    await machines[0]?.kill()
    const back = await startMachine('w1')
    // Whoever has the database asks in the place of both machines, in this very turn.
    const sessions = await asksAsMachine(url, server.origin, keys)
    assert.equal(sessions.answers.filter((answer) => answer !== null).length, 1, 'only to w1, by its own key')
    assert.deepEqual(sessions.opened, [], 'and nobody else opens that')
    writeFileSync(join(folder, 'on'), '')
    await stage.botShows(olivia, here, 'pushed four')

    const there = await starts('there', 'w2')
    await says(alice, there, committing('five'), /has not let the machine w2.*use the git tokens/)

    const own = (name: string): string => `${name} <${name}@example.org>|${name} <${name}@example.org>|`
    assert.deepEqual(server.commits('work').slice(0, 4), ['olivia', 'alice', 'olivia', 'alice'].map(own))
    assert.deepEqual(server.pushes, [logins.alice, logins.olivia, logins.alice, logins.olivia])
    assert.match(
      git(folderOf(stage, 'shop', 'there'), 'log', '-1', '--format=%an <%ae>'),
      new RegExp(`alice <${alice.id}@discord.invalid>`),
    )
    // Not in the database, nor in what it writes before, on no machine, in no log, not in Discord.
    assert.notDeepEqual(filesHolding(cluster.folder, 'git.example'), [], 'it would be found')
    for (const each of [cluster.folder, stage.data, stage.machineData('w1'), stage.machineData('w2')])
      assert.deepEqual(filesHolding(each, 'planted-token'), [], each)
    const said = (await Promise.all([here, there].map((each) => stage.botMessages(alice, each)))).flat().map(textOf)
    const logs = [bot, again, back, ...machines].map(({ log }) => log)
    assert.ok(said.length > 4 && !JSON.stringify([said, logs]).includes('planted-token'))
  },
)

/** What somebody gets who has the database's password and the machine w2, but not the machine w1. */
async function asksAsMachine(
  url: string,
  origin: string,
  keys: { readonly w1: MachineKey; readonly w2: MachineKey },
): Promise<{ readonly answers: readonly unknown[]; readonly opened: readonly string[] }> {
  const { db, close } = openPostgres(url)
  const question = keys.w2.ask()
  try {
    const sessions = db.selectFrom('omc_sessions').select('id').where('worker', '=', 'w1')
    const { id: session } = await sessions.executeTakeFirstOrThrow()
    const asked = { what: 'token', session, origin }
    const answers: unknown[] = []
    for (const [machine, key] of [
      ['w1', keys.w1],
      ['w1', keys.w2],
      ['w2', keys.w2],
    ] as const) {
      const given = JSON.stringify({ machine, key: key.text, once: question.key, asked })
      const row = { receiver: '', what: 'linked', given, expires_at: null }
      const kept = db.insertInto('errands').values({ ...row, expires_at: Date.now() + patienceMs })
      const { seq } = await kept.returning('seq').executeTakeFirstOrThrow()
      const answer = await until(
        async () => (await db.selectFrom('errands').select('answer').where('seq', '=', seq).executeTakeFirst())?.answer,
      )
      answers.push((JSON.parse(String(answer)) as { readonly value: unknown }).value)
    }
    const purpose = JSON.stringify(['w1', asked])
    const opened = answers.map((answer) => (typeof answer === 'string' ? question.open(answer, purpose) : null))
    return { answers, opened: opened.filter((text) => text !== null) }
  } finally {
    await close()
  }
}
