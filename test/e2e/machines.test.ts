import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { textOf, type Actor, type SeenPlace } from 'loopback-discord'
import { openPostgres } from '../../src/stores/postgres/postgres.ts'
import { noPostgres, startCluster, type Cluster } from '../stores/cluster.ts'
import { asked, decided } from './approving.ts'
import { Stage } from './stage.ts'

/** As fast as it can be, where nothing is lost by it. */
const timings = { leadIdleMs: 60_000, machinesEveryMs: 100, machineAwayAfterMs: 0, standingForMs: 0 }

/** A thread with a session on a machine. */
async function sessionOn(olivia: Actor, worker: string, more: Record<string, string> = {}): Promise<SeenPlace> {
  const place = await olivia.opensThread('general', worker)
  const options = { name: `on-${worker}`, runtime: 'echo', worker, ...more }
  const reply = await (await olivia.runs(place, '/session start', options)).settled()
  assert.match(reply.content, new RegExp(`machine .?${worker}`), reply.content)
  assert.match(reply.content, /tokens of `\/identity` are not used on this machine/)
  return place
}

async function told(olivia: Actor, place: SeenPlace, command: string, options: Record<string, string> = {}) {
  return (await olivia.runs(place, command, options)).settled()
}

describe('agents on other machines', { skip: noPostgres(), concurrency: true }, () => {
  let cluster: Cluster
  before(async () => (cluster = await startCluster()))
  after(() => cluster[Symbol.asyncDispose]())

  test('they answer, ask, are stopped, are told words, use the bot’s tools, get files and write to each other', async () => {
    const env = { OMC_DATABASE_URL: await cluster.fresh(), TEST_ROLE: 'control' }
    await using stage = await Stage.open({ env, timings })
    const bot = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const hall = await olivia.opensThread('general', 'hall')
    assert.match(
      (await told(olivia, hall, '/session start', { name: 'x', runtime: 'echo' })).content,
      /No machine that is there/,
    )
    assert.match((await told(olivia, hall, '/workers')).content, /No machine has reported itself yet/)
    const w1 = await stage.startMachine('w1', { ownProcess: false })
    await stage.startMachine('w2', { ownProcess: false, env: { OMC_MAX_ACTIVE_CLIS: '1' } })
    const one = await sessionOn(olivia, 'w1')
    const two = await sessionOn(olivia, 'w2')
    await w1.logged('agent.started')
    const machines = (await told(olivia, hall, '/workers')).content
    assert.match(machines, /\*\*w1\*\*.*there[^]*0 of 6 at work[^]*\*\*w2\*\*[^]*0 of 1 at work/)
    assert.match(machines, /The bot takes \d+ % of a core and \d+ MB\.\n\*\*w1\*\*/)
    assert.match(machines, /\*\*w1\*\*.*\n.*\nIt takes \d+ % of a core and \d+ MB · \d agent process(es)? · memory /)

    for (const [place, name] of [
      [one, 'w1'],
      [two, 'w2'],
    ] as const) {
      await olivia.says(place, `!say here on ${name}\n!until go-${name}\n!say and on`)
      await stage.botShows(olivia, place, `here on ${name}`)
    }
    const starts = w1.log.filter(({ msg }) => msg === 'agent.started')
    assert.equal(starts.length, 1, 'the first prompt found the process that was there before anybody asked')
    const [there] = (await bot.health())['machines'] as readonly { readonly vitals: { readonly rssBytes: number } }[]
    assert.ok(there !== undefined && there.vitals.rssBytes > 0)
    const health = await w1.health()
    assert.deepEqual([health['ok'], health['worker'], health['activeRuns'], health['reasons']], [true, 'w1', 1, []])
    const [working, ready] = [/^omc_runs_at_work\{worker="w1"\} 1$/m, /^omc_up\{worker="w1"\} 1$/m]
    const metrics = await w1.metrics()
    assert.match(metrics, working)
    assert.match(metrics, ready)
    assert.doesNotMatch(metrics, /omc_runs_ended_total|omc_gateway/, 'what the bot counts is not counted twice')
    assert.match(await bot.metrics(), /^omc_machines\{state="here"\} 2$/m)
    stage.opens('go-w1', 'w1')
    stage.opens('go-w2', 'w2')
    for (const place of [one, two]) await stage.botShows(olivia, place, 'and on')

    await olivia.says(one, '!ask Bash npm test\n!say it was allowed')
    await olivia.clicks(await asked(olivia, one, 'npm test'), 'Approve')
    await stage.botShows(olivia, one, 'it was allowed')

    await olivia.says(one, '!until heard one two three')
    await stage.botShows(olivia, one, 'two')
    assert.match((await told(olivia, one, '/steer', { text: 'faster' })).content, /faster/)
    await stage.botShows(olivia, one, /» .*faster/)
    await told(olivia, one, '/cancel')
    await stage.botShows(olivia, one, /■ Stopped by @olivia/)

    await olivia.says(one, '!call whois {"name":"on-w2"}\n!say knows them', {
      files: [{ name: 'note.txt', content: 'a note for the agent' }],
    })
    await stage.botShows(olivia, one, 'knows them')

    // What git does when a server wants a login.
    await olivia.says(one, '!run echo url=https://git.example.org | git credential fill')
    await olivia.clicks(await asked(olivia, one, 'credential'), 'Approve')
    await stage.botShows(olivia, one, /has not let the machine w1, on which this session works, use the git tokens/)

    // From a machine to another, and back.
    await olivia.says(one, '!consult on-w2 !reply It is blue.')
    await stage.botShows(olivia, two, /✉ \*\*on-w1\*\* asks \*\*on-w2\*\*/)
    await stage.botShows(olivia, one, /✉ \*\*on-w2\*\* answers \*\*on-w1\*\*/)

    await told(olivia, hall, '/worker drain', { worker: 'w2' })
    await olivia.says(two, '!say after the drain')
    await stage.botShows(olivia, two, /The machine w2 takes nothing new/)
    assert.match(
      (await told(olivia, hall, '/session start', { name: 'y', runtime: 'echo', worker: 'w2' })).content,
      /takes nothing new now/,
    )
    await told(olivia, hall, '/worker resume', { worker: 'w2' })
    await stage.botShows(olivia, two, 'after the drain')

    await olivia.says(one, '!say before the standstill\n!until never')
    await stage.botShows(olivia, one, 'before the standstill')
    await told(olivia, hall, '/panic')
    await stage.botShows(olivia, one, /■ Stopped by @olivia.*/)
    await told(olivia, hall, '/panic', { lift: true } as never)
    await olivia.says(one, '!say after the standstill')
    await stage.botShows(olivia, one, 'after the standstill')

    // Somebody who has the database's password names a folder that the machine's own operator did not.
    const { db, close } = openPostgres(env.OMC_DATABASE_URL)
    await sql`update omc_sessions set workdir = '/' where worker = 'w2'`.execute(db)
    await close()
    await olivia.says(two, '!say at the root of everything')
    await stage.botShows(olivia, two, /Nothing was started: `\/` is not in a folder.*OMC_PROJECT_ROOTS/)

    assert.match((await told(olivia, two, '/session stop')).content, /has ended/)
    const said = (await stage.botMessages(olivia, one)).map(textOf)
    assert.equal(said.filter((text) => text.includes('and on')).length, 1)
  })

  test('kill -9 of a machine, of the bot, and a machine that is given up: each answer comes once', async () => {
    const env = { OMC_DATABASE_URL: await cluster.fresh(), TEST_ROLE: 'control' }
    await using stage = await Stage.open({ ownProcess: true, env, timings })
    const bot = await stage.startBot()
    const machine = await stage.startMachine('w1')
    const olivia = await stage.sandbox.actor('olivia')
    const place = await sessionOn(olivia, 'w1')
    const other = await sessionOn(olivia, 'w1', { name: 'other' })
    const asking = await sessionOn(olivia, 'w1', { name: 'asking' })
    await olivia.says(place, '!say before\n!until killed\n!say after the kill')
    await stage.botShows(olivia, place, 'before')
    await olivia.says(asking, '!ask Bash npm test\n!say it was allowed')
    const ask = await asked(olivia, asking, 'npm test')

    await machine.kill()
    await stage.botShows(olivia, place, /The machine w1, on which I work here, does not answer/)
    await olivia.says(other, '!say asked meanwhile')
    await stage.botShows(olivia, other, /The machine w1 does not answer. This starts by itself/)
    assert.match((await told(olivia, other, '/diff')).content, /The machine .?w1.? does not answer/)
    await olivia.clicks(ask, 'Approve')
    await decided(olivia, ask, '✓ Approved by @olivia')
    stage.opens('killed', 'w1')
    const again = await stage.startMachine('w1')
    await stage.botShows(olivia, place, 'after the kill')
    await stage.botShows(olivia, other, 'asked meanwhile')
    await stage.botShows(olivia, asking, 'it was allowed')

    await olivia.says(place, '!say early\n!until alone\n!say without the bot')
    await stage.botShows(olivia, place, 'early')
    await bot.kill()
    stage.opens('alone', 'w1')
    await stage.startBot()
    await stage.botShows(olivia, place, 'without the bot')

    await olivia.says(place, '!say for the last time\n!until never\n!say never')
    await stage.botShows(olivia, place, 'for the last time')
    await again.kill()
    const question = await told(olivia, other, '/worker drop', { worker: 'w1' })
    assert.match(question.content, /Give up \*\*w1\*\*/)
    await (await olivia.clicks(question, 'Give it up')).settled()
    await stage.botShows(olivia, place, /An owner gave up the machine w1/)
    // Where nothing was at work, too: whoever writes there would wait for nobody.
    await stage.botShows(olivia, asking, /\*\*asking\*\* has ended: olivia gave up the machine w1.*`\/session start`/)
    assert.match((await told(olivia, other, '/workers')).content, /No machine has reported itself yet/)
    // Whatever it left is ended when it comes back, and begins anew.
    await stage.startMachine('w1')
    await sessionOn(olivia, 'w1', { name: 'anew' })

    const said = (await Promise.all([place, other, asking].map((each) => stage.botMessages(olivia, each)))).flat()
    for (const words of ['after the kill', 'asked meanwhile', 'it was allowed', 'without the bot', 'for the last time'])
      assert.equal(said.filter((each) => textOf(each).includes(words)).length, 1, words)
    assert.equal(said.filter((each) => textOf(each).includes('never')).length, 0)
  })
})
