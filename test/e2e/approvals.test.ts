import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Actor, SeenMessage, SeenPlace } from '../../src/sandbox/actors/actor.ts'
import { Stage, until } from './stage.ts'

test('a command is shown whole, approved, and then it runs', async () => {
  await using stage = await Stage.open()
  await stage.startBot()
  const olivia = await stage.sandbox.actor('olivia')
  const thread = await stage.session(olivia, 'shop')
  await olivia.says(thread, '!ask Bash rm -rf build')
  const ask = await asked(olivia, thread, 'rm -rf build')
  assert.match(ask.content, /\*\*Echo wants to run a command\*\* for <@\d+>\n```bash\nrm -rf build\n```/)
  assert.match(ask.content, /in `.*projects\/shop`/)
  assert.match(ask.content, /or an owner may answer · until <t:\d+:t>/)
  const card = await stage.botShows(olivia, thread, /\? Asking/)
  assert.ok(JSON.stringify(card.embeds).includes(ask.id), 'the card points to it')
  const outcome = await olivia.clicks(ask, 'Approve')
  assert.equal(outcome.failed, false)
  await stage.botShows(olivia, thread, 'Done: rm -rf build')
  const over = await olivia.sees(thread, (message) => message.id === ask.id && message.components.length === 0)
  assert.match(over.content, /✓ Approved by @olivia/)
  assert.match(over.content, /rm -rf build/)
})

/** The open approval with this in it. */
async function asked(actor: Actor, place: SeenPlace, what: string): Promise<SeenMessage> {
  return actor.sees(
    place,
    (message) =>
      message.author.bot &&
      message.content.includes(what) &&
      message.components.length > 0 &&
      /until <t:/.test(message.content),
  )
}
void until
