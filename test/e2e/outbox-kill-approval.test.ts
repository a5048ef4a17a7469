import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { controlsOf } from 'loopback-discord'
import { approvalsIn, asked, decided, openTeam } from './approving.ts'
import { isSettled } from './shutting.ts'
import { until } from './stage.ts'

/** kill -9 between intending, posting, remembering and being done with the message of an approval. */

describe('approvals over a kill of what posts them', { concurrency: true }, () => {
  for (const moment of ['post-intended', 'posted', 'remembered', 'settled']) {
    test(`an approval: killed at '${moment}', it is asked once, and its fate stands there`, async () => {
      await using stage = await openTeam({ ownProcess: true })
      const first = await stage.startBot({ dieAt: `${moment}@approval` })
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop')
      await olivia.says(thread, '!ask Bash npm test')
      if (moment === 'settled') await olivia.clicks(await asked(olivia, thread, 'npm test'), 'Approve')
      await first.died()
      await stage.startBot()
      if (moment !== 'settled') {
        const ask = await asked(olivia, thread, 'npm test')
        await olivia.clicks(ask, 'Approve')
        await decided(olivia, ask, 'Approved by @olivia')
      }
      await stage.botShows(olivia, thread, 'Done: npm test')
      await until(() => isSettled(stage, 'approval:%'))
      assert.equal((await approvalsIn(stage, olivia, thread)).length, 1, olivia.story(thread))
      assert.deepEqual((await approvalsIn(stage, olivia, thread)).map(controlsOf), [[]])
    })
  }
})
