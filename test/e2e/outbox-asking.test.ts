import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { controlsOf, textOf } from 'loopback-discord'
import { asked, decided, idOf } from './approving.ts'
import { Scene } from './scene.ts'
import { own, reopen, shown, shut } from './shutting.ts'
import { Stage, until } from './stage.ts'

/** Approvals and boards where Discord says no: asked as soon as they can be, and never in silence for long. */

const timings = { closedAgainAfterMs: 200, tryAgainAfterMs: [50] }
const posts = { method: 'POST', path: '/messages$' } as const
const edits = { method: 'PATCH', path: String.raw`/messages/\d+$` } as const

describe('approvals that cannot be posted', { concurrency: true }, () => {
  for (const [status, code] of [
    [403, 50_013],
    [404, 99_999],
    [500, 0],
    [400, 50_035],
  ] as const) {
    test(`${status} with code ${code} for a while: asked once, with buttons that work`, async () => {
      await using scene = await Scene.open({ timings })
      const fault = scene.breaks({ kind: 'rest.error', status, code, ...posts, times: status === 400 ? 2 : 4 })
      await scene.says('!ask Bash npm test')
      await fault.struck(status === 400 ? 2 : 4)
      const ask = await scene.olivia.sees(scene.thread, ({ components }) =>
        JSON.stringify(components).includes('Approve'),
      )
      await scene.olivia.clicks(ask, 'Approve')
      await scene.stage.botShows(scene.olivia, scene.thread, 'Done: npm test')
      await scene.settled()
      const messages = own(scene.stage, scene.thread)
      for (const message of messages) assert.deepEqual(controlsOf(message), [], `no dead buttons: ${textOf(message)}`)
      assert.equal(messages.filter((message) => /Approved by @olivia/.test(textOf(message))).length, 1)
    })
  }

  test('a place that stays closed: the speaker is told elsewhere, and it is asked at once when it can be', async () => {
    await using scene = await Scene.open({
      timings: { ...timings, closedAgainAfterMs: 60_000, tellClosedAfterMs: 500 },
    })
    await scene.says('!until asking !ask Bash npm test')
    await scene.stage.botShows(scene.olivia, scene.thread, 'Working')
    await shut(scene.stage, scene.olivia, 'general')
    scene.opens('asking')
    const direct = await scene.olivia.opensDm()
    const [told] = await until(() => {
      const said = own(scene.stage, direct).filter((message) => textOf(message).includes('needs an answer'))
      return said.length > 0 ? said : null
    })
    assert.match(told?.content ?? '', /\*\*shop\*\* needs an answer before it goes on; <#\d+> is closed to me/)
    await reopen(scene.stage, scene.olivia, 'general')
    const ask = await asked(scene.olivia, scene.thread, 'npm test')
    await scene.olivia.clicks(ask, 'Approve')
    await decided(scene.olivia, ask, 'Approved by @olivia')
    await scene.settled()
  })

  test('what became of it is refused as an edit: it stands plainer, and no dead button stays', async () => {
    for (const times of [1, 3, undefined]) {
      await using scene = await Scene.open({ timings })
      await scene.says('!ask Bash npm test')
      const ask = await asked(scene.olivia, scene.thread, 'npm test')
      const path = String.raw`/messages/${ask.id}$`
      const fault = { kind: 'rest.error', status: 400, code: 50_035, method: 'PATCH', path } as const
      scene.breaks(times === undefined ? fault : { ...fault, times })
      await scene.olivia.clicks(ask, 'Approve')
      await scene.stage.botShows(scene.olivia, scene.thread, 'Done: npm test')
      await scene.settled()
      for (const message of own(scene.stage, scene.thread)) assert.deepEqual(controlsOf(message), [])
      const said = shown(scene.stage, scene.thread)
      assert.equal(said.split('npm test').length > 1, true)
    }
  })
})

describe('a board that cannot stand', { concurrency: true }, () => {
  test('in a channel that is closed: it is promised, an owner is told, and it stands when it can', async () => {
    await using stage = await Stage.open({ timings: { ...timings, tellClosedAfterMs: 500, boardWithinMs: 200 } })
    await stage.startBot({ env: { OMC_OWNER_USER_ID: idOf(stage, 'olivia') } })
    const olivia = await stage.sandbox.actor('olivia')
    await shut(stage, olivia, 'general')
    const told = await (await olivia.runs('general', '/board')).settled()
    assert.match(told.content, /as soon as it does/)
    const direct = await olivia.opensDm()
    await until(() => own(stage, direct).some((message) => /<#\d+> is closed to me/.test(textOf(message))))
    await reopen(stage, olivia, 'general')
    const general = olivia.place('general')
    await until(() => own(stage, general).filter((message) => /Nothing runs/.test(textOf(message))).length === 1)
  })

  test('an edit that is refused is made again when there is something new to show', async () => {
    await using scene = await Scene.open({ timings })
    await (await scene.olivia.runs('general', '/board')).settled()
    const general = scene.olivia.place('general')
    const board = await until(
      () => own(scene.stage, general).find((message) => /Nothing runs/.test(textOf(message))) ?? null,
    )
    const fault = scene.breaks({
      kind: 'rest.error',
      status: 400,
      code: 50_035,
      ...edits,
      path: `/${board.id}$`,
      times: 2,
    })
    await scene.says('!until over one two')
    await fault.struck(2)
    scene.opens('over')
    await until(() => own(scene.stage, general).filter((message) => /Nothing runs/.test(textOf(message))).length === 1)
    const said = own(scene.stage, general).filter((message) => textOf(message) !== '')
    assert.equal(said.length, 1, shown(scene.stage, general))
  })
})
