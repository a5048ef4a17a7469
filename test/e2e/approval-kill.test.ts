import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { controlsOf, textOf, type Actor, type SeenPlace } from 'loopback-discord'
import { approvalsIn, asked, decided, openTeam } from './approving.ts'
import type { Stage } from './stage.ts'

/** The approval stands once, and its answer once. */
async function assertOnce(stage: Stage, actor: Actor, thread: SeenPlace): Promise<void> {
  assert.equal((await approvalsIn(stage, actor, thread)).length, 1, actor.story(thread))
  assert.equal(stage.query("select 1 from run_events where type = 'answered'").length, 1)
  assert.equal(stage.query("select 1 from run_events where type = 'lost'").length, 0)
}

describe('approvals over a kill', { concurrency: true }, () => {
  for (const dieAt of ['approval-wanted', 'approval-posted']) {
    test(`killed at '${dieAt}', it is asked once, and its button works`, async () => {
      await using stage = await openTeam({ ownProcess: true })
      const first = await stage.startBot({ dieAt })
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop')
      await olivia.says(thread, '!ask Bash npm test')
      await first.died()
      assert.equal(stage.query("select 1 from run_events where type = 'wanted'").length, 1)
      assert.equal(
        stage.query("select 1 from messages where owner like 'approval:%' and message is not null").length,
        0,
      )
      await stage.startBot()
      const ask = await asked(olivia, thread, 'npm test')
      await olivia.clicks(ask, 'Approve')
      await stage.botShows(olivia, thread, 'Done: npm test')
      await decided(olivia, ask, 'Approved by @olivia')
      await assertOnce(stage, olivia, thread)
    })
  }

  test('killed while it waits, the old button works: decided, and then the tool runs', async () => {
    await using stage = await openTeam({ ownProcess: true })
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, '!ask Bash npm test')
    const ask = await asked(olivia, thread, 'npm test')
    await first.kill()
    const second = await stage.startBot({ ownProcess: true })
    await second.kill()
    await stage.startBot()
    await olivia.clicks(ask, 'Approve')
    await stage.botShows(olivia, thread, 'Done: npm test')
    await decided(olivia, ask, 'Approved by @olivia')
    await assertOnce(stage, olivia, thread)
  })

  test('killed after the answer was kept and before the agent heard it, the agent hears it', async () => {
    await using stage = await openTeam({ ownProcess: true })
    const first = await stage.startBot({ dieAt: 'approval-answered' })
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, '!ask Bash npm test')
    const ask = await asked(olivia, thread, 'npm test')
    await olivia.clicks(ask, 'Approve')
    await first.died()
    await stage.startBot()
    await stage.botShows(olivia, thread, 'Done: npm test')
    await decided(olivia, ask, 'Approved by @olivia')
    await assertOnce(stage, olivia, thread)
  })

  test('the time to answer goes on over a restart, and the answer is no', async () => {
    await using stage = await openTeam({ ownProcess: true, env: { OMC_APPROVAL_TIMEOUT_MS: '15000' } })
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, '!ask Bash npm test')
    const ask = await asked(olivia, thread, 'npm test')
    const [kept] = stage.query<{ expires_at: number }>('select expires_at from approvals')
    await first.kill()
    const second = await stage.startBot()
    await stage.botShows(olivia, thread, 'I was told no: Nobody answered')
    // Where connecting took long, nobody could be heard meanwhile.
    if (!second.log.some(({ msg }) => msg === 'approval.prolonged'))
      assert.equal(
        stage.query<{ expires_at: number }>('select expires_at from approvals')[0]?.expires_at,
        kept?.expires_at,
      )
    await decided(olivia, ask, 'Nobody answered in time')
  })

  test('killed together with its agent, the old buttons go and say why; the next attempt asks anew', async () => {
    await using stage = await openTeam({ ownProcess: true })
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, '!ask Bash npm test')
    const ask = await asked(olivia, thread, 'npm test')
    await first.kill()
    for (const pid of await stage.agents()) process.kill(pid, 'SIGKILL')
    await stage.startBot()
    const again = await olivia.sees(
      thread,
      (message) => message.id !== ask.id && controlsOf(message).length > 0 && textOf(message).includes('npm test'),
    )
    await decided(olivia, ask, "■ The agent's process ended before anybody answered.")
    await olivia.clicks(again, 'Approve')
    await stage.botShows(olivia, thread, 'Done: npm test')
  })

  test('asked while Discord is away, it is asked once when Discord is back', async () => {
    await using stage = await openTeam()
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    stage.sandbox.faults.add({ kind: 'rest.error', method: 'POST', path: `/channels/${thread.id}/messages`, times: 6 })
    await olivia.says(thread, '!ask Bash npm test')
    const ask = await asked(olivia, thread, 'npm test')
    await olivia.clicks(ask, 'Approve')
    await stage.botShows(olivia, thread, 'Done: npm test')
    await assertOnce(stage, olivia, thread)
  })
})
