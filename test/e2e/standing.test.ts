import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Actor } from 'loopback-discord'
import { idOf } from './approving.ts'
import { Stage, until } from './stage.ts'

/** What Discord knows of somebody is something else from now on; the bot has no intent by which it would be told. */
function members(stage: Stage) {
  const guild = stage.sandbox.world.guilds.get(stage.sandbox.guildId)
  if (guild === undefined) throw new Error('there is no guild')
  return guild.members
}

function takeRoles(stage: Stage, { id }: Actor): void {
  const member = members(stage).get(id)
  if (member !== undefined) member.roles = []
}

/** Olivia keeps the only place at work; Alice, an owner by her role, waits behind her. */
async function aliceWaits(stage: Stage) {
  const [olivia, alice] = [await stage.sandbox.actor('olivia'), await stage.sandbox.actor('alice')]
  const first = await stage.session(olivia, 'first')
  const second = await stage.session(alice, 'second')
  await olivia.says(first, '!until free at work')
  await stage.botShows(olivia, first, '● Working')
  await alice.says(second, '!change secret.txt | written by nobody')
  await stage.botShows(alice, second, /place 1/)
  return { olivia, alice, first, second }
}

const oneAtATime = { env: { OMC_MAX_ACTIVE_CLIS: '1' } }

describe('people are judged as they are now', { concurrency: true }, () => {
  test('an owner by role whose role is taken away while the prompt waits is not served', async () => {
    await using stage = await Stage.open(oneAtATime)
    await stage.startBot()
    const { alice, second } = await aliceWaits(stage)
    takeRoles(stage, alice)
    stage.opens('free')
    const last = await stage.botShows(alice, second, /tier was \*\*owner\*\* when you asked and is \*\*public\*\* now/)
    assert.match(JSON.stringify(last), /public/)
    assert.equal(stage.query(`select 1 from run_events where type = 'wanted'`).length, 0)
  })

  test('who has left the server while the prompt waited is nobody, and is not served', async () => {
    await using stage = await Stage.open(oneAtATime)
    await stage.startBot()
    const { olivia, alice, second } = await aliceWaits(stage)
    members(stage).delete(alice.id)
    stage.opens('free')
    await stage.botShows(olivia, second, /is \*\*public\*\* now/)
    assert.equal(stage.query(`select 1 from run_events where type = 'wanted'`).length, 0)
  })

  test('what nobody can say waits, and is served when it can be said', async () => {
    await using stage = await Stage.open(oneAtATime)
    const bot = await stage.startBot()
    const { alice, second } = await aliceWaits(stage)
    const fault = stage.sandbox.faults.add({ kind: 'rest.error', method: 'GET', path: '/members/', status: 503 })
    stage.opens('free')
    await bot.logged('person.unread')
    assert.equal(stage.query(`select 1 from run_events where type = 'wanted'`).length, 0)
    fault.remove()
    await until(() => stage.query(`select 1 from run_events where type = 'wanted'`).length > 0)
    await stage.botShows(alice, second, /./)
  })

  test('a run at work is stopped when its speaker loses the role', async () => {
    await using stage = await Stage.open({ timings: { standingEveryMs: 200 } })
    await stage.startBot()
    const alice = await stage.sandbox.actor('alice')
    const thread = await stage.session(alice, 'second')
    await alice.says(thread, '!until never at work')
    await stage.botShows(alice, thread, '● Working')
    takeRoles(stage, alice)
    await stage.botShows(alice, thread, '■ Stopped')
  })

  test('an owners’ role that is deleted makes nobody an owner: what works is stopped, what waits is not begun', async () => {
    await using stage = await Stage.open({ ...oneAtATime, timings: { standingEveryMs: 200 } })
    const { env } = { env: { OMC_OWNER_USER_ID: idOf(stage, 'olivia') } }
    await stage.startBot({ env })
    const [olivia, alice] = [await stage.sandbox.actor('olivia'), await stage.sandbox.actor('alice')]
    const [first, second] = [await stage.session(alice, 'first'), await stage.session(alice, 'second')]
    await alice.says(first, '!until never at work')
    await stage.botShows(alice, first, '● Working')
    await alice.says(second, '!change secret.txt | written by nobody')
    await stage.botShows(alice, second, /place 1/)
    await olivia.call('DELETE', `/guilds/${stage.sandbox.guildId}/roles/${stage.roleId('owner')}`)
    await stage.botShows(alice, first, '■ Stopped')
    await stage.botShows(alice, second, /is \*\*public\*\* now/)
    assert.equal(stage.query(`select 1 from run_events where type = 'wanted'`).length, 0)
    // Whom the configuration names stays an owner, and can give others their tier back.
    const given = await olivia.runs(second, '/permission set', { user: alice.id, tier: 'member', scope: 'global' })
    assert.match((await given.settled()).content, /member/)
    await alice.says(second, '!say as a member again')
    await stage.botShows(alice, second, 'as a member again')
  })

  test('who is put out of the server while an approval stands or a run works: neither goes on for them', async () => {
    await using stage = await Stage.open({ timings: { standingEveryMs: 200 } })
    await stage.startBot()
    const [olivia, alice] = [await stage.sandbox.actor('olivia'), await stage.sandbox.actor('alice')]
    const [asking, working] = [await stage.session(alice, 'asking'), await stage.session(alice, 'working')]
    await alice.says(asking, '!change secret.txt | written')
    await olivia.sees(asking, (message) => JSON.stringify(message.components).includes('Approve'))
    await alice.says(working, '!until never at work')
    await stage.botShows(olivia, working, '● Working')
    await olivia.call('DELETE', `/guilds/${stage.sandbox.guildId}/members/${alice.id}`)
    await stage.botShows(olivia, working, '■ Stopped')
    await stage.botShows(olivia, asking, '■ Stopped')
    const shut = await olivia.sees(asking, (message) => !JSON.stringify(message.components).includes('Approve'))
    assert.doesNotMatch(JSON.stringify(shut), /secret\.txt.*written by/)
    assert.equal(stage.query(`select 1 from run_events where type = 'answered'`).length, 0)
    // Their sessions are still there for the others.
    await olivia.says(working, '!say for the others')
    await stage.botShows(olivia, working, 'for the others')
  })

  test('an approval does not act for somebody who has lost the role meanwhile', async () => {
    await using stage = await Stage.open()
    await stage.startBot()
    const [olivia, alice] = [await stage.sandbox.actor('olivia'), await stage.sandbox.actor('alice')]
    const thread = await stage.session(alice, 'second')
    await alice.says(thread, '!change secret.txt | written')
    const asked = await olivia.sees(thread, (message) => JSON.stringify(message.components).includes('Approve'))
    takeRoles(stage, alice)
    await olivia.clicks(asked, 'Approve')
    await stage.botShows(olivia, thread, '■ Stopped')
    assert.equal(stage.query(`select 1 from run_events where type = 'answered'`).length, 0)
  })
})
