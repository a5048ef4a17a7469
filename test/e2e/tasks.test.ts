import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { controlsOf, textOf, type Actor, type SeenMessage, type SeenPlace } from 'loopback-discord'
import { grant, openTeam, told } from './approving.ts'
import { mayNotManageThreads, own } from './shutting.ts'
import { Stage, until } from './stage.ts'

const env = { OMC_INTER_AGENT_COOLDOWN_MS: '0', OMC_PER_USER_MAX_ACTIVE: '10' }

/** Waits for the card of a task as it says this. */
function card(actor: Actor, place: SeenPlace, what: string | RegExp): Promise<SeenMessage> {
  return actor.sees(place, (message) => {
    const text = textOf(message)
    return (
      (typeof what === 'string' ? text.includes(what) : what.test(text)) && message.author.bot && !message.ephemeral
    )
  })
}

function labels(message: SeenMessage): readonly string[] {
  return controlsOf(message).flatMap((control) => ('label' in control ? [control.label] : []))
}

/** How each task stands in the store. */
function statuses(stage: Stage): readonly string[] {
  return stage
    .query<{ s: string }>('select task_status as s from omc_chains where task is not null order by seq')
    .map(({ s }) => s)
}

function nameOf(stage: Stage): string {
  return stage.query<{ id: string }>('select id from omc_chains where task is not null order by seq desc')[0]?.id ?? ''
}

async function quiet(stage: Stage): Promise<void> {
  await until(
    () =>
      stage.query("select 1 from runs where state <> 'over'").length === 0 &&
      stage.query("select 1 from letters where state in ('waiting', 'delivered')").length === 0 &&
      stage.query('select 1 from omc_chains where task_busy = 1').length === 0 &&
      stage.query("select 1 from messages where settled = 0 and owner not like 'board:%'").length === 0,
  )
}

/** What echo agents were told, word for word. */
function heard(stage: Stage): string {
  const folder = join(stage.data, 'echo')
  const files = readdirSync(folder).filter((file) => file.endsWith('.jsonl'))
  return files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n')
}

async function give(actor: Actor, place: SeenPlace, title: string, details: string, thread = 'docs'): Promise<string> {
  const said = await (await actor.runs(place, '/task assign', { thread, title, details })).settled()
  return said.content
}

describe('tasks', { concurrency: true }, () => {
  test('given, accepted by its people, done by the agent as whoever gave it, and told where it was given', async () => {
    await using stage = await openTeam({ env })
    await stage.startBot()
    grant(stage, { mary: 'member', mike: 'member', gwen: 'guest' })
    const olivia = await stage.sandbox.actor('olivia')
    const mary = await stage.sandbox.actor('mary')
    const gwen = await stage.sandbox.actor('gwen')
    const shop = await stage.session(olivia, 'shop')
    const docs = await stage.session(olivia, 'docs')
    assert.match(await give(gwen, shop, 'no', 'no'), /You are a guest here/)
    assert.match(await give(mary, shop, 'x', 'y', 'nowhere'), /There is no session called nowhere/)
    assert.match(await give(mary, shop, 'x'.repeat(201), ''), /A title has up to 200 characters/)

    assert.match(
      await give(mary, shop, 'Write the *changelog* @everyone', '!consult shop !reply It is 2.0\n!say It is written.'),
      /^Given to \*\*docs\*\*: \*\*Write the \\\*changelog\\\* @.everyone\*\* · C\w{7}\./,
    )
    const chain = nameOf(stage)
    const there = await card(olivia, docs, '? waits to be accepted')
    assert.match(textOf(there), /from \*\*shop\*\* \(@mary\) to \*\*docs\*\*/)
    assert.match(textOf(there), /> !say It is written\./)
    assert.deepEqual(labels(there), ['Accept', 'Reject…', 'Cancel'])
    assert.deepEqual(there.mentions, [olivia.id])
    assert.deepEqual(labels(await card(mary, shop, '? waits to be accepted')), ['Cancel'])
    assert.equal(stage.query('select 1 from runs').length, 0, 'nothing begins before it is accepted')
    await gwen.clicks(there, 'Accept')
    await told(gwen, docs, 'You are a guest here')
    const bob = await stage.sandbox.actor('bob')
    await (await olivia.runs(shop, '/permission set', { user: bob.id, tier: 'member', scope: 'here' })).settled()
    const from = await (await bob.runs(shop, '/task accept', { task: chain })).settled()
    assert.match(from.content, /Only members of the place that has the task may do that/)

    await olivia.clicks(there, 'Accept')
    await stage.botShows(olivia, docs, /It is written\./)
    const end = await card(mary, shop, /\*\* ✓ is done · \*\*docs\*\*/)
    assert.match(textOf(end), /\[Jump\]\(https:\/\/discord\.com\/channels\/\d+\/\d+\)\n/)
    assert.deepEqual(end.mentions, [mary.id])
    await quiet(stage)
    assert.deepEqual(statuses(stage), ['done'])
    const now = await card(mary, docs, '✓ done')
    assert.deepEqual([now.id, labels(now)], [there.id, []], 'the same message, without its buttons')
    assert.match(textOf(now), /✓ @olivia accepted it/)
    assert.match(heard(stage), /\(The bot: task C\w{7}, which mary has given to this session/)
    const speakers = stage.query<{ person: string }>('select distinct person from runs').map(({ person }) => person)
    assert.deepEqual(speakers, [mary.id], 'everything of it has the rights of whoever gave it')
    const trace = await (await mary.runs(shop, '/show-trace', { chain })).settled()
    assert.match(textOf(trace), /\*\*mary\*\* gives a task to \*\*docs\*\* · ✓ done/)
    assert.match(textOf(trace), /\*\*docs\*\* asks \*\*shop\*\* · ✓ done/)
    const status = await (await mary.runs(shop, '/task status', { task: `${chain} Write the` })).settled()
    assert.match(status.content, /✓ done/)
  })

  test('rejected with a reason; taken back before and while it works, with all that is below it; a second click', async () => {
    await using stage = await openTeam({ env })
    await stage.startBot()
    grant(stage, { mary: 'member', mike: 'member' })
    const [olivia, mary, mike] = await Promise.all(['olivia', 'mary', 'mike'].map((name) => stage.sandbox.actor(name)))
    assert.ok(olivia && mary && mike)
    const shop = await stage.session(olivia, 'shop')
    const docs = await stage.session(olivia, 'docs')
    const site = await stage.session(olivia, 'site')
    await give(mary, shop, 'First', '')
    const first = await card(mike, docs, '**First**')
    const form = await mike.clicks(first, 'Reject…')
    assert.ok(form.modal)
    await mike.submits(form.modal, { 'Why not': 'not *ours*' })
    await card(mary, shop, /\*\*First\*\* ■ @mike rejected it: not \\\*ours\\\*/)

    await give(mary, shop, 'By a command', '')
    await card(mike, docs, '**By a command**')
    const [given] = stage.query<{ id: string }>('select id from omc_chains order by at desc limit 1')
    await (await mike.runs(docs, '/task reject', { task: given?.id ?? '', reason: 'nor this' })).settled()
    await card(mary, shop, /\*\*By a command\*\* ■ @mike rejected it: nor this/)

    await give(mary, shop, 'Second', '')
    const other = await card(mary, shop, '**Second**')
    await mary.clicks(other, 'Cancel')
    await card(mary, docs, /\*\*Second\*\* .* ■ taken back/)

    await give(mary, shop, 'Third', '!consult site !until never far below\n!until never on and on')
    const third = await card(mike, docs, '**Third**')
    await Promise.all([mike.clicks(third, 'Accept'), olivia.clicks(third, 'Accept')])
    await stage.botShows(olivia, site, 'far below')
    await card(mike, docs, /\*\*Third\*\* .* ● in progress/)
    assert.equal(stage.query("select 1 from letters where kind = 'task'").length, 1, 'of two clicks one counts')
    await (await mike.runs(docs, '/task cancel', { task: nameOf(stage) })).settled()
    await quiet(stage)
    assert.deepEqual(statuses(stage), ['rejected', 'rejected', 'cancelled', 'cancelled'])
    assert.equal(stage.query("select 1 from run_events where type = 'stopped'").length, 2)
    assert.match(textOf(await card(mary, shop, '■ @mike took it back')), /\*\*Third\*\*/)
    const late = await (await mike.runs(docs, '/task accept', { task: nameOf(stage) })).settled()
    assert.match(late.content, /That cannot be done with it now/)
  })

  test('what fails stands still and is tried again, or called done; a right that is lost; a session that ended', async () => {
    await using stage = await openTeam({ env })
    await stage.startBot()
    grant(stage, { mary: 'member', mike: 'member' })
    const [olivia, mary, mike] = await Promise.all(['olivia', 'mary', 'mike'].map((name) => stage.sandbox.actor(name)))
    assert.ok(olivia && mary && mike)
    const shop = await stage.session(olivia, 'shop')
    const docs = await stage.session(olivia, 'docs')
    await give(mary, shop, 'Shaky', '!until never at it')
    await mike.clicks(await card(mike, docs, '**Shaky**'), 'Accept')
    // The card says what the prompt says, so only the journal tells that it is at work.
    await until(() => stage.query("select 1 from runs where state = 'running'").length === 1)
    await (await olivia.runs(docs, '/cancel')).settled()
    const still = await card(mike, docs, '⚠ stands still')
    assert.deepEqual(labels(still), ['Try again', 'Done', 'Cancel'])
    await card(mary, shop, /\*\*Shaky\*\* ⚠ has not worked out so far .*\n> The work was stopped by olivia/)
    await mike.clicks(still, 'Try again')
    // Before it is at work there is nothing to cancel.
    await until(() => stage.query("select 1 from runs where state = 'running'").length === 1)
    // Until then the card stands there as it stood before.
    await card(mike, docs, /\*\*Shaky\*\* .* ● in progress/)
    await (await olivia.runs(docs, '/cancel')).settled()
    const again = await card(mike, docs, '⚠ stands still')

    grant(stage, { mary: null })
    await mike.clicks(again, 'Try again')
    await card(mike, docs, 'Not delivered: mary may not ask that session any more')
    grant(stage, { mary: 'member', mike: 'guest' })
    await mike.clicks(await card(mike, docs, '⚠ stands still'), 'Done')
    await told(mike, docs, 'You are a guest here')
    await olivia.clicks(await card(olivia, docs, '⚠ stands still'), 'Done')
    await card(mary, shop, /\*\*Shaky\*\* ✓ is done/)

    await give(mary, shop, 'Late', '!say after all')
    const late = await card(olivia, docs, '**Late**')
    await (await olivia.runs(docs, '/session stop')).settled()
    await olivia.clicks(late, 'Accept')
    await told(olivia, docs, 'Its session has ended. Start one of that name there')
    await (await olivia.runs(docs, '/session start', { name: 'docs', runtime: 'echo' })).settled()
    await olivia.clicks(late, 'Accept')
    await stage.botShows(olivia, docs, /^after all/)
    await quiet(stage)
    assert.deepEqual(statuses(stage), ['done', 'done'])
  })

  test('a place that is gone: its tasks are taken back, and those given there are told of elsewhere; lists and suggestions', async () => {
    await using stage = await openTeam({ env })
    await stage.startBot()
    grant(stage, { mary: 'member' })
    const olivia = await stage.sandbox.actor('olivia')
    const mary = await stage.sandbox.actor('mary')
    const shop = await stage.session(olivia, 'shop')
    const docs = await stage.session(olivia, 'docs')
    const site = await stage.session(olivia, 'site')
    for (let nth = 1; nth <= 12; nth++) await give(mary, shop, `Piece ${nth}`, '')
    await give(olivia, docs, 'Elsewhere', '!say told at home', 'site')
    const list = await (await mary.runs(shop, '/task list')).settled()
    assert.equal(list.content.split('\n').length, 10, list.content)
    assert.match(list.content, /^› \[C\w+\]\(.*\) \*\*Piece 12\*\* · shop → docs · \? waits to be accepted/)
    const older = await mary.clicks(list, 'Older')
    const rest = await older.settled()
    assert.deepEqual(rest.content.match(/Piece \d+/g), ['Piece 2', 'Piece 1'])
    const here = await (await mary.runs(site, '/task list')).settled()
    assert.match(here.content, /^› .*\*\*Elsewhere\*\* · docs → site/)
    assert.equal((await mary.completes(shop, '/task accept', {}, 'task')).length, 13)
    const sessions = await mary.completes(shop, '/task assign', {}, 'thread')
    assert.deepEqual(
      sessions.map(({ value }) => value),
      ['shop', 'docs', 'site'],
    )

    await olivia.call('DELETE', `/channels/${docs.id}`)
    await until(() => statuses(stage).filter((status) => status === 'cancelled').length === 12)
    await card(mary, shop, /\*\*Piece 12\*\* ■ was taken back, because its place is gone/)
    await olivia.clicks(await card(olivia, site, '**Elsewhere**'), 'Accept')
    await stage.botShows(olivia, site, 'told at home')
    await card(olivia, site, '✓ done')
    await quiet(stage)
  })

  test('one that its session cannot take yet waits, also over the end of that session, and that is told', async () => {
    await using stage = await openTeam({ env: { ...env, OMC_PER_USER_MAX_ACTIVE: '1', OMC_PER_USER_MAX_QUEUED: '1' } })
    await stage.startBot()
    grant(stage, { mary: 'member' })
    const olivia = await stage.sandbox.actor('olivia')
    const mary = await stage.sandbox.actor('mary')
    const shop = await stage.session(olivia, 'shop')
    const docs = await stage.session(olivia, 'docs')
    await mary.says(shop, '!until go at work here')
    await stage.botShows(mary, shop, 'at work')
    await mary.says(shop, '!say queued behind it')
    await until(() => stage.query("select 1 from runs where state = 'waiting'").length === 1)
    await give(mary, shop, 'Patience', '!say at last')
    await olivia.clicks(await card(olivia, docs, '**Patience**'), 'Accept')
    await card(olivia, docs, '⏸ accepted, waits for its turn')
    await (await olivia.runs(docs, '/session stop')).settled()
    await card(mary, shop, /\*\*Patience\*\* waits: the session \*\*docs\*\* has ended/)
    await (await olivia.runs(docs, '/session start', { name: 'docs', runtime: 'echo' })).settled()
    assert.deepEqual(statuses(stage), ['accepted'])
    stage.opens('go')
    await stage.botShows(mary, docs, /^at last/)
    await card(mary, shop, /\*\*Patience\*\* ✓ is done/)
    await quiet(stage)
    const told = (await stage.botMessages(mary, shop)).filter((message) =>
      textOf(message).includes('waits: the session'),
    )
    assert.equal(told.length, 1)
  })

  test('a thread that is locked while a task waits there: it is done all the same, said when it opens, and told at once', async () => {
    const timings = { closedAgainAfterMs: 200 }
    await using stage = await openTeam({ env: { ...env, OMC_PER_USER_MAX_ACTIVE: '1' }, timings })
    mayNotManageThreads(stage)
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const shop = await stage.session(olivia, 'shop')
    const docs = await stage.session(olivia, 'docs')
    await olivia.says(shop, '!until go at work here')
    await stage.botShows(olivia, shop, 'at work')
    await give(olivia, shop, 'Locked', '!say done in the dark')
    await olivia.clicks(await card(olivia, docs, '**Locked**'), 'Accept')
    await until(() => stage.query("select 1 from runs where state = 'waiting'").length === 1)
    await olivia.archives(docs, true)
    stage.opens('go')
    await card(olivia, shop, /\*\*Locked\*\* ✓ is done/)
    assert.deepEqual(statuses(stage), ['done'])
    const answers = () => own(stage, docs).filter(({ content }) => content.startsWith('done in the dark')).length
    assert.equal(answers(), 0)
    await olivia.call('PATCH', `/channels/${docs.id}`, { archived: false, locked: false })
    await quiet(stage)
    assert.equal(answers(), 1)
  })

  test('what somebody cannot see is not there; in Korean', async () => {
    await using stage = await openTeam({ env })
    await stage.startBot()
    grant(stage, { mary: 'member' })
    const [olivia, mary, minji] = await Promise.all(
      ['olivia', 'mary', 'minji'].map((name) => stage.sandbox.actor(name)),
    )
    assert.ok(olivia && mary && minji)
    const shop = await stage.session(olivia, 'shop')
    const path = `/channels/${olivia.place('general').id}/threads`
    const hidden = await olivia.call<SeenPlace>('POST', path, { name: 'secret', type: 12 })
    await (await olivia.runs(hidden, '/session start', { name: 'secret', runtime: 'echo' })).settled()
    assert.match(await give(mary, shop, 'x', '', 'secret'), /There is no session called secret/)
    await give(olivia, hidden, 'Hush', '', 'secret')
    const chain = nameOf(stage)
    for (const [command, options] of [
      ['/task status', { task: chain }],
      ['/task accept', { task: chain }],
      ['/task cancel', { task: chain }],
    ] as const) {
      const said = await (await mary.runs(shop, command, options)).settled()
      assert.match(said.content, /There is no task called C\w+ that you can see/)
    }
    const list = await (await mary.runs(shop, '/task list', { everywhere: true, all: true })).settled()
    assert.match(list.content, /There are no such tasks/)
    assert.deepEqual(await mary.completes(shop, '/task status', {}, 'task'), [])
    assert.match(await give(minji, shop, '변경 기록', '', 'shop'), /맡겼어요/)
    await card(minji, shop, '수락을 기다림')
  })
})

describe('tasks and kill -9', { concurrency: true }, () => {
  const moments = [
    // Given, and shown; the sessions' starts come before.
    ['give', 'worked:3'],
    ['give', 'post-intended@panel'],
    // Clicked; accepted; the agent has it; it has begun; it is over, and that is to be told.
    ['accept', 'acknowledged:4'],
    ['accept', 'worked:4'],
    ['accept', 'letter-asked'],
    ['accept', 'task-moved'],
    ['accept', 'task-moved:2'],
  ] as const
  for (const [when, dieAt] of moments)
    test(`killed at ${dieAt} when somebody ${when}s: done once, told once`, async () => {
      await using stage = await Stage.open({ env, ownProcess: true })
      const first = await stage.startBot({ dieAt })
      const olivia = await stage.sandbox.actor('olivia')
      const shop = await stage.session(olivia, 'shop')
      const docs = await stage.session(olivia, 'docs')
      const giving = give(olivia, shop, 'Write', '!say It is written.').catch(() => undefined)
      const accept = async () => olivia.clicks(await card(olivia, docs, '? waits to be accepted'), 'Accept')
      if (when === 'accept') await accept().catch(() => undefined)
      await first.died()
      await stage.startBot()
      await giving
      if (when === 'give') await accept()
      await card(olivia, shop, /\*\*Write\*\* ✓ is done/)
      await quiet(stage)
      assert.deepEqual(statuses(stage), ['done'])
      assert.equal(stage.query('select 1 from runs').length, 1)
      for (const [place, what, times] of [
        [docs, '**Write**', 1],
        [docs, 'It is written.', 2],
        [shop, '**Write**', 2],
      ] as const) {
        // What people see comes to them a moment later than the bot knows that it stands.
        await until(async () => {
          const texts = (await stage.botMessages(olivia, place)).map(textOf)
          return texts.filter((text) => text.includes(what)).length === times
        })
      }
    })
})
