import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openTeam } from './approving.ts'
import { inboxStories } from './inbox-kills.ts'
import { until, type Stage } from './stage.ts'

const runs = (stage: Stage, where: string): number => stage.query(`select 1 from runs where ${where}`).length

describe('killed once a person saw that they were heard', { concurrency: true }, () => {
  test('a prompt, killed when it was worked off and when all was said: neither was kept', async () => {
    await using stage = await openTeam({ ownProcess: true })
    // The first that is worked off is the command that starts the session.
    const first = await stage.startBot({ dieAt: 'worked-off:2' })
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, '!say asked and not yet worked off')
    await first.died()
    assert.deepEqual([runs(stage, '1'), stage.query('select 1 from inbox where done_at is null').length], [1, 1])
    const second = await stage.startBot({ dieAt: 'said@run' })
    await second.died()
    await stage.botShows(olivia, thread, 'asked and not yet worked off')
    assert.notEqual(stage.query("select 1 from messages where settled = 0 and owner like 'run:%'").length, 0)
    await stage.startBot()
    await until(() => stage.query('select 1 from messages where settled = 0').length === 0)
    await until(() => stage.query('select 1 from inbox where done_at is null').length === 0)
    assert.equal(runs(stage, '1'), 1)
    const shown = (await stage.botMessages(olivia, thread)).map(({ content }) => content)
    assert.equal(shown.filter((text) => text.includes('asked and not yet')).length, 1, olivia.story(thread))
  })

  test('a prompt, killed when it was kept', async () => {
    await using stage = await openTeam({ ownProcess: true })
    // The first that is kept is the command that starts the session.
    const first = await stage.startBot({ dieAt: 'kept:2' })
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, '!say kept and not yet asked')
    await first.died()
    assert.equal(runs(stage, '1'), 0)
    await stage.startBot()
    await stage.botShows(olivia, thread, 'kept and not yet asked')
    await until(() => stage.query('select 1 from inbox where done_at is null').length === 0)
    assert.equal(runs(stage, '1'), 1)
  })

  test('a prompt that came while nobody was there, killed when the next life was about to listen', async () => {
    await using stage = await openTeam({ ownProcess: true })
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await first.kill()
    await olivia.says(thread, '!say heard in the end')
    await stage.spawnBot({ dieAt: 'opening' }).died()
    assert.equal(runs(stage, '1'), 0)
    await stage.startBot()
    await stage.botShows(olivia, thread, 'heard in the end')
    assert.equal(runs(stage, '1'), 1)
  })

  inboxStories('acknowledged')
})
