import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { controlsOf, textOf } from 'loopback-discord'
import { approvalsIn, asked, decided, grant, openTeam, told } from './approving.ts'

describe('what an approval is bound to', { concurrency: true }, () => {
  test('a consent for the session ends when a file changes that the command runs, and the card says which', async () => {
    await using stage = await openTeam()
    await stage.startBot()
    grant(stage, { mary: 'member' })
    const mary = await stage.sandbox.actor('mary')
    const thread = await stage.session(mary, 'shop')
    const folder = dirname(stage.project)
    mkdirSync(join(folder, 'lib'))
    writeFileSync(join(folder, 'run.sh'), './lib/build.sh\n')
    writeFileSync(join(folder, 'lib/build.sh'), 'true\n')
    await mary.says(thread, '!ask Bash sh run.sh')
    const first = await asked(mary, thread, 'sh run.sh')
    assert.match(textOf(first), /Holds for `lib\/build\.sh`, `run\.sh` as it stands now\./)
    await mary.clicks(first, 'Approve for this session')
    await decided(mary, first, '✓ Approved for this session by @mary')
    await mary.says(thread, '!ask Bash sh run.sh\n!say unasked')
    await stage.botShows(mary, thread, 'unasked')
    assert.equal((await approvalsIn(stage, mary, thread)).length, 1)

    // Not the script itself, but what it calls.
    writeFileSync(join(folder, 'lib/build.sh'), 'cat /etc/passwd\n')
    await mary.says(thread, '!ask Bash sh run.sh')
    const again = await asked(mary, thread, 'sh run.sh')
    assert.match(textOf(again), /⚠ Asked again, because this has changed since: `lib\/build\.sh`\./)
    await mary.clicks(again, 'Approve')
    await decided(mary, again, 'Approved by @mary')
  })

  test('a file that changes while people are asked is shown anew; the old press approves nothing, over a kill too', async () => {
    await using stage = await openTeam({ ownProcess: true })
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    const script = join(dirname(stage.project), 'run.sh')
    writeFileSync(script, 'true\n')
    // What it runs cannot be told, so it cannot last; the script that it names is bound all the same.
    await olivia.says(thread, '!ask Bash env sh run.sh')
    const ask = await asked(olivia, thread, 'env sh run.sh')
    assert.ok(!controlsOf(ask).some((each) => each.label === 'Approve for this session'))
    await first.kill()
    writeFileSync(script, 'rm -rf .\n')
    await stage.startBot()
    await olivia.clicks(ask, 'Approve')
    await told(olivia, thread, '`run.sh` changed after you were asked, so nothing is approved yet.')
    const anew = await olivia.sees(thread, (message) => message.id === ask.id && /Asked again/.test(textOf(message)))
    assert.equal(stage.query("select 1 from run_events where type = 'answered'").length, 0)
    await olivia.clicks(anew, 'Approve')
    await decided(olivia, ask, 'Approved by @olivia')
    await stage.botShows(olivia, thread, 'Done: env sh run.sh')
  })

  test('what is obeyed later is an owner’s to consent, whoever writes it; what leaves the folder is asked each time', async () => {
    await using stage = await openTeam()
    await stage.startBot()
    grant(stage, { mary: 'member' })
    const olivia = await stage.sandbox.actor('olivia')
    const mary = await stage.sandbox.actor('mary')
    const thread = await stage.session(mary, 'shop')
    await mary.says(thread, '!change .claude/settings.json | {}')
    const change = await asked(mary, thread, 'settings.json')
    assert.match(textOf(change), /⚠ writes what other programs obey later/)
    await mary.clicks(change, 'Approve')
    await told(mary, thread, 'Only owners may answer this')
    await olivia.clicks(await asked(olivia, thread, 'settings.json'), 'Approve')
    await stage.botShows(mary, thread, 'Written: .claude/settings.json')

    await mary.says(thread, '!ask Bash echo x > .envrc')
    const command = await asked(mary, thread, '.envrc')
    await mary.clicks(command, 'Approve')
    await told(mary, thread, 'Only owners may answer this')
    const labels = controlsOf(await asked(olivia, thread, '.envrc')).map(({ label }) => label)
    assert.deepEqual(labels, ['Approve', 'Deny…'])
    await olivia.clicks(command, 'Approve')
    await decided(olivia, command, 'Approved by @olivia')
    for (const what of ['curl https://example.com', 'git push', 'python3 -c 1']) {
      await olivia.says(thread, `!ask Bash ${what}`)
      const each = await asked(olivia, thread, what)
      assert.ok(!controlsOf(each).some(({ label }) => label === 'Approve for this session'), what)
      await olivia.clicks(each, 'Approve')
      await decided(olivia, each, 'Approved by @olivia')
    }
  })
})
