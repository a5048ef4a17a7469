import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { controlsOf, textOf, type Actor, type SeenMessage, type SeenPlace } from 'loopback-discord'
import { grant, openTeam, told } from './approving.ts'
import { Stage, until } from './stage.ts'

const env = { OMC_INTER_AGENT_COOLDOWN_MS: '0' }

/** Waits for a delegation that people can answer. */
function delegation(actor: Actor, place: SeenPlace, what: string): Promise<SeenMessage> {
  return actor.sees(place, (message) => controlsOf(message).length > 0 && textOf(message).includes(what))
}

/** Everything of a place that the bot says, as text. */
async function standing(stage: Stage, actor: Actor, place: SeenPlace): Promise<string> {
  return (await stage.botMessages(actor, place)).map(textOf).join('\n')
}

function states(stage: Stage): Record<string, number> {
  const rows = stage.query<{ kind: string; state: string }>('select kind, state from letters order by seq')
  const all: Record<string, number> = {}
  for (const { kind, state } of rows) all[`${kind} ${state}`] = (all[`${kind} ${state}`] ?? 0) + 1
  return all
}

/** Changes the database beside the bot, as a death would have left it. */
function changes(stage: Stage, sql: string): void {
  const db = new DatabaseSync(join(stage.data, 'orchestrator.sqlite'))
  try {
    db.exec('pragma busy_timeout = 5000')
    db.exec(sql)
  } finally {
    db.close()
  }
}

async function quiet(stage: Stage): Promise<void> {
  await until(
    () =>
      stage.query("select 1 from runs where state <> 'over'").length === 0 &&
      stage.query("select 1 from letters where state in ('waiting', 'delivered')").length === 0 &&
      stage.query("select 1 from messages where settled = 0 and owner not like 'board:%'").length === 0,
  )
}

/** What echo agents were told, word for word. */
function heard(stage: Stage): string {
  const folder = join(stage.data, 'echo')
  const files = readdirSync(folder).filter((file) => file.endsWith('.jsonl'))
  return files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n')
}

describe('letters from agent to agent', { concurrency: true }, () => {
  test('one asks another and hears its answer as a message of its own, framed as an agent’s', async () => {
    await using stage = await Stage.open({ env })
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const shop = await stage.session(olivia, 'shop')
    const docs = await stage.session(olivia, 'docs')
    await olivia.says(shop, '!consult docs !reply It is *blue* @everyone.')
    await stage.botShows(olivia, shop, /consult: Asked \(letter L\w{7}, chain C\w{7}\)\. The answer comes as a message/)
    const asked = await stage.botShows(olivia, docs, /✉ \*\*shop\*\* asks \*\*docs\*\*/)
    assert.deepEqual(asked.mentions, [])
    await stage.botShows(olivia, docs, /reply: Sent to shop/)
    await stage.botShows(olivia, shop, /✉ \*\*docs\*\* answers \*\*shop\*\*/)
    await quiet(stage)
    assert.deepEqual(states(stage), { 'consult closed': 1, 'reply closed': 1 })
    const prompts = heard(stage)
    assert.match(
      prompts,
      /\(The bot: letter L\w+ of chain C\w+, hop 1, from the agent of the session docs\. It answers/,
    )
    assert.match(prompts, /\| It is \*blue\* @everyone\.\\n\)/)
    assert.equal(stage.query('select 1 from runs').length, 3)
  })

  test('an agent that answers before its letter is known to have come, as a death leaves it, is heard', async () => {
    await using stage = await Stage.open({ env })
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const shop = await stage.session(olivia, 'shop')
    const docs = await stage.session(olivia, 'docs')
    await olivia.says(shop, '!consult docs !until asked\\n!reply It is blue.')
    await stage.botShows(olivia, docs, '● Working')
    changes(stage, "update letters set state = 'waiting' where state = 'delivered'")
    stage.opens('asked')
    await stage.botShows(olivia, docs, /reply: Sent to shop/)
    await stage.botShows(olivia, shop, /✉ \*\*docs\*\* answers \*\*shop\*\*/)
    await quiet(stage)
    assert.deepEqual(states(stage), { 'consult closed': 1, 'reply closed': 1 })
    assert.equal((await standing(stage, olivia, docs)).match(/✉/g)?.length, 1)
  })

  test('a delegation waits for a person; what the other says at its end comes back; nobody is asked twice', async () => {
    await using stage = await openTeam({ env })
    await stage.startBot()
    grant(stage, { mary: 'member', gwen: 'guest' })
    const olivia = await stage.sandbox.actor('olivia')
    const mary = await stage.sandbox.actor('mary')
    const gwen = await stage.sandbox.actor('gwen')
    const shop = await stage.session(olivia, 'shop')
    const docs = await stage.session(olivia, 'docs')
    await gwen.says(shop, '!delegate docs !say never')
    await stage.botShows(gwen, shop, /delegate: Refused: the person you work for is guest here, and this takes member/)

    await mary.says(shop, '!delegate docs Write it\\n!say It is written.')
    const card = await delegation(mary, shop, 'to take this over')
    assert.match(textOf(card), /\*\*shop\*\* \(Echo, for <@\d+>\) asks \*\*docs\*\* \(Echo\) to take this over:/)
    assert.match(textOf(card), /> Write it\n> !say It is written\.\nC\w+ · hop 1 of 4 · 0 of 50k tokens/)
    await mary.clicks(card, 'Approve')
    await told(mary, shop, 'Only owners and approvers may answer this')
    assert.doesNotMatch(await standing(stage, olivia, docs), /✉/, 'nothing is sent before somebody consents')
    await olivia.clicks(await delegation(olivia, shop, 'to take this over'), 'Approve')
    await stage.botShows(olivia, docs, /^It is written\./)
    const back = textOf(await stage.botShows(olivia, shop, /✉ \*\*docs\*\* reports to \*\*shop\*\*/))
    assert.match(back, /> It is written\./)
    await quiet(stage)
    assert.match(await standing(stage, olivia, shop), /✓ Approved by @olivia/)
    assert.deepEqual(states(stage), { 'delegate closed': 1, 'report closed': 1 })
    const speakers = stage.query<{ person: string }>('select distinct person from runs where asked_seq > 8')
    assert.ok(speakers.length > 0)
  })

  test('a no comes back with its reason, and what is to change; a stop takes it back; the buttons go', async () => {
    await using stage = await openTeam({ env })
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const shop = await stage.session(olivia, 'shop')
    await stage.session(olivia, 'docs')
    await olivia.says(shop, '!delegate docs !say one')
    const first = await delegation(olivia, shop, '> !say one')
    const form = await olivia.clicks(first, 'Deny…')
    assert.ok(form.modal)
    await olivia.submits(form.modal, { 'Why not': 'not *today*' })
    await stage.botShows(olivia, shop, /> A person said no \(olivia\): not \*today\*/)
    await until(async () => /■ Denied by @olivia: not \\\*today\\\*/.test(await standing(stage, olivia, shop)))
    await assert.rejects(olivia.clicks(first, 'Approve'), /has no "Approve"/)

    await olivia.says(shop, '!delegate docs !say two\n!until never and on')
    await delegation(olivia, shop, '> !say two')
    await (await olivia.runs(shop, '/cancel')).settled()
    await until(async () => (await standing(stage, olivia, shop)).includes('■ Taken back'))
    await quiet(stage)
    assert.deepEqual(states(stage), { 'delegate denied': 1, 'report closed': 1, 'delegate withdrawn': 1 })
  })

  test('two who ask each other for ever are stopped by the rules; a circle and oneself are refused', async () => {
    await using stage = await Stage.open({ env })
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const shop = await stage.session(olivia, 'shop')
    const docs = await stage.session(olivia, 'docs')
    await olivia.says(shop, '!consult shop me\n!consult docs !consult shop and you?')
    await stage.botShows(olivia, shop, /consult: Refused: that is you\./)
    await stage.botShows(olivia, docs, /consult: Refused: that session waits for this very work/)
    // Each answer makes it ask once more.
    const ask = (left: number): string => (left === 0 ? '!reply the last' : `!reply !consult docs ${ask(left - 1)}`)
    await olivia.says(shop, `!consult docs ${ask(6)}`)
    await stage.botShows(olivia, shop, /consult: Refused: this chain has had its 4 hops/)
    await quiet(stage)
    const hops = stage.query<{ hop: number }>("select json_extract(body, '$.hop') as hop from letters")
    assert.equal(Math.max(...hops.map(({ hop }) => hop)), 4)
  })

  test('a letter to a session that is at work arrives later; one to a session that ended is told of, and waits', async () => {
    await using stage = await Stage.open({ env })
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const shop = await stage.session(olivia, 'shop')
    const docs = await stage.session(olivia, 'docs')
    await olivia.says(docs, '!until done busy with this')
    await stage.botShows(olivia, docs, 'busy with')
    await olivia.says(shop, '!consult docs !reply later')
    await until(() => stage.query("select 1 from letters where state = 'delivered'").length === 1)
    stage.opens('done')
    await stage.botShows(olivia, shop, /> later/)

    // One that was put away comes back for it.
    await olivia.archives(docs)
    await olivia.says(shop, '!consult docs !reply from the shelf')
    await stage.botShows(olivia, shop, /> from the shelf/)
    const arrived = () => stage.botMessages(olivia, docs)
    await until(async () => (await arrived()).filter((each) => textOf(each).includes('from the shelf')).length > 0)
    assert.equal((await standing(stage, olivia, docs)).split('!reply from the shelf').length - 1, 1)

    await olivia.says(docs, '!until never at work when it ends')
    await stage.botShows(olivia, docs, 'at work when it')
    await olivia.says(shop, '!consult docs !reply never')
    await until(() => stage.query("select 1 from letters where state = 'delivered'").length === 1)
    await (await olivia.runs(docs, '/session stop')).settled()
    await stage.botShows(olivia, shop, /> The work was stopped/)
    await quiet(stage)

    // It has asked on itself, and is no more when the answer comes: whoever waits for it is told.
    const notes = await stage.session(olivia, 'notes')
    const more = await stage.session(olivia, 'more')
    await olivia.says(shop, '!consult notes !consult more !until noted noted at last')
    await until(
      () =>
        stage.query("select 1 from letters where state = 'delivered'").length === 2 &&
        stage.query("select 1 from runs where state <> 'over'").length === 1,
    )
    await (await olivia.runs(notes, '/session stop')).settled()
    stage.opens('noted')
    await stage.botShows(olivia, more, 'noted at last')
    await stage.botShows(olivia, shop, /> The session notes has ended\. Your letter L\w+ waits/)
  })
})

describe('letters and kill -9', { concurrency: true }, () => {
  // Each of them by the dozen, in one process: test/engine/letters.test.ts.
  for (const dieAt of ['tool-answered', 'letter-asked:2', 'asked:2'])
    test(`killed at ${dieAt}: every letter arrives once`, async () => {
      await using stage = await Stage.open({ env, ownProcess: true })
      const first = await stage.startBot()
      const olivia = await stage.sandbox.actor('olivia')
      const shop = await stage.session(olivia, 'shop')
      const docs = await stage.session(olivia, 'docs')
      await first.kill()
      const second = stage.spawnBot({ dieAt })
      await second.ready()
      await olivia.says(shop, '!consult docs !reply the answer')
      await second.died()
      await stage.startBot()
      await stage.botShows(olivia, shop, /> the answer/)
      await quiet(stage)
      assert.deepEqual(states(stage), { 'consult closed': 1, 'reply closed': 1 })
      assert.equal(stage.query('select 1 from runs').length, 3)
      for (const [place, words] of [
        [docs, '✉ **shop** asks'],
        [shop, '✉ **docs** answers'],
      ] as const)
        assert.equal((await standing(stage, olivia, place)).split(words).length - 1, 1, words)
    })

  test('the agent dies after it has asked, and asks again: one letter', async () => {
    await using stage = await Stage.open({ env })
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const shop = await stage.session(olivia, 'shop')
    await stage.session(olivia, 'docs')
    await olivia.says(shop, '!consult docs !reply the answer\n!die')
    await stage.botShows(olivia, shop, /> the answer/)
    await quiet(stage)
    assert.deepEqual(states(stage), { 'consult closed': 1, 'reply closed': 1 })
  })

  test('killed while people are asked, and when they have consented: it is sent once', async () => {
    await using stage = await Stage.open({ env, ownProcess: true })
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const shop = await stage.session(olivia, 'shop')
    const docs = await stage.session(olivia, 'docs')
    await olivia.says(shop, '!delegate docs !say done by docs')
    await delegation(olivia, shop, 'to take this over')
    await first.kill()
    const second = stage.spawnBot({ dieAt: 'letter-asked' })
    await second.ready()
    await olivia.clicks(await delegation(olivia, shop, 'to take this over'), 'This pair, this chain')
    await second.died()
    await stage.startBot()
    await stage.botShows(olivia, shop, /> done by docs/)
    await quiet(stage)
    assert.deepEqual(states(stage), { 'delegate closed': 1, 'report closed': 1 })
    assert.equal((await standing(stage, olivia, docs)).split('✉ **shop** hands work').length - 1, 1)
    assert.match(await standing(stage, olivia, shop), /✓ Approved by @olivia, for this pair in this chain/)
  })
})

describe('what people see and say of it', { concurrency: true }, () => {
  test('/show-trace draws a chain for whoever sees its places, with what it cost and what was written', async () => {
    await using stage = await openTeam({ env })
    await stage.startBot()
    grant(stage, { mary: 'member' })
    const olivia = await stage.sandbox.actor('olivia')
    const mary = await stage.sandbox.actor('mary')
    const shop = await stage.session(olivia, 'shop')
    const name = 'secret'
    const path = `/channels/${olivia.place('general').id}/threads`
    const hidden = await olivia.call<SeenPlace>('POST', path, { name, type: 12 })
    await (await olivia.runs(hidden, '/session start', { name, runtime: 'echo' })).settled()
    await stage.session(olivia, 'docs')
    await olivia.says(shop, '!consult docs !reply in the open\n!consult secret !reply in private')
    await stage.botShows(olivia, shop, /> in the open/)
    await stage.botShows(olivia, shop, /> in private/)
    await quiet(stage)
    const id = stage.query<{ id: string }>('select id from omc_chains')[0]?.id ?? ''
    const all = await (await olivia.runs(shop, '/show-trace', { chain: id.toLowerCase() })).settled()
    assert.equal((all.flags ?? 0) & (1 << 15), 1 << 15, 'a card of the second generation')
    assert.match(textOf(all), new RegExp(`^\\*\\*${id}\\*\\* · from \\*\\*shop\\*\\* for @olivia`))
    assert.match(textOf(all), /› \*\*shop\*\* asks \*\*docs\*\* · ✓ done · 0 tok/)
    assert.match(textOf(all), /⠀⠀› \*\*secret\*\* answers \*\*shop\*\*/)
    const [file] = all.attachments
    assert.match(file === undefined ? '' : await (await fetch(file.url)).text(), /in private/)
    const some = await (await mary.runs(shop, '/show-trace', { chain: id })).settled()
    assert.match(textOf(some), /and 2 in places that you cannot see/)
    assert.doesNotMatch(textOf(some), /secret/)
    const [seen] = some.attachments
    assert.doesNotMatch(seen === undefined ? '' : await (await fetch(seen.url)).text(), /private/)
    // A member of this thread alone sees the other place, and not what its agent was told.
    const bob = await stage.sandbox.actor('bob')
    await (await olivia.runs(shop, '/permission set', { user: bob.id, tier: 'member', scope: 'here' })).settled()
    const less = await (await bob.runs(shop, '/show-trace', { chain: id })).settled()
    assert.match(textOf(less), /and 4 in places that you cannot see/)
    assert.doesNotMatch(textOf(less), /docs/)
    const none = await (await mary.runs(shop, '/show-trace', { chain: 'C2222222' })).settled()
    assert.match(none.content, /There is no chain called C2222222/)
  })

  test('ask_human: what people choose or write is their own prompt, once; whoever may not prompt may not answer', async () => {
    await using stage = await openTeam({ env })
    await stage.startBot()
    grant(stage, { mary: 'member' })
    const olivia = await stage.sandbox.actor('olivia')
    const mary = await stage.sandbox.actor('mary')
    const bob = await stage.sandbox.actor('bob')
    const shop = await stage.session(olivia, 'shop')
    await olivia.says(shop, '!ask_human Which?\\n@everyone | !say this | !say that')
    const asks = (actor: Actor) => delegation(actor, shop, 'the agent, asks')
    const question = await asks(olivia)
    assert.match(textOf(question), /> Which\?\n> @everyone$/)
    await bob.clicks(await asks(bob), '!say this')
    await told(bob, shop, 'You have no tier here')
    await mary.clicks(await asks(mary), '!say that')
    await stage.botShows(olivia, shop, /^that$/)
    await until(async () => (await standing(stage, olivia, shop)).includes('✓ @mary: !say that'))
    const speakers = stage.query<{ person: string }>("select person from runs where prompt_key like 'answer:%'")
    assert.deepEqual(speakers.length, 1)

    await olivia.says(shop, '!ask_human And now?')
    const other = await delegation(olivia, shop, '> And now?')
    const form = await olivia.clicks(other, 'Other…')
    assert.ok(form.modal)
    await olivia.submits(form.modal, { 'Your answer': '!say my own words' })
    await stage.botShows(olivia, shop, /^my own words$/)
    await quiet(stage)
  })
})
