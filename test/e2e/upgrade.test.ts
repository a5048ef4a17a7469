import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { textOf, type Actor, type SeenMessage, type SeenPlace } from 'loopback-discord'
import { asked, decided } from './approving.ts'
import { layOut, missing } from './released.ts'
import { Stage, until } from './stage.ts'
import { patienceMs } from '../patience.ts'

/** An earlier version's echo has no gates: it works on for as long as it is told to. */
const atWork = (text: string, seconds: number): string => `!slow ${seconds}s ${text}`

test(
  'a data folder of the version before goes on: its agents, questions, queue, buttons and board',
  { skip: missing },
  async () => {
    await using stage = await Stage.open({
      ownProcess: true,
      env: { OMC_PER_USER_MAX_ACTIVE: '8', OMC_MAX_ACTIVE_CLIS: '8' },
    })
    const program = layOut(join(stage.home, 'earlier'))
    const first = await stage.startBot({ program })
    const olivia = await stage.sandbox.actor('olivia')
    const minji = await stage.sandbox.actor('minji')
    const says = async (name: string, text: string) => {
      const thread = await stage.session(olivia, name)
      await olivia.says(thread, text)
      return thread
    }

    const answered = await says('answered', '!say this was said before')
    const whole = await stage.botShows(olivia, answered, 'said before')
    await (await olivia.runs('general', '/board')).settled()
    const asking = await says('asking', '!ask Bash npm test')
    const ask = await asked(olivia, asking, 'npm test')
    const late = await says('late', '!question Which? | this | that')
    const question = await asked(olivia, late, 'Which?')
    const stopping = await says('stopping', atWork('nobody wants all of this', 600))
    const unwanted = await stage.botShows(olivia, stopping, 'nobody')
    const steered = await says('steered', atWork('hither and thither', 600))
    const led = await stage.botShows(olivia, steered, 'hither')
    const working = await says('working', atWork('one two three four five six', 25))
    const growing = await stage.botShows(olivia, working, 'one')
    for (const nth of ['first', 'second']) await olivia.says(working, `!say the ${nth} that waits`)
    await minji.says(working, '!say 한국어 요청')
    await until(() => stage.query("select 1 from runs where state = 'waiting'").length === 3)
    const board = await stage.botShows(olivia, olivia.place('general'), /\*\*Board\*\*/)
    assert.equal(stage.query("select 1 from runs where state in ('running', 'asking')").length, 5)
    await first.kill()
    const agents = await stage.agents()
    assert.ok(agents.length >= 5, `${agents.length} agents`)

    await stage.startBot()
    await presses(olivia, ask, 'Approve')
    await stage.botShows(olivia, asking, 'Done: npm test')
    await decided(olivia, ask, 'Approved by @olivia')
    await presses(olivia, unwanted, 'Stop')
    await stage.botShows(olivia, stopping, /■ Stopped by @olivia/)
    const form = await presses(olivia, led, 'Steer')
    assert.ok(form.modal, 'a form asks for the word')
    await olivia.submits(form.modal, { 'A word for the run at work': 'and quickly' })
    await stage.botShows(olivia, steered, 'Steered: and quickly')
    await olivia.runs(steered, '/cancel')
    await presses(olivia, question, 'this')
    await stage.botShows(olivia, working, '한국어 요청')
    await until(
      () => stage.query("select 1 from runs where state <> 'over'").length === 0,
      patienceMs,
      'every run to end',
    )
    await until(
      () => stage.query("select 1 from messages where settled = 0 and owner not like 'board:%'").length === 0,
      patienceMs,
      'all to be said',
    )

    const shown = async (thread: SeenPlace) =>
      (await stage.botMessages(olivia, thread)).filter(({ interactionId }) => interactionId === null)
    assert.deepEqual(
      (await shown(answered)).map(({ id, content }) => [id, content]),
      [[whole.id, whole.content]],
      'what was answered stands as it stood',
    )
    const said = (await shown(working)).filter(({ content }) => content !== '')
    assert.deepEqual(
      said.map(({ content }) => content.split('\n')[0]),
      ['one two three four five six', 'the first that waits', 'the second that waits', '한국어 요청'],
    )
    assert.equal(said[0]?.id, growing.id, 'the message that grew goes on')
    assert.ok(said.every(({ components }) => components.length === 0))
    assert.equal(stage.query("select 1 from run_events where type = 'lost'").length, 0, 'no attempt was lost')
    assert.equal(stage.query("select 1 from run_events where type = 'answered'").length, 2)
    const boards = (await shown(olivia.place('general'))).filter((message) => /\*\*Board\*\*/.test(textOf(message)))
    assert.deepEqual(
      boards.map(({ id }) => id),
      [board.id],
      'the board that stood there, and no other',
    )
    const shows = await stage.botShows(olivia, olivia.place('general'), /Nothing runs/)
    assert.equal(shows.id, board.id)
    await olivia.says(answered, '!recall')
    await until(
      () => stage.query("select 1 from runs where state = 'over'").length === 10,
      patienceMs,
      'the last to end',
    )
    const begun = stage.query<{ run: string }>("select run from run_events where type = 'started'")
    assert.equal(new Set(begun.map(({ run }) => run)).size, begun.length, 'every prompt was begun once')
  },
)

/** Presses a button of a message as it stands: today's bot may draw it anew in the moment in which it is pressed. */
function presses(actor: Actor, { id, channelId }: SeenMessage, label: string): ReturnType<Actor['clicks']> {
  return until(async () => {
    const now = await actor.sees({ id: channelId }, (message) => message.id === id)
    return actor.clicks(now, label).catch(() => null)
  })
}
