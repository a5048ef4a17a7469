import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { linkFor, PageVisitor, type Loose } from './page-visitor.ts'
import { Stage } from './stage.ts'

describe('the queue on the page', { concurrency: true }, () => {
  test('a prompt is put first, also by two at once; whoever looks after the bot is told', async () => {
    await using stage = await Stage.open({ env: { OMC_MAX_ACTIVE_CLIS: '1' } })
    const olivia = await stage.sandbox.actor('olivia')
    const bot = await stage.startBot({ env: { OMC_AUDIT_CHANNEL_ID: olivia.place('work').id } })
    const [one, two, three] = [
      await stage.session(olivia, 'one'),
      await stage.session(olivia, 'two'),
      await stage.session(olivia, 'three'),
    ]
    await olivia.says(one, '!until go at work')
    await stage.botShows(olivia, one, '● Working')
    await olivia.says(two, '!say the second')
    await stage.botShows(olivia, two, 'place 1')
    await olivia.says(three, '!say the third')
    await stage.botShows(olivia, three, 'place 2')
    const alice = await stage.sandbox.actor('alice')
    const visitors = await Promise.all(
      [olivia, alice].map(async (actor) => {
        const visitor = await PageVisitor.at(bot)
        assert.equal((await visitor.enters(await linkFor(actor))).status, 200)
        return visitor
      }),
    )
    const [hers] = visitors
    assert.ok(hers)
    using ears = await hers.listens()
    const { queue } = await ears.hears('overview', (all) => sessionsIn(all) === 'two,three')
    const put = { body: JSON.stringify({ run: queue[1].run }) }
    for (const { json } of await Promise.all(visitors.map((visitor) => visitor.asks('/page/first', put))))
      assert.deepEqual(json, { done: true })
    await ears.hears('overview', (all) => sessionsIn(all) === 'three,two' && all.queue[0].first)
    await stage.botShows(olivia, two, 'place 2')
    await olivia.sees('work', (message) => /@(olivia|alice) put a prompt of @olivia .* first/.test(message.content))
    stage.opens('go')
    await stage.botShows(olivia, two, 'the second')
    assert.deepEqual(begun(stage), ['one', 'three', 'two'])
    assert.match((await hers.asks('/page/first', put)).json.why, /no longer waits/)
  })

  test('killed when only what its session asked before was put first: that holds, and once more does the rest', async () => {
    await using stage = await Stage.open({ ownProcess: true, env: { OMC_MAX_ACTIVE_CLIS: '1' } })
    const first = await stage.startBot({ dieAt: 'run-promoted' })
    const olivia = await stage.sandbox.actor('olivia')
    const [one, two, three] = [
      await stage.session(olivia, 'one'),
      await stage.session(olivia, 'two'),
      await stage.session(olivia, 'three'),
    ]
    await olivia.says(one, '!until go at work')
    await stage.botShows(olivia, one, '● Working')
    for (const [place, text, stands] of [
      [three, '!say the third', 'place 1'],
      [two, '!say earlier', 'place 2'],
      [two, '!say later', 'place 3'],
    ] as const) {
      await olivia.says(place, text)
      await stage.botShows(olivia, place, stands)
    }
    const visitor = await PageVisitor.at(first)
    await visitor.enters(await linkFor(olivia))
    const waiting = stage.query<{ id: string }>("select id from runs where state = 'waiting' order by asked_seq")
    const put = { body: JSON.stringify({ run: waiting[2]?.id }) }
    await Promise.all([visitor.asks('/page/first', put).catch(() => null), first.died()])

    const again = await PageVisitor.at(await stage.startBot())
    again.cookie = visitor.cookie.replace(String(visitor.port), String(again.port))
    again.key = visitor.key
    using ears = await again.listens()
    await ears.hears('overview', (all) => sessionsIn(all) === 'two,three,two')
    assert.deepEqual((await again.asks('/page/first', put)).json, { done: true })
    await ears.hears('overview', (all) => sessionsIn(all) === 'two,two,three')
    assert.equal(stage.query("select 1 from run_events where type = 'promoted'").length, 2, 'each once')
    stage.opens('go')
    await stage.botShows(olivia, three, 'the third')
    assert.deepEqual(begun(stage), ['one', 'two', 'two', 'three'])
  })
})

function sessionsIn({ queue }: Loose): string {
  return queue.map(({ session }: Loose) => session).join()
}

/** In the order in which they were begun. */
function begun(stage: Stage): readonly string[] {
  const rows = stage.query<{ name: string }>(
    `select name from runs join omc_sessions on omc_sessions.id = runs.session
     where admitted_seq is not null order by admitted_seq`,
  )
  return rows.map(({ name }) => name)
}
