import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { controlsOf, textOf, type Message, type SeenPlace } from 'loopback-discord'
import { approvalsIn, asked, decided, openTeam } from './approving.ts'
import { own } from './shutting.ts'
import { Stage, until } from './stage.ts'

/** kill -9 between intending, posting, remembering and being done with a message, for each kind that is no run's. */

/** What stands in a channel that says this, from Discord's books. */
function saying(stage: Stage, place: SeenPlace, what: RegExp): readonly Message[] {
  return own(stage, place).filter((message) => what.test(textOf(message)))
}

function isSettled(stage: Stage, owner: string): boolean {
  const rows = stage.query<{ settled: number }>(`select settled from messages where owner like '${owner}'`)
  return rows.length > 0 && rows.every(({ settled }) => settled === 1)
}

describe('messages over a kill', { concurrency: true }, () => {
  for (const moment of ['post-intended', 'posted', 'remembered', 'settled']) {
    test(`a note: killed at '${moment}', it is said once`, async () => {
      await using stage = await Stage.open({ ownProcess: true })
      const first = await stage.startBot({ dieAt: `${moment}@note` })
      const olivia = await stage.sandbox.actor('olivia')
      const starting = olivia.runs('general', '/session start', { name: 'shop', runtime: 'echo' })
      await first.died()
      await starting.catch(() => undefined)
      await stage.startBot()
      await until(() => isSettled(stage, 'note:notice:%'))
      assert.equal(saying(stage, olivia.place('general'), /I only read messages/).length, 1)
    })

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

  for (const moment of ['post-intended', 'posted', 'remembered']) {
    test(`a board: killed at '${moment}', it stands once, pinned, and is kept current`, async () => {
      await using stage = await Stage.open({ ownProcess: true })
      const first = await stage.startBot({ dieAt: `${moment}@board` })
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop')
      const putting = olivia.runs('general', '/board')
      await first.died()
      await putting.catch(() => undefined)
      await stage.startBot()
      const general = olivia.place('general')
      const stands = (what: RegExp): boolean => saying(stage, general, what).length === 1
      await until(() => stands(/Nothing runs/) && saying(stage, general, /Board/)[0]?.pinnedAt !== null)
      await olivia.says(thread, '!until over one two')
      await until(() => stands(/Working/))
      stage.opens('over')
      await until(() => stands(/Nothing runs/))
      assert.equal(saying(stage, general, /Board/).length, 1)
    })
  }
})
