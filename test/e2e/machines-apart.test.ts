// Alone in its process: it lays a cable to a network of its own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textOf } from 'loopback-discord'
import { readMachines } from '../../src/stores/machines.ts'
import { openPostgres } from '../../src/stores/postgres/postgres.ts'
import { noPostgres, startCluster } from '../stores/cluster.ts'
import { Cable, noCable } from './cable.ts'
import { Stage, until } from './stage.ts'

/** What was sent into the void is sent again after twice the time that it took. */
const patienceMs = 240_000
const timings = { leadIdleMs: 6_000, machinesEveryMs: 100, machineAwayAfterMs: 0, standingForMs: 0 }

test(
  'a machine whose network fails works on and tells it later; one that was given up meanwhile is not heard any more',
  {
    skip: noPostgres() || noCable(),
  },
  async () => {
    await using cable = await Cable.open()
    await using cluster = await startCluster({ listens: cable.address })
    const url = await cluster.fresh()
    await using stage = await Stage.open({
      ownProcess: true,
      env: { OMC_DATABASE_URL: url, TEST_ROLE: 'control' },
      timings,
    })
    await stage.startBot({ ownProcess: false })
    const machine = await stage.startMachine('w1', {
      within: cable.within,
      env: { OMC_DATABASE_URL: cluster.from(url) },
    })
    const olivia = await stage.sandbox.actor('olivia')
    const place = await olivia.opensThread('general', 'far')
    const options = { name: 'far', runtime: 'echo', worker: 'w1' }
    await (await olivia.runs(place, '/session start', options)).settled()

    await olivia.says(place, '!say before\n!until apart\n!say while it was cut off')
    await stage.botShows(olivia, place, 'before')
    await cable.pull()
    await stage.botShows(olivia, place, 'The machine w1, on which I work here, does not answer', patienceMs)
    stage.opens('apart', 'w1')
    await cable.plugIn()
    await stage.botShows(olivia, place, 'while it was cut off', patienceMs)

    await olivia.says(place, '!say once more\n!until late\n!say too late')
    await stage.botShows(olivia, place, 'once more')
    await cable.pull()
    const { db, close } = openPostgres(url)
    try {
      const isAway = async () => (await readMachines(db)).some(({ isHere }) => !isHere)
      await until(isAway, patienceMs, 'w1 away')
      const question = await (await olivia.runs(place, '/worker drop', { worker: 'w1' })).settled()
      await (await olivia.clicks(question, 'Give it up')).settled()
      await stage.botShows(olivia, place, 'An owner gave up the machine w1', patienceMs)
      const end = () =>
        db
          .selectFrom('run_events')
          .select((line) => line.fn.max('seq').as('seq'))
          .executeTakeFirstOrThrow()
      const before = await end()
      stage.opens('late', 'w1')
      await cable.plugIn()
      await until(() => !machine.alive, patienceMs, 'its end')
      assert.deepEqual(await end(), before, 'it has written nothing')
    } finally {
      await close()
    }
    const said = (await stage.botMessages(olivia, place)).map(textOf).join('\n')
    for (const [words, times] of [
      ['while it was cut off', 1],
      ['once more', 1],
      ['too late', 0],
    ] as const)
      assert.equal(said.split(words).length - 1, times, words)
  },
)
