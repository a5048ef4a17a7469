import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { textOf, type Actor, type SeenMessage, type SeenPlace } from 'loopback-discord'
import { grant, idOf } from './approving.ts'
import { repository } from './repositories.ts'
import { noon } from './stage-clock.ts'
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
    assert.match(textOf(list), /for-all/)
    for (const name of names) assert.ok(!textOf(list).includes(name), `${name} is in the list of who cannot see it`)
    const offered = await mary.completes('general', '/attach', { session: 'f' }, 'session')
    assert.deepEqual(
      offered.map(({ name }) => name),
      ['for-all'],
    )
    for (const name of [...names, ...Object.values(places).map(({ id }) => id)]) {
      const attached = await (await mary.runs('general', '/attach', { session: name })).settled()
      assert.match(attached.content, /There is no session called/, name)
    }
    const all = await (await olivia.runs('general', '/session list')).settled()
    for (const name of names) assert.ok(textOf(all).includes(name), `${name} is in the list of who can see it`)
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

  test('not in what was used by channel, nor in limits; an owner who cannot see it cannot limit or lift it', async () => {
    await using stage = await Stage.open({ sandbox: { world }, startsAt: noon })
    const { olivia, mary, places, open } = await hiddenSessions(stage)
    grant(stage, { mary: 'owner' })
    const hidden = [places['of-the-channel'], places['of-the-messages']]
    for (const place of [...hidden, open]) {
      const asked = place === places['of-the-channel'] ? `<@${stage.sandbox.bot.id}>\n` : ''
      await olivia.says(place, `${asked}!spend 100 $0.50\n!say It is spent.`)
      await stage.botShows(olivia, place, 'It is spent.')
    }
    const tells = async (actor: Actor, command: string, options: Readonly<Record<string, string>>): Promise<string> =>
      textOf(await (await actor.runs('general', command, options)).settled())
    const [id = ''] = hidden.map((place) => place.id)
    assert.match(await tells(olivia, '/budget set', { limit: '$9', each: 'day', channel: id }), /Limit B1/)
    assert.match(await tells(olivia, '/budget set', { limit: '$9', each: 'day' }), /Limit B2/)
    const usage = await tells(olivia, '/usage', { by: 'channel' })
    for (const place of hidden) assert.match(usage, new RegExp(`<#${place.id}> · 100 tokens`))
    assert.match(await tells(olivia, '/budget show', {}), new RegExp(`B1 .*<#${id}>`))

    const hers = await tells(mary, '/usage', { by: 'channel' })
    assert.match(hers, /1 › in places that you cannot see · 200 tokens · ≈ \$1\.00/)
    assert.match(hers, new RegExp(`2 › <#${olivia.place('general').id}> · 100 tokens`))
    const limits = await tells(mary, '/budget show', {})
    assert.match(limits, /B2 .*\n1 more in places that you cannot see/)
    for (const place of hidden) assert.ok(!(hers + limits).includes(place.id))
    const offered = await mary.completes('general', '/budget remove', { budget: 'B' }, 'budget')
    assert.deepEqual(
      offered.map(({ name }) => name),
      ['B2'],
    )
    assert.match(await tells(mary, '/budget remove', { budget: 'B1' }), /There is no such limit/)
    const limited = await tells(mary, '/budget set', { limit: '$1', each: 'day', channel: id })
    assert.match(limited, /Name a channel of this server/)
    assert.ok(!limited.includes(id))
  })

  test('an attached place says nothing of a session that is hidden from whoever asks there', async () => {
    await using stage = await Stage.open({ sandbox: { world } })
    const { olivia, mary, places, names } = await hiddenSessions(stage)
    const skills = join(dirname(stage.project), 'skills')
    mkdirSync(skills)
    writeFileSync(join(skills, 'plans.md'), '!say what we plan')
    await olivia.says(places['of-the-messages'], '!say said in private')
    await stage.botShows(olivia, places['of-the-messages'], 'said in private')
    const thread = await olivia.opensThread('general', 'attached')
    await (await olivia.runs(thread, '/attach', { session: names[2] ?? '' })).settled()
    const asked = stage.query(`select 1 from run_events where type = 'asked'`).length
    for (const command of ['/diff', '/session export', '/cancel', '/resume'] as const) {
      const reply = await (await mary.runs(thread, command)).settled()
      assert.doesNotMatch(reply.content, /of-the/, command)
      assert.deepEqual(reply.attachments, [], command)
      assert.match(reply.content, /no session|Nothing was said/i, command)
    }
    await mary.says(thread, '!say what is hidden')
    await stage.botShows(mary, thread, /no session/i)
    assert.deepEqual(await mary.completes(thread, '/skill', {}, 'name'), [])
    const skill = await (await mary.runs(thread, '/skill', { name: 'other' })).settled()
    assert.match(skill.content, /no session/i)
    assert.equal(stage.query(`select 1 from run_events where type = 'asked'`).length, asked)
    const offered = await olivia.completes(thread, '/skill', {}, 'name')
    assert.deepEqual(
      offered.map(({ value }) => value),
      ['plans'],
      'the control: whoever sees it is offered them',
    )

    await (await olivia.runs(places['of-the-messages'], '/session stop')).settled()
    await mary.says(thread, '!say is it there')
    assert.doesNotMatch(textOf(await stage.botShows(mary, thread, /has ended/)), /of-the/)
    await (await olivia.runs(thread, '/attach', { session: names[1] ?? '' })).settled()
    const detached = await (await mary.runs(thread, '/session stop')).settled()
    assert.match(detached.content, /no longer attached/)
    assert.doesNotMatch(detached.content, /of-the/)
  })

  test('what a standstill has stopped is named to who said it alone', async () => {
    await using stage = await Stage.open({ sandbox: { world } })
    const { olivia, mary, places, open } = await hiddenSessions(stage)
    await olivia.says(places['of-the-channel'], '!until never in the back office')
    await olivia.says(open, '!until never for all to read')
    for (const [place, text] of [
      [places['of-the-channel'], 'in'],
      [open, 'for'],
    ] as const)
      await stage.botShows(olivia, place, text)
    const answer = await (await olivia.runs(open, '/panic', {})).settled()
    assert.ok(answer.ephemeral)
    assert.match(textOf(answer), /of-the-channel.*@olivia: !until never in the back office/, 'the control')
    const told = await mary.sees(open, (message) => /Everything stands still/.test(textOf(message)))
    assert.match(textOf(told), /Stopped: 2 runs/)
    assert.doesNotMatch(textOf(told), /of-the-channel|back office|all to read/)
  })
})
