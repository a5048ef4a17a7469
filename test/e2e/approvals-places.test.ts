import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { controlsOf, textOf, type SeenMessage } from 'loopback-discord'
import { asked, decided, grant, idOf, openTeam } from './approving.ts'
import { until } from './stage.ts'

/** What was shown to one person alone says this by now, and has no buttons any more. */
function isOver(copy: SeenMessage, what: string): (message: SeenMessage) => boolean {
  return (message) => message.id === copy.id && controlsOf(message).length === 0 && textOf(message).includes(what)
}

describe('where approvals are asked, told and left unanswered', { concurrency: true }, () => {
  test('what arises in a channel is asked in the owner’s direct messages; the channel sees a neutral line', async () => {
    await using stage = await openTeam()
    const owner = idOf(stage, 'oscar')
    await stage.startBot({ env: { OMC_OWNER_USER_ID: owner } })
    grant(stage, { mary: 'member' })
    const oscar = await stage.sandbox.actor('oscar')
    const mary = await stage.sandbox.actor('mary')
    const bob = await stage.sandbox.actor('bob')
    await (await mary.runs('work', '/session start', { name: 'shop', runtime: 'echo' })).settled()
    await mary.says('work', '!until seen !ask Bash cat secret-plan.txt')
    // The CLI has begun its call, and nobody knows yet that it will be asked about.
    await stage.botShows(bob, bob.place('work'), /● Working[^]*Bash/)
    stage.opens('seen')
    const line = await mary.sees('work', 'Echo needs an answer for @mary')
    assert.match(textOf(line), /An owner was asked in a direct message/)
    const dm = await oscar.opensDm()
    const ask = await asked(oscar, dm, 'cat secret-plan.txt')
    await stage.botShows(mary, mary.place('work'), /\? Asking/)
    const read = (await bob.messages('work')).filter(({ author }) => author.bot)
    assert.doesNotMatch(
      JSON.stringify(read),
      /secret-plan/,
      'neither a message nor the card says what is asked, nor did it ever',
    )

    const refused = await (await bob.clicks(await bob.sees('work', 'needs an answer'), 'Look')).settled()
    assert.match(refused.content, /Only @mary and owners/)
    const looked = await (await mary.clicks(line, 'Look')).settled()
    assert.ok(looked.ephemeral, 'the speaker sees it alone')
    assert.match(textOf(looked), /cat secret-plan\.txt/)

    await oscar.clicks(ask, 'Approve')
    await stage.botShows(mary, mary.place('work'), 'Done: cat secret-plan.txt')
    await decided(oscar, ask, 'Approved by @oscar')
    const over = await decided(mary, line, '✓ It was answered by @oscar.')
    assert.equal(over.id, line.id)
    await mary.sees('work', isOver(looked, 'Approved by @oscar'))

    await mary.says('work', '!ask Bash second thing')
    await asked(oscar, dm, 'second thing')
    const again = await mary.sees(
      'work',
      (message) => controlsOf(message).length > 0 && textOf(message).includes('needs an'),
    )
    const copy = await (await mary.clicks(again, 'Look')).settled()
    await mary.clicks(copy, 'Approve')
    await mary.sees('work', (message) => message.id === copy.id && textOf(message).includes('Approved by @mary'))
    await stage.botShows(mary, mary.place('work'), 'Done: second thing')
  })

  test('a copy that one person looks at says what was decided elsewhere, also in the next life and after a while', async () => {
    await using stage = await openTeam({ ownProcess: true, timings: { gatherAsksMs: 600_000 } })
    const env = { OMC_OWNER_USER_ID: idOf(stage, 'oscar') }
    const first = await stage.startBot({ env })
    grant(stage, { mary: 'member' })
    const oscar = await stage.sandbox.actor('oscar')
    const mary = await stage.sandbox.actor('mary')
    await (await mary.runs('work', '/session start', { name: 'shop', runtime: 'echo' })).settled()
    await mary.says('work', '!ask Bash make')
    const line = await mary.sees('work', 'needs an answer')
    const copy = await (await mary.clicks(line, 'Look')).settled()
    assert.ok(controlsOf(copy).length > 0)
    await first.kill()
    const second = await stage.startBot({ env, dieAt: 'approval-answered' })
    const dm = await oscar.opensDm()
    await oscar.clicks(await asked(oscar, dm, 'make'), 'Approve')
    await second.died()
    const path = `/webhooks/${stage.sandbox.bot.id}/`
    stage.sandbox.faults.add({ kind: 'rest.error', method: 'PATCH', path, times: 3 })
    await stage.startBot({ env })
    await mary.sees('work', isOver(copy, 'Approved by @oscar'))
    await until(() => stage.query('select 1 from approval_copies').length === 0)

    await mary.says('work', '!asks Bash ls a | Bash ls b | Bash ls c | Bash ls d')
    const many = await (await mary.clicks(await mary.sees('work', 'needs 4 answers'), 'Look')).settled()
    await oscar.clicks(await asked(oscar, dm, '4 things'), 'Approve these 4')
    await mary.sees('work', isOver(many, '✓ 4 approved by @oscar'))
  })

  test('with the owner’s direct messages closed, whoever may answer looks at it in the channel', async () => {
    await using stage = await openTeam({ people: [{ name: 'oscar', acceptsDms: false }] })
    await stage.startBot({ env: { OMC_OWNER_USER_ID: idOf(stage, 'oscar') } })
    const oscar = await stage.sandbox.actor('oscar')
    await (await oscar.runs('work', '/session start', { name: 'shop', runtime: 'echo' })).settled()
    await oscar.says('work', '!ask Bash make')
    const line = await oscar.sees('work', 'They or an owner can look at it here and answer.')
    const copy = await (await oscar.clicks(line, 'Look')).settled()
    assert.match(textOf(copy), /```bash\nmake\n```/)
    const denying = await oscar.clicks(copy, 'Deny…')
    assert.ok(denying.modal)
    await oscar.submits(denying.modal, { 'Why not': 'not now' })
    await stage.botShows(oscar, oscar.place('work'), 'I was told no: not now')
    await oscar.sees('work', (message) => message.id === copy.id && textOf(message).includes('Denied by @oscar'))
    await decided(oscar, line, '■ It was answered by @oscar.')
  })

  test('every decision is copied to the audit channel, also one that a consent made', async () => {
    await using stage = await openTeam()
    await stage.startBot({ env: { OMC_AUDIT_CHANNEL_ID: stage.sandbox.channel('audit') } })
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, '!ask Bash ls build')
    await olivia.clicks(await asked(olivia, thread, 'ls build'), 'Approve for this session')
    await olivia.sees('audit', 'Approved for this session by @olivia')
    await olivia.says(thread, '!ask Bash ls build')
    await olivia.sees('audit', 'Approved, as @olivia approved it for this session')
    await olivia.says(thread, '!ask Bash npm publish')
    const form = await olivia.clicks(await asked(olivia, thread, 'npm publish'), 'Deny…')
    assert.ok(form.modal)
    await olivia.submits(form.modal, { 'Why not': 'never' })
    const denied = await olivia.sees('audit', 'Denied by @olivia: never')
    assert.match(
      textOf(denied),
      /Echo · \*\*shop\*\* · for @olivia · Bash `npm publish`\nrun `[-\w]+` · input `[0-9a-f]{12}`/,
    )
    const copies = await stage.botMessages(olivia, olivia.place('audit'))
    assert.equal(copies.length, 3)
  })

  test('an answer that does not come is a no: one reminder, and everybody is told', async () => {
    await using stage = await openTeam()
    await stage.startBot({ env: { OMC_APPROVAL_TIMEOUT_MS: '20000' } })
    grant(stage, { mary: 'member' })
    const mary = await stage.sandbox.actor('mary')
    const thread = await stage.session(mary, 'shop')
    await mary.says(thread, '!ask Bash npm test')
    const ask = await asked(mary, thread, 'npm test')
    const reminder = await stage.botShows(mary, thread, /still needs an answer until/)
    assert.equal(reminder.repliesTo, ask.id)
    assert.ok(textOf(reminder).startsWith(`<@${idOf(stage, 'mary')}>`))
    await stage.botShows(mary, thread, 'I was told no: Nobody answered within 1 min')
    await decided(mary, ask, '■ Nobody answered in time, so the answer was no.')
    await stage.botShows(mary, thread, 'Nobody answered, so I told Echo no.')
    await mary.sees(thread, (message) => message.id === reminder.id, { gone: true })
  })
})
