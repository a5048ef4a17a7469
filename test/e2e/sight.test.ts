import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { textOf, type Actor, type SeenMessage, type SeenPlace } from 'loopback-discord'
import { grant, idOf } from './approving.ts'
import { repository } from './repositories.ts'
import { Stage } from './stage.ts'

const world = {
  guild: {
    name: 'Team',
    channels: ['general', { name: 'back-office', onlyFor: ['owner'] }],
    roles: [{ name: 'owner' }],
    people: [{ name: 'olivia', roles: ['owner'], owner: true }, { name: 'mary' }],
  },
}

/** A private thread is seen by whoever started it. */
async function opensPrivateThread(actor: Actor, name: string): Promise<SeenPlace> {
  const path = `/channels/${actor.place('general').id}/threads`
  return actor.call<SeenPlace>('POST', path, { name, type: 12, auto_archive_duration: 1440 })
}

/** Olivia has a session in each kind of place that Mary, a member, cannot see, and one that she can. */
async function hiddenSessions(stage: Stage) {
  await stage.startBot({ env: { OMC_OWNER_USER_ID: idOf(stage, 'olivia'), DISCORD_GUILD_ID: '' } })
  grant(stage, { mary: 'member' })
  const [olivia, mary] = [await stage.sandbox.actor('olivia'), await stage.sandbox.actor('mary')]
  const places = {
    'of-the-thread': await opensPrivateThread(olivia, 'secret plans'),
    'of-the-channel': olivia.place('back-office'),
    'of-the-messages': await olivia.opensDm(),
  }
  for (const [name, place] of Object.entries(places)) {
    const started = await (await olivia.runs(place, '/session start', { name, runtime: 'echo' })).settled()
    assert.match(started.content, new RegExp(name))
  }
  const open = await stage.session(olivia, 'for-all')
  return { olivia, mary, places, open, names: Object.keys(places) }
}

describe('a place that a person cannot see does not exist for them', { concurrency: true }, () => {
  test('not in lists, names, suggestions or attach; whoever can see it has it', async () => {
    await using stage = await Stage.open({ sandbox: { world } })
    const { olivia, mary, places, names } = await hiddenSessions(stage)
    const list = await (await mary.runs('general', '/session list')).settled()
    assert.match(list.content, /for-all/)
    for (const name of names) assert.ok(!list.content.includes(name), `${name} is in the list of who cannot see it`)
    const offered = await mary.completes('general', '/attach', { session: 'f' }, 'session')
    assert.deepEqual(
      offered.map(({ name }) => name),
      ['for-all'],
    )
    for (const name of [...names, ...Object.values(places).map(({ id }) => id)]) {
      const attached = await (await mary.runs('general', '/attach', { session: name })).settled()
      assert.match(attached.content, /I know no session/, name)
    }
    const all = await (await olivia.runs('general', '/session list')).settled()
    for (const name of names) assert.ok(all.content.includes(name), `${name} is in the list of who can see it`)
  })

  test('not on the board of the channel that a private thread hangs in', async () => {
    await using stage = await Stage.open({ sandbox: { world } })
    const { olivia, places, open } = await hiddenSessions(stage)
    await olivia.says(places['of-the-thread'], '!until shown in private')
    await stage.botShows(olivia, places['of-the-thread'], 'in')
    await olivia.says(open, '!until shown for all to see')
    await (await olivia.runs('general', '/board')).settled()
    const isBoard = (message: SeenMessage): boolean => /\*\*Board\*\*/.test(textOf(message))
    const board = await olivia.sees('general', (message) => isBoard(message) && /for-all/.test(textOf(message)))
    assert.doesNotMatch(textOf(board), /of-the-thread/)
    stage.opens('shown')
    const after = await olivia.sees('general', (message) => isBoard(message) && /Nothing runs/.test(textOf(message)))
    for (const { content, components } of after.revisions)
      assert.doesNotMatch(textOf({ content, components }), /of-the-thread/)
  })

  test('not in the refusal of a folder that one of them works in', async () => {
    await using stage = await Stage.open({ sandbox: { world } })
    const { olivia, mary, places } = await hiddenSessions(stage)
    await (await olivia.runs(places['of-the-thread'], '/session stop')).settled()
    const options = { runtime: 'echo', workdir: repository(stage, 'till'), worktree: false }
    const started = await olivia.runs(places['of-the-thread'], '/session start', { ...options, name: 'hidden' })
    assert.match((await started.settled()).content, /hidden/)
    const refused = await (await mary.runs('general', '/session start', { ...options, name: 'mine' })).settled()
    assert.match(refused.content, /Another session works in/)
  })

  test('an attached place says nothing of a session that is hidden from whoever asks there', async () => {
    await using stage = await Stage.open({ sandbox: { world } })
    const { olivia, mary, names } = await hiddenSessions(stage)
    const thread = await olivia.opensThread('general', 'attached')
    await (await olivia.runs(thread, '/attach', { session: names[1] ?? '' })).settled()
    for (const command of ['/diff', '/session export', '/cancel', '/resume'] as const) {
      const reply = await (await mary.runs(thread, command)).settled()
      assert.doesNotMatch(reply.content, /of-the/, command)
      assert.match(reply.content, /no session|Nothing was said/i, command)
    }
    await mary.says(thread, '!say what is hidden')
    await stage.botShows(mary, thread, /no session/i)
    assert.equal(stage.query(`select 1 from run_events where type = 'asked'`).length, 0)
  })
})
