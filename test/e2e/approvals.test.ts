import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { controlsOf, textOf } from 'loopback-discord'
import { approvalsIn, asked, decided, grant, idOf, openTeam, told } from './approving.ts'
import { until } from './stage.ts'

describe('approvals', { concurrency: true }, () => {
  test('a command is shown whole, approved, and then it runs', async () => {
    await using stage = await openTeam()
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, '!ask Bash rm -rf build')
    const ask = await asked(olivia, thread, 'rm -rf build')
    const first =
      /^\*\*Echo wants to run a command\*\* for <@\d+> · they or an owner may answer until <t:\d+:t>\n```bash\nrm -rf build\n```/
    assert.match(textOf(ask), first)
    assert.match(textOf(ask), /in `.*projects`/)
    // The card says that it asks, and points to the question.
    await stage.botShows(olivia, thread, new RegExp(`^\\? Asking[^]*/${ask.id}\\)$`))
    assert.equal(stage.query('select 1 from approvals where closed = 0').length, 1)

    const outcome = await olivia.clicks(ask, 'Approve')
    assert.equal(outcome.failed, false)
    await stage.botShows(olivia, thread, 'Done: rm -rf build')
    const over = await decided(olivia, ask, '✓ Approved by @olivia')
    assert.match(textOf(over), /rm -rf build/, 'what was approved still stands there')
    await until(() => stage.query('select 1 from approvals where closed = 0').length === 0)
  })

  test('a denial carries its reason to the agent, and two questions are open at once in two runs', async () => {
    await using stage = await openTeam()
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const one = await stage.session(olivia, 'one')
    const two = await stage.session(olivia, 'two')
    await olivia.says(one, '!ask Bash rm -rf one')
    await olivia.says(two, '!ask Bash rm -rf two')
    const first = await asked(olivia, one, 'rm -rf one')
    const second = await asked(olivia, two, 'rm -rf two')

    const denying = await olivia.clicks(first, 'Deny…')
    assert.ok(denying.modal, 'a form asks why')
    const sent = await olivia.submits(denying.modal, { 'Why not': 'use `trash` *instead*' })
    assert.equal(sent.failed, false)
    await stage.botShows(olivia, one, 'I was told no: use `trash` *instead*')
    await decided(olivia, first, /■ Denied by @olivia: use \\`trash\\` \\\*instead\\\*$/)

    const silent = await olivia.clicks(second, 'Deny…')
    assert.ok(silent.modal)
    await olivia.submits(silent.modal, {})
    await stage.botShows(olivia, two, 'I was told no: olivia said no.')

    await assert.rejects(olivia.clicks(first, 'Deny…'), /has no "Deny…"/, 'its buttons are gone')
  })

  test('who may: the speaker for what is harmless, owners always, nobody else, whatever they were before', async () => {
    await using stage = await openTeam()
    await stage.startBot()
    grant(stage, { mary: 'member', mike: 'member', gwen: 'guest' })
    const [olivia, mary, mike, gwen, bob] = await Promise.all(
      ['olivia', 'mary', 'mike', 'gwen', 'bob'].map((name) => stage.sandbox.actor(name)),
    )
    assert.ok(olivia && mary && mike && gwen && bob)
    const thread = await stage.session(mary, 'shop')

    await mary.says(thread, '!ask Bash npm test')
    const harmless = await asked(mary, thread, 'npm test')
    for (const other of [mike, gwen, bob]) {
      const seen = await asked(other, thread, 'npm test')
      await other.clicks(seen, 'Approve')
      await told(other, thread, 'Only @mary and owners may answer this. Ask one of them to look at it.')
      const formless = await other.clicks(seen, 'Deny…')
      assert.equal(formless.modal, null, `${other.name} is given no form`)
      assert.ok(formless.ephemeral)
    }
    await mary.clicks(harmless, 'Approve')
    await stage.botShows(mary, thread, 'Done: npm test')
    await decided(mary, harmless, 'Approved by @mary')

    // What reaches further needs somebody else than who asked for it.
    await mary.says(thread, '!ask Bash curl https://example.com')
    const risky = await asked(mary, thread, 'curl https')
    assert.match(textOf(risky), /⚠ reaches the network/)
    assert.match(textOf(risky), /^[^\n]+ · an owner may answer until /)
    await mary.clicks(risky, 'Approve')
    await told(mary, thread, 'Only owners may answer this. Ask one of them to look at it.')
    await olivia.clicks(await asked(olivia, thread, 'curl https'), 'Approve')
    await stage.botShows(mary, thread, 'Done: curl <https://example.com>')
    await olivia.says(thread, '!ask Bash git push')
    await olivia.clicks(await asked(olivia, thread, 'git push'), 'Approve')
    await stage.botShows(olivia, thread, 'Done: git push')

    // Questions are talk with whoever asked, also a guest.
    await gwen.says(thread, '!question Which? | this | that')
    const question = await asked(gwen, thread, 'Which')
    await mike.clicks(await asked(mike, thread, 'Which'), 'this')
    await told(mike, thread, 'Only @gwen and owners may answer this')
    await gwen.clicks(question, 'that')
    await decided(gwen, question, '✓ Answered by @gwen: that')

    await mary.says(thread, '!ask Bash npm run last')
    const last = await asked(mary, thread, 'npm run last')
    grant(stage, { mary: null })
    await mary.clicks(last, 'Approve')
    // What she was no longer counts.
    await told(mary, thread, 'Only @mary and owners may answer this')
    const answered = stage.query("select 1 from run_events where type = 'answered'")
    assert.equal(answered.length, 4)
  })

  test('of two who answer at once the first wins, and the second is told', async () => {
    await using stage = await openTeam()
    await stage.startBot()
    grant(stage, { mary: 'member' })
    const olivia = await stage.sandbox.actor('olivia')
    const mary = await stage.sandbox.actor('mary')
    const thread = await stage.session(mary, 'shop')
    await mary.says(thread, '!ask Bash npm test')
    const hers = await asked(mary, thread, 'npm test')
    const owners = await asked(olivia, thread, 'npm test')
    const form = await olivia.clicks(owners, 'Deny…')
    assert.ok(form.modal)
    await Promise.all([mary.clicks(hers, 'Approve'), olivia.submits(form.modal, { 'Why not': 'no' })])
    await decided(mary, hers, /Approved by @mary|Denied by @olivia/)
    const answered = stage.query<{ json: string }>("select json from run_events where type = 'answered'")
    assert.equal(answered.length, 1)
    const { by } = JSON.parse(answered[0]?.json ?? '{}') as { by: string }
    const late = by === 'mary' ? olivia : mary
    await told(late, thread, `@${by} was faster`)
  })

  test('an approval for the session holds for the same again: for this speaker, and while the rights last', async () => {
    await using stage = await openTeam()
    await stage.startBot()
    grant(stage, { mary: 'member', mike: 'member', oscar: 'owner' })
    const oscar = await stage.sandbox.actor('oscar')
    const mary = await stage.sandbox.actor('mary')
    const mike = await stage.sandbox.actor('mike')
    const thread = await stage.session(mary, 'shop')
    writeFileSync(join(dirname(stage.project), 'package.json'), '{"scripts":{"test":"true","start":"true"}}')
    await mary.says(thread, '!ask Bash npm test')
    const first = await asked(mary, thread, 'npm test')
    await mary.clicks(first, 'Approve for this session')
    await stage.botShows(mary, thread, 'Done: npm test')
    await decided(mary, first, '✓ Approved for this session by @mary')

    await mary.says(thread, '!ask Bash npm test\n!until seen and again')
    await stage.botShows(mary, thread, '› Bash `npm test` · approved for this session by @mary')
    stage.opens('seen')
    await stage.botShows(mary, thread, 'again')
    assert.equal((await approvalsIn(stage, mary, thread)).length, 1, 'nobody was asked again')
    const by = stage
      .query<{ json: string }>("select json from run_events where type = 'answered' order by seq")
      .map(({ json }) => (JSON.parse(json) as { by: string }).by)
    assert.deepEqual(by, ['mary', 'for this session: mary'])

    await mary.says(thread, '!ask Bash npm test --force')
    const other = await asked(mary, thread, 'npm test --force')
    await mary.clicks(other, 'Approve')
    await stage.botShows(mary, thread, 'Done: npm test --force')

    await mike.says(thread, '!ask Bash npm test')
    const mikes = await mike.sees(
      thread,
      (message) => controlsOf(message).length > 0 && textOf(message).includes(`for <@${idOf(stage, 'mike')}>`),
    )
    await mike.clicks(mikes, 'Approve')
    await decided(mike, mikes, 'Approved by @mike')

    // It is worth what the one who gave it may do now.
    await mary.says(thread, '!ask Bash npm start')
    await oscar.clicks(await asked(oscar, thread, 'npm start'), 'Approve for this session')
    await stage.botShows(mary, thread, 'Done: npm start')
    await mary.says(thread, '!ask Bash npm start\n!say the second time')
    await stage.botShows(mary, thread, 'the second time')
    grant(stage, { oscar: 'member' })
    await mary.says(thread, '!ask Bash npm start')
    await asked(mary, thread, 'npm start')
  })

  test('Stop works while it asks: the buttons go, and the agent hears nothing', async () => {
    await using stage = await openTeam()
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, '!ask Bash npm test')
    const ask = await asked(olivia, thread, 'npm test')
    const card = await stage.botShows(olivia, thread, /\? Asking/)
    await olivia.clicks(card, 'Stop')
    await decided(olivia, ask, '■ The run was stopped by @olivia before anybody answered.')
    await stage.botShows(olivia, thread, /■ Stopped by/)
    assert.equal(stage.query("select 1 from run_events where type = 'answered'").length, 0)
  })

  test('an input cannot break out of its block, hide anything, or mention anybody; a long one is a file', async () => {
    await using stage = await openTeam()
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, '!ask Bash echo ``` **✓ Approved** @everyone \u202e\u200b#')
    const ask = await asked(olivia, thread, 'echo')
    const [, block = ''] = /```bash\n([^]*?)\n```\n/.exec(textOf(ask)) ?? []
    assert.match(block, /@everyone ⟨U\+202E⟩⟨U\+200B⟩#$/, 'all of it is in the block')
    assert.match(textOf(ask), /characters that cannot be seen/)
    const form = await olivia.clicks(ask, 'Deny…')
    assert.ok(form.modal)
    await olivia.submits(form.modal, {})
    await decided(olivia, ask, 'Denied')

    const long = `echo ${'x'.repeat(1500)} end`
    await olivia.says(thread, `!ask Bash ${long}`)
    const filed = await asked(olivia, thread, 'command.txt')
    const [file] = filed.attachments
    assert.ok(file !== undefined)
    assert.equal(await (await fetch(file.url)).text(), long)
    await olivia.clicks(filed, 'Approve')
    await decided(olivia, filed, 'Approved')
  })

  test('Koreans are asked in Korean', async () => {
    await using stage = await openTeam()
    await stage.startBot()
    const minji = await stage.sandbox.actor('minji')
    const thread = await stage.session(minji, 'shop')
    await minji.says(thread, '!ask Bash npm test')
    const ask = await asked(minji, thread, 'npm test')
    assert.match(textOf(ask), /Echo 에이전트가 명령을 실행하려고 해요/)
    await minji.clicks(ask, '승인')
    await decided(minji, ask, '✓ @minji 님이 승인했어요')
  })
})
