import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Actor, SeenMessage, SeenPlace } from 'loopback-discord'
import { grant, openTeam } from './approving.ts'
import type { Stage } from './stage.ts'

const steps = Array.from({ length: 6 }, (_, nth) => `!tool Bash step-${nth + 1}`).join('\n')

/** A run with six steps, at work and when it is over. */
async function cards(
  stage: Stage,
  actor: Actor,
  place: SeenPlace,
  gate: string,
  shown = /6 steps/,
): Promise<{ work: string; over: string }> {
  await actor.says(place, `${steps}\n!until ${gate} ${gate}ly shown`)
  const cardOf = (message: SeenMessage): string => message.embeds[0]?.description ?? ''
  const answer = await actor.sees(place, ({ content, author }) => author.bot && content.includes(`${gate}ly`))
  const atWork = await actor.sees(
    place,
    ({ id, embeds }) => id === answer.id && shown.test(embeds[0]?.description ?? ''),
  )
  const work = cardOf(atWork)
  stage.opens(gate)
  const over = await actor.sees(place, (message) => message.id === answer.id && cardOf(message).startsWith('✓'))
  return { work, over: cardOf(over) }
}

describe('/verbosity', { concurrency: true }, () => {
  test('says how many steps stand under an answer, for a place before a person, and can be taken back', async () => {
    await using stage = await openTeam()
    await stage.startBot()
    grant(stage, { mary: 'member', gwen: 'guest' })
    const [mary, gwen] = [await stage.sandbox.actor('mary'), await stage.sandbox.actor('gwen')]
    const thread = await stage.session(mary, 'shop')
    const set = async (actor: Actor, options: Readonly<Record<string, string>>): Promise<string> =>
      (await (await actor.runs(thread, '/verbosity', options)).settled()).content

    const normal = await cards(stage, mary, thread, 'normal')
    assert.match(normal.work, /and 2 more/)
    assert.doesNotMatch(normal.over, /step-/)

    assert.match(await set(mary, { level: 'full', whose: 'mine' }), /Set to \*\*full\*\* for you/)
    const full = await cards(stage, mary, thread, 'full')
    for (const text of [full.work, full.over]) assert.match(text, /step-1[^]*step-6/)

    assert.match(await set(gwen, { level: 'quiet' }), /guest/, 'a guest sets nothing for others')
    assert.match(await set(gwen, { level: 'quiet', whose: 'mine' }), /\*\*quiet\*\* \(by your own setting\)/)
    assert.match(await set(mary, { level: 'quiet' }), /\*\*quiet\*\* \(set for this place\)/)
    const quiet = await cards(stage, mary, thread, 'quiet', /Working/)
    for (const text of [quiet.work, quiet.over]) assert.doesNotMatch(text, /step-/)
    assert.match(quiet.work, /^● Working · \d+:\d\d$/)

    await set(mary, { level: 'unset' })
    assert.match(await set(mary, {}), /\*\*full\*\* \(by your own setting\)/)
  })
})
