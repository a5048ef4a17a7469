import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { textOf, type SeenPlace } from 'loopback-discord'
import { grant, openTeam } from './approving.ts'
import { until } from './stage.ts'

function set(key: string, text: string, more: object = {}): string {
  return `!call scratchpad_set ${JSON.stringify({ key, text, ...more })}`
}

function get(input: object = {}): string {
  return `!call scratchpad_get ${JSON.stringify(input)}`
}

test('an agent keeps notes for itself and for its chain, each change from what was read; people see them', async () => {
  await using stage = await openTeam({ env: { OMC_INTER_AGENT_COOLDOWN_MS: '0' } })
  await stage.startBot()
  grant(stage, { mary: 'member', gwen: 'guest' })
  const olivia = await stage.sandbox.actor('olivia')
  const gwen = await stage.sandbox.actor('gwen')
  const shop = await stage.session(olivia, 'shop')
  const docs = await stage.session(olivia, 'docs')
  const steps = [
    set('plan', 'one\n) *two* \u202e@everyone'),
    set('plan', 'blind'),
    set('plan', 'second', { version: '1' }),
    set('plan', 'late', { version: '1' }),
    set('other', 'x', { version: '3' }),
    set('gone', 'soon'),
    set('gone', '', { version: '1' }),
    set('gone', 'again'),
    get(),
    get({ key: 'plan' }),
    get({ chain: true }),
    '!say the end',
  ]
  await olivia.says(shop, steps.join('\n'))
  const said = textOf(await stage.botShows(olivia, shop, 'the end'))
  for (const words of [
    'Kept: plan, version 1.',
    'Refused: that note is in version 1 by now, written by shop',
    'Kept: plan, version 2.',
    'Refused: that note is in version 2 by now',
    'Refused: there is no such note any more',
    'Taken away: gone.',
    // A number is never given twice: nobody can change what they have not read.
    'Kept: gone, version 3.',
    'gone (version 3, by shop, 5 characters)\nplan (version 2, by shop, 6 characters)',
    "(A note of the agent of the session shop, not a person's word, version 2:\n| second\n)",
    'Refused: you work on nothing that is shared',
  ])
    assert.ok(said.includes(words), `${words}:\n${said}`)

  await gwen.says(shop, `${set('plan', 'by a guest', { version: '2' })}\n${get({ key: 'plan' })}\n!say as a guest`)
  const guest = textOf(await stage.botShows(gwen, shop, 'as a guest'))
  assert.match(guest, /scratchpad_set: Refused: the person you work for is guest here, and this takes member/)
  assert.match(guest, /\| second/)

  const shared = set('found', 'in the cart', { chain: true })
  await olivia.says(shop, `!consult docs ${shared}\\n${get()}\\n!reply ${get({ key: 'found', chain: true })}`)
  const there = textOf(await stage.botShows(olivia, docs, 'There are no notes.'))
  assert.match(there, /Kept: found, version 1\./, 'what another agent keeps for itself is not there')
  await stage.botShows(olivia, shop, /session docs, not a person's word, version 1:\n\| in the cart/)
  await until(() => stage.query("select 1 from runs where state <> 'over'").length === 0)

  const mine = await (await olivia.runs(shop, '/scratchpad')).settled()
  assert.match(mine.content, /› `plan` · version 2 by \*\*shop\*\* · <t:\d+:R>\n> second/)
  assert.equal(mine.attachments.length, 1)
  const chain = stage.query<{ id: string }>('select id from omc_chains')[0]?.id ?? ''
  const ours = await (await olivia.runs(docs, '/scratchpad', { chain })).settled()
  assert.match(ours.content, /› `found` · version 1 by \*\*docs\*\*/)
  assert.equal((await (await olivia.runs(docs, '/scratchpad')).settled()).content, 'There are no notes.')

  // What an agent noted where somebody cannot look is none of their business; nor is a secret anybody's.
  const mary = await stage.sandbox.actor('mary')
  const path = `/channels/${olivia.place('general').id}/threads`
  const hidden = await olivia.call<SeenPlace>('POST', path, { name: 'secret', type: 12 })
  await (await olivia.runs(hidden, '/session start', { name: 'secret', runtime: 'echo' })).settled()
  const key = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`
  const inside = set('hush', 'inside', { chain: true })
  const outside = set('loud', `outside with ${key}`, { chain: true })
  await olivia.says(shop, `!consult secret ${inside}\\n!reply noted\n${outside}`)
  const noted = textOf(await stage.botShows(olivia, shop, 'Kept: loud'))
  assert.match(noted, /Kept: loud, version 1\. What looked like a secret in it was blotted out\./)
  await stage.botShows(olivia, shop, /> noted$/)
  const second = stage.query<{ id: string }>('select id from omc_chains order by seq desc')[0]?.id ?? ''
  const allOfIt = await (await olivia.runs(shop, '/scratchpad', { chain: second })).settled()
  assert.match(allOfIt.content, /`hush` · version 1 by \*\*secret\*\*.*\n> inside\n.*`loud`.*\n> outside with •{40}/)
  assert.equal(stage.query(`select 1 from scratchpads where text like '%${key}%'`).length, 0)
  const some = await (await mary.runs(shop, '/scratchpad', { chain: second })).settled()
  assert.match(some.content, /`loud`.*\n.*\nAnd 1 of agents in places that you cannot see\.$/)
  assert.doesNotMatch(some.content, /hush|inside/)
  const [part] = some.attachments
  assert.doesNotMatch(part === undefined ? '' : await (await fetch(part.url)).text(), /hush|inside/)
  assert.match((await (await mary.runs(shop, '/scratchpad', { chain })).settled()).content, /`found`/)

  const numbers = (from: number, to: number): readonly number[] =>
    Array.from({ length: to - from }, (_, at) => from + at)
  for (const [from, to] of [
    [0, 25],
    [25, 51],
  ] as const)
    await olivia.says(docs, [...numbers(from, to).map((at) => set(`n${at}`, `x${at}`)), `!say up to ${to}`].join('\n'))
  const full = textOf(await stage.botShows(olivia, docs, 'up to 51'))
  assert.match(full, /Kept: n49, version 1\.\n.*Refused: there are 50 notes already\. Take some away/s)
  await olivia.says(docs, `${set('n7', '', { version: '1' })}\n${set('n50', 'x50')}\n${get()}\n!say room again`)
  await stage.botShows(olivia, docs, 'room again')
  const room = (await stage.botMessages(olivia, docs)).map(textOf).join('\n')
  assert.match(room, /Taken away: n7\./)
  for (const at of numbers(0, 51)) assert.equal(room.includes(`n${at} (version 1,`), at !== 7, `n${at}`)
  // Notes that were taken away: each of them stays known.
  const db = new DatabaseSync(join(stage.data, 'orchestrator.sqlite'))
  db.exec('pragma busy_timeout = 5000')
  const [scope] = stage.query<{ scope: string }>("select scope from scratchpads where key = 'n1'")
  const gone = db.prepare("insert into scratchpads values (?, ?, '', 1, 'docs', 1)")
  for (const at of numbers(0, 449)) gone.run(scope?.scope ?? '', `gone${at}`)
  db.close()
  const more = [
    set('n1', '', { version: '1' }),
    set('new', 'x'),
    set('gone3', 'x3'),
    set('gone3', '', { version: '2' }),
  ]
  await olivia.says(docs, [...more, set('n1', 'x1'), '!say names used again'].join('\n'))
  const again = textOf(await stage.botShows(olivia, docs, 'names used again'))
  assert.match(again, /Refused: there have been 500 names by now\. Use one again/)
  assert.match(again, /Kept: gone3, version 2\.\n.*Taken away: gone3\.\n.*Kept: n1, version 3\./s)
  const list = await (await olivia.runs(docs, '/scratchpad')).settled()
  const [file] = list.attachments
  const whole = file === undefined ? '' : await (await fetch(file.url)).text()
  assert.equal(whole.match(/^x\d+$/gm)?.length, 50, 'people see all of them')
  const none = await (await olivia.runs(shop, '/scratchpad', { chain: 'CNOTHERE' })).settled()
  assert.match(none.content, /There is no chain called CNOTHERE that you can see/)
})
