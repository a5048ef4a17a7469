import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { textOf, type Message, type SeenPlace } from 'loopback-discord'
import { isSettled, own } from './shutting.ts'
import { Stage, until } from './stage.ts'
import { Traffic } from './traffic.ts'

/** kill -9 between intending, posting, remembering and being done with a message, for each kind that is no run's. */

/** What stands in a channel that says this, from Discord's books. */
function saying(stage: Stage, place: SeenPlace, what: RegExp): readonly Message[] {
  return own(stage, place).filter((message) => what.test(textOf(message)))
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
  }

  test("a note: killed at 'posted', and back when its nonce holds no longer: it is looked for, and not posted again", async () => {
    const traffic = new Traffic()
    await using stage = await Stage.open({ ownProcess: true, sandbox: { watchers: [traffic] } })
    const first = await stage.startBot({ dieAt: 'posted@note' })
    const olivia = await stage.sandbox.actor('olivia')
    const starting = olivia.runs('general', '/session start', { name: 'shop', runtime: 'echo' })
    await first.died()
    await starting.catch(() => undefined)
    const messages = new RegExp(`^/channels/${olivia.place('general').id}/messages$`)
    const posts = traffic.count('POST', messages)
    const db = new DatabaseSync(join(stage.data, 'orchestrator.sqlite'))
    db.exec("update messages set intended_at = intended_at - 600000 where owner like 'note:notice:%'")
    db.close()
    await stage.startBot()
    await until(() => isSettled(stage, 'note:notice:%'))
    assert.equal(traffic.count('POST', messages), posts)
    assert.equal(saying(stage, olivia.place('general'), /I only read messages/).length, 1)
  })

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
      await olivia.sees(general, ({ content }) => content.startsWith('The board stands here'))
      await olivia.says(thread, '!until over one two')
      await until(() => stands(/Working/))
      stage.opens('over')
      await until(() => stands(/Nothing runs/))
      assert.equal(saying(stage, general, /Board/).length, 1)
    })
  }
})
