import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { textOf, type Actor, type SeenMessage, type SeenPlace } from 'loopback-discord'
import { asked, decided, grant, idOf, openTeam, told } from './approving.ts'
import { until, type Stage } from './stage.ts'

/** Whatever comes in a test comes together, however slow the machine is. */
const together = { gatherAsksMs: 600_000 }

/** A prompt that asks for all of these at once. */
function asking(...commands: readonly string[]): string {
  return `!asks ${commands.map((each) => `Bash ${each}`).join(' | ')}`
}

const many = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `touch file-${at + 1}`)

/** The messages of the bot that ask for something, whatever they say now. */
async function asks(stage: Stage, actor: Actor, place: SeenPlace): Promise<SeenMessage[]> {
  return (await stage.botMessages(actor, place)).filter((message) => /\*\*Echo (asks|wants)/.test(textOf(message)))
}

const answered = (stage: Stage): number => stage.query("select 1 from run_events where type = 'answered'").length

describe('many approvals at once', { concurrency: true }, () => {
  test('forty are one message: some by one, those shown together, each decided once', async () => {
    await using stage = await openTeam({ timings: together })
    await stage.startBot({ env: { OMC_AUDIT_CHANNEL_ID: stage.sandbox.channel('audit') } })
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, asking(...many(40)))
    const list = await asked(olivia, thread, '30 more come up as these are answered.')
    assert.match(
      textOf(list),
      /^\*\*Echo asks for 40 things\*\* for <@\d+> · they or an owner may answer until <t:\d+:t>\n/,
    )
    assert.match(textOf(list), /\n1\\. Bash `touch file-1`\n2\\. /)
    const [file] = list.attachments
    assert.match(await (await fetch(file?.url ?? '')).text(), /=== 40\. [^\n]+\ntouch file-40$/, 'whole in the file')
    await until(async () => (await asks(stage, olivia, thread)).length === 1)

    const before = structuredClone(list.components)
    // One of them, shown whole to one person alone.
    const looking = await (await olivia.chooses(list, 'Look at one', ['3. touch file-3'])).settled()
    assert.ok(looking.ephemeral)
    assert.match(textOf(looking), /```bash\ntouch file-3\n```/)
    await olivia.clicks(looking, 'Approve')
    await stage.botShows(olivia, thread, 'Done: touch file-3')
    const less = await asked(olivia, thread, '✓ 1 approved by @olivia')
    assert.match(textOf(less), /\n11\\. /, 'the next one came up')

    // The buttons of the first sight: what came up since then was not seen.
    const record = stage.sandbox.world.history(list.channelId).get(list.id)
    assert.ok(record !== undefined)
    record.components = [...before]
    await olivia.clicks({ ...less, components: before }, 'Approve these 10')
    await asked(olivia, thread, '✓ 10 approved by @olivia')
    assert.equal(answered(stage), 10)
    await olivia.clicks(await asked(olivia, thread, '20 more come up'), 'Approve these 10')
    const form = await olivia.clicks(await asked(olivia, thread, '10 more come up'), 'Deny these 10…')
    assert.ok(form.modal)
    await olivia.submits(form.modal, { 'Why not': 'too much' })
    const last = await asked(olivia, thread, '■ 10 denied by @olivia')
    assert.ok(!textOf(last).includes('come up'))
    await olivia.clicks(last, 'Approve these 10')
    const over = await decided(olivia, list, '✓ 30 approved by @olivia · ■ 10 denied by @olivia')
    assert.equal(over.id, list.id)
    await until(() => stage.query('select 1 from approvals where closed = 0').length === 0)
    assert.equal((await asks(stage, olivia, thread)).length, 1)
    await until(async () => (await stage.botMessages(olivia, olivia.place('audit'))).length === 40)
  })

  test('those shown are answered together only by who may answer each of them', async () => {
    await using stage = await openTeam({ timings: together })
    await stage.startBot()
    grant(stage, { mary: 'member', mike: 'member' })
    const [olivia, mary, mike] = await Promise.all(['olivia', 'mary', 'mike'].map((name) => stage.sandbox.actor(name)))
    assert.ok(olivia && mary && mike)
    const thread = await stage.session(mary, 'shop')
    await mary.says(thread, asking('ls a', 'ls b', 'git push', 'ls c', 'curl https://example.com'))
    const list = await asked(mary, thread, '5 things')
    assert.match(textOf(list), /3\\. Bash `git push` ⚠ network ⚠ publishes · an owner's to answer/)
    await mary.clicks(list, 'Approve these 5')
    await told(mary, thread, '2 of these 5 are not yours to answer, so nothing was decided.')
    await mike.clicks(await asked(mike, thread, '5 things'), 'Approve these 5')
    await told(mike, thread, 'Only @mary and owners may answer this')
    const push = await mary.chooses(list, 'Look at one', ['3. git push'])
    assert.match((await push.settled()).content, /Only owners may answer this/)
    assert.equal(answered(stage), 0)
    const own = await (await mary.chooses(list, 'Look at one', ['1. ls a'])).settled()
    await mary.clicks(own, 'Approve')
    await stage.botShows(mary, thread, 'Done: ls a')
    await olivia.clicks(await asked(olivia, thread, '✓ 1 approved by @mary'), 'Approve these 4')
    await decided(mary, list, '✓ 1 approved by @mary · ✓ 4 approved by @olivia')
    await stage.botShows(mary, thread, 'Done: git push')
  })

  test('what arises in a channel is a list in the owner’s direct messages, and says nothing in the channel', async () => {
    await using stage = await openTeam({ timings: together })
    await stage.startBot({ env: { OMC_OWNER_USER_ID: idOf(stage, 'oscar') } })
    grant(stage, { mary: 'member' })
    const oscar = await stage.sandbox.actor('oscar')
    const mary = await stage.sandbox.actor('mary')
    await (await mary.runs('work', '/session start', { name: 'shop', runtime: 'echo' })).settled()
    await mary.says('work', asking(...many(5).map((each) => `${each}-secret`)))
    const line = await mary.sees('work', 'Echo needs 5 answers for @mary')
    const looked = await (await mary.clicks(line, 'Look')).settled()
    assert.ok(looked.ephemeral && textOf(looked).includes('file-1-secret'))
    const list = await asked(oscar, await oscar.opensDm(), 'file-1-secret')
    await oscar.clicks(list, 'Approve these 5')
    await decided(oscar, list, '✓ 5 approved by @oscar')
    await decided(mary, line, '✓ All 5 were answered.')
  })

  test('those that stand alone stay when more come, which are a list of their own; over a kill as well', async () => {
    await using stage = await openTeam({ ownProcess: true, timings: { gatherAsksMs: 0 } })
    const bot = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    const late = ['d', 'e'].map((name) => `@more Bash touch ${name}`)
    await olivia.says(thread, `!asks Bash touch a | Bash touch b | Bash touch c | ${late.join(' | ')}`)
    const singles = await Promise.all(['a', 'b', 'c'].map((name) => asked(olivia, thread, `touch ${name}`)))
    const form = await olivia.clicks(singles[1] ?? assert.fail(), 'Deny…')
    assert.ok(form.modal)
    stage.opens('more')
    const list = await asked(olivia, thread, '2 things')
    await bot.kill()
    await stage.startBot()
    await olivia.submits(form.modal, { 'Why not': 'not that' })
    await stage.botShows(olivia, thread, 'I was told no: not that')
    await olivia.clicks(list, 'Approve these 2')
    await decided(olivia, list, '✓ 2 approved by @olivia')
    for (const single of [singles[0], singles[2]]) await olivia.clicks(single ?? assert.fail(), 'Approve')
    await stage.botShows(olivia, thread, 'Done: touch c')
    assert.equal((await asks(stage, olivia, thread)).length, 4)
    assert.equal(answered(stage), 5)
    await until(() => stage.query('select 1 from approvals where closed = 0').length === 0)
  })

  test('nobody answers: one reminder, one word, and each is a no', async () => {
    await using stage = await openTeam({ timings: together })
    await stage.startBot({ env: { OMC_APPROVAL_TIMEOUT_MS: '20000' } })
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, asking(...many(6)))
    const list = await asked(olivia, thread, '6 things')
    const reminder = await stage.botShows(olivia, thread, /still needs an answer until/)
    assert.equal(reminder.repliesTo, list.id)
    await stage.botShows(olivia, thread, 'Nobody answered 6 of these, so I told Echo no.')
    await decided(olivia, list, '■ 6 not answered in time')
    await olivia.sees(thread, (message) => message.id === reminder.id, { gone: true })
  })
})

describe('many approvals over a kill', { concurrency: true }, () => {
  for (const dieAt of ['approvals-listed', 'approval-posted', 'approval-answered'])
    test(`killed at '${dieAt}', they are one message, and each is decided once`, async () => {
      await using stage = await openTeam({ ownProcess: true, timings: together })
      const first = await stage.startBot({ dieAt })
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop')
      await olivia.says(thread, asking(...many(6)))
      if (dieAt === 'approval-answered') await olivia.clicks(await asked(olivia, thread, '6 things'), 'Approve these 6')
      await first.died()
      await stage.startBot()
      const list = await olivia.sees(thread, '6 things')
      if (dieAt !== 'approval-answered') await olivia.clicks(await asked(olivia, thread, '6 things'), 'Approve these 6')
      await decided(olivia, list, '✓ 6 approved by @olivia')
      await stage.botShows(olivia, thread, 'Done: touch file-6')
      await until(() => stage.query('select 1 from approvals where closed = 0').length === 0)
      assert.equal((await asks(stage, olivia, thread)).length, 1, olivia.story(thread))
      assert.equal(answered(stage), 6)
    })

  test('killed when some are decided, the old list goes on with all it has said', async () => {
    await using stage = await openTeam({ ownProcess: true, timings: together })
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, asking(...many(5)))
    const list = await asked(olivia, thread, '5 things')
    const looked = await (await olivia.chooses(list, 'Look at one', ['2. touch file-2'])).settled()
    await olivia.clicks(looked, 'Approve')
    await asked(olivia, thread, '✓ 1 approved by @olivia')
    await first.kill()
    await stage.startBot()
    const form = await olivia.clicks(list, 'Deny these 4…')
    assert.ok(form.modal)
    await olivia.submits(form.modal, {})
    await decided(olivia, list, '■ 4 denied by @olivia · ✓ 1 approved by @olivia')
    assert.equal(answered(stage), 5)
    assert.equal((await asks(stage, olivia, thread)).length, 1)
  })
})
