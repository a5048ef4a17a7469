import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { controlsOf, textOf, type Actor, type SeenMessage, type SeenPlace } from 'loopback-discord'
import { BotBench } from '../clis/bot-bench.ts'
import { scripted } from '../models/script.ts'
import { standIn } from '../models/stand-in.ts'
import { grant, told } from './approving.ts'
import { noon } from './stage-clock.ts'
import { Stage, until } from './stage.ts'

/** What an agent is told that uses money in steps, and says something behind them. */
function spends(steps: readonly string[], text: string): string {
  return [...steps.map((step) => `!spend ${step}`), `!say ${text}`].join('\n')
}

async function limit(actor: Actor, place: SeenPlace, options: Readonly<Record<string, string>>): Promise<string> {
  return textOf(await (await actor.runs(place, '/budget set', options)).settled())
}

/** The message that asks about a limit. */
function asks(actor: Actor, place: SeenPlace, what: RegExp): Promise<SeenMessage> {
  return actor.sees(
    place,
    (message) => JSON.stringify(controlsOf(message)).includes('Allow once') && what.test(textOf(message)),
  )
}

async function formOf(
  actor: Actor,
  question: SeenMessage,
): Promise<NonNullable<Awaited<ReturnType<Actor['clicks']>>['modal']>> {
  const { modal } = await actor.clicks(question, 'Raise today…')
  assert.ok(modal !== null)
  return modal
}

function spent(stage: Stage): number {
  const [row] = stage.query<{ nano: number | null }>('select sum(nano_usd) as nano from ledger')
  return (row?.nano ?? 0) / 1e9
}

function states(stage: Stage): string {
  return stage
    .query<{ state: string }>('select state from runs order by asked_seq')
    .map(({ state }) => state)
    .join()
}

describe('budgets', { concurrency: true }, () => {
  test('a run stops between two steps when its budget is used up, and an owner lets it go on, raises the limit or stops it', async () => {
    await using stage = await Stage.open({ startsAt: noon })
    await stage.startBot()
    const [olivia, bob] = [await stage.sandbox.actor('olivia'), await stage.sandbox.actor('bob')]
    grant(stage, { bob: 'member' })
    const shop = await stage.session(olivia, 'shop')
    assert.match(await limit(olivia, shop, { limit: 'much', each: 'day' }), /That is no amount/)
    assert.match(
      await limit(olivia, shop, { limit: '$1', each: 'day', person: bob.id }),
      new RegExp(`Limit B1: \\*\\*\\$1\\.00 a day\\*\\* for <@${bob.id}>`),
    )
    const refused = await (await bob.runs(shop, '/budget set', { limit: '$9', each: 'day' })).settled()
    assert.match(textOf(refused), /owner/i)

    await bob.says(shop, spends(['100 $0.50', '100 $0.60', '100 $0.10'], 'All is done.'))
    const card = await stage.botShows(olivia, shop, '⏸ A budget is used up. An owner decides whether I go on')
    const question = await asks(olivia, shop, /\*\*shop\*\* has used up \*\*\$1\.00 a day\*\*.*\(\$1\.10 used\)/)
    assert.equal(states(stage), 'parked')
    assert.equal(Math.round(spent(stage) * 100), 110, 'it went one step over its limit, and no further')
    await bob.clicks(question, 'Allow once')
    await told(bob, shop, 'Only owners decide about limits')
    await olivia.clicks(question, 'Allow once')
    const answer = await olivia.sees(shop, (message) => message.author.bot && message.content.includes('All is done.'))
    assert.equal(answer.id, card.id)
    await stage.botShows(olivia, shop, '✓ @olivia lets this run exceed it')
    assert.equal(Math.round(spent(stage) * 100), 120, 'no step was done twice')

    // What waits costs no try, and another person works on.
    await bob.says(shop, spends(['100 $3.00'], 'After the raise.'))
    await stage.botShows(olivia, shop, 'A budget is used up. An owner decides whether this starts')
    const again = await asks(olivia, shop, /\(\$1\.20 used\)/)
    const docs = await stage.session(olivia, 'docs')
    await olivia.says(docs, spends(['100 $0.01'], 'Hers goes on.'))
    await stage.botShows(olivia, docs, 'Hers goes on.')
    // Her words stand there a moment before her run is over.
    await until(() => states(stage) === 'over,waiting,over')
    const wrong = await formOf(olivia, again)
    assert.match(
      textOf(await (await olivia.submits(wrong, { 'The new limit': '$1' })).settled()),
      /has to be more than \$1\.20/,
    )
    const form = await formOf(olivia, again)
    await olivia.submits(form, { 'The new limit': '$5' })
    await stage.botShows(olivia, shop, 'After the raise.')
    await stage.botShows(olivia, shop, '✓ @olivia raised it to $5.00 for today')
    await stage.botShows(olivia, shop, /⚠ 80 % of \*\*\$1\.00 a day\*\* .*: \$4\.20 of \$5\.00/)
    const shown = textOf(await (await bob.runs(shop, '/budget show')).settled())
    assert.match(shown, /B1 · \*\*\$1\.00 a day\*\* .*, raised to \$5\.00: \$4\.20 used/)

    // Two people have used something: a picture shows it.
    const usage = await (await olivia.runs(shop, '/usage', { by: 'person' })).settled()
    assert.match(textOf(usage), new RegExp(`1 › <@${bob.id}> · 400 tokens · ≈ \\$4\\.20`))
    const [picture] = usage.attachments
    assert.deepEqual([picture?.filename, picture?.content_type], ['usage-by-person.png', 'image/png'])
    const forecast = textOf(await (await bob.runs(shop, '/forecast')).settled())
    assert.match(forecast, /^› Limit B1: \$4\.20 of \$5\.00 · at this pace used up <t:/m)
    assert.match(forecast, /^› You this month: ≈ \$4\.20 · at this pace ≈ \$8\.\d\d by its end/m)

    // A limit for each run, in tokens, is for whoever asks.
    await limit(olivia, shop, { limit: '2k tokens', each: 'run' })
    await olivia.says(docs, spends(['1500', '1500', '1500'], 'Never said.'))
    const third = await asks(olivia, docs, /\*\*2k tokens a run\*\* for everybody together \(3k tokens used\)/)
    await olivia.clicks(third, 'Stop')
    const channel = olivia.place('work').id
    assert.match(await limit(olivia, shop, { limit: '$90', each: 'month', channel }), new RegExp(`<#${channel}>`))
    const role = stage.roleId('owner')
    assert.match(await limit(olivia, shop, { limit: '$90', each: 'month', role }), new RegExp(`<@&${role}>`))
    await stage.botShows(olivia, docs, /■ Stopped by @olivia/)
    assert.match(textOf(await (await olivia.runs(shop, '/budget remove', { budget: 'B2' })).settled()), /B2 is lifted/)
    assert.match(textOf(await (await bob.runs(shop, '/budget show', { person: olivia.id })).settled()), /owner/i)
  })

  test('in a channel nobody reads what somebody has used: the owner is asked in private', async () => {
    const env = { OMC_OWNER_USER_ID: '' }
    const aMonthBegan = Date.UTC(2026, 5, 1, 0, 10)
    await using stage = await Stage.open({ env, startsAt: aMonthBegan })
    const [olivia, bob] = [await stage.sandbox.actor('olivia'), await stage.sandbox.actor('bob')]
    const minji = await stage.sandbox.actor('minji')
    await stage.startBot({ env: { OMC_OWNER_USER_ID: olivia.id } })
    grant(stage, { bob: 'member' })
    const work = olivia.place('work')
    await (await olivia.runs('work', '/session start', { name: 'till', runtime: 'echo' })).settled()
    await limit(olivia, work, { limit: '$1', each: 'day', person: bob.id })
    const bot = stage.sandbox.bot.id
    await bob.says('work', `<@${bot}>\n${spends(['100 $0.90', '100 $0.90'], 'Done in the channel.')}`)
    await stage.botShows(olivia, work, '⏸ A budget is used up.')
    await stage.botShows(olivia, work, '80 % of a limit that this counts against is used')
    const dm = await olivia.opensDm()
    const question = await olivia.sees(dm, (message) => /\(\$1\.80 used\)/.test(textOf(message)))

    // The session stands in the middle of his prompt: hers waits, and is told why. What he asks next is passed.
    await olivia.says('work', '!say Hers after his.')
    await stage.botShows(
      olivia,
      work,
      'Behind an earlier prompt of this session, which has used up a budget in the middle. An owner decides',
    )
    await olivia.clicks(question, 'Stop')
    await stage.botShows(olivia, work, 'Hers after his.')
    await bob.says('work', `<@${bot}>\n!say Never said.`)
    await stage.botShows(olivia, work, 'A budget is used up. An owner decides whether this starts')
    await olivia.says('work', '!say Hers passes his.')
    await stage.botShows(olivia, work, 'Hers passes his.')
    await until(() => states(stage) === 'over,over,waiting,over')
    // The day is too young to have a pace: what is used is told all the same, to who may know it.
    await olivia.runs(work, '/budget set', { limit: '$9', each: 'day' })
    const his = textOf(await (await bob.runs(work, '/forecast')).settled())
    assert.match(his, /^› Limit B1: \$1\.80 of \$1\.00 · used up$/m)
    assert.match(his, /^› Limit B2: \$1\.80 of \$9\.00 · too early today to say how long it lasts$/m)
    assert.match(his, /^› You this month: ≈ \$1\.80 · too early to say what it comes to$/m)
    const hers = textOf(await (await minji.runs(work, '/forecast')).settled())
    assert.match(hers, /^› 한도 B2: \$9\.00 중 \$1\.80 사용 · 오늘은 아직 일러서 언제 다 쓸지 알 수 없어요$/m)
    assert.match(hers, /^› 이번 달 모두: 약 \$1\.80 · 월말에 얼마가 될지 말하기에는 아직 일러요$/m)
    for (const message of await stage.botMessages(bob, work)) assert.ok(!/\$\d/.test(textOf(message)), textOf(message))
  })
})

describe('budgets over a kill', { concurrency: true }, () => {
  for (const dieAt of ['run-held', 'budget-asked', 'budget-answered', 'claimed:2'])
    test(`killed at '${dieAt}': held once, asked once, gone on with once`, async () => {
      await using stage = await Stage.open({ ownProcess: true })
      const first = await stage.startBot({ dieAt })
      const olivia = await stage.sandbox.actor('olivia')
      const shop = await stage.session(olivia, 'shop')
      await limit(olivia, shop, { limit: '1k tokens', each: 'run' })
      await olivia.says(shop, spends(['900', '900', '50'], 'Said once.'))
      const early = dieAt === 'run-held' || dieAt === 'budget-asked'
      if (!early) await olivia.clicks(await asks(olivia, shop, /1\.8k tokens used/), 'Allow once')
      await first.died()
      await stage.startBot()
      if (early) await olivia.clicks(await asks(olivia, shop, /1\.8k tokens used/), 'Allow once')
      await olivia.sees(shop, (message) => message.author.bot && message.content.includes('Said once.'))
      await until(() => states(stage) === 'over')
      const [sum] = stage.query<{ output: number }>('select sum(output) as output from ledger')
      assert.equal(sum?.output, 1850, 'each step was done once')
      const questions = (await stage.botMessages(olivia, shop)).filter((message) =>
        textOf(message).includes('has used up'),
      )
      assert.equal(questions.length, 1)
    })

  test('killed when it has Claude stand still: the next life stops it there, asks once, and it goes on', async () => {
    using claude = standIn('claude')
    await using bench = await BotBench.open(claude.binary)
    const { stage, model } = bench
    const first = await stage.startBot({ dieAt: 'run-held' })
    const olivia = await stage.sandbox.actor('olivia')
    const shop = await stage.session(olivia, 'shop', 'claude')
    await limit(olivia, shop, { limit: '1.5k tokens', each: 'run' })
    const usage = { input_tokens: 1000, output_tokens: 10 }
    const step = { tool: 'Bash', input: { command: 'echo a step', description: 'a step' }, usage }
    await olivia.says(shop, scripted([step, step, { text: 'All is done.', usage }]))
    await first.died()
    assert.equal(model.requests.length, 2)
    await stage.startBot()
    await olivia.clicks(await asks(olivia, shop, /\(2k tokens used\)/), 'Allow once')
    await olivia.sees(shop, (message) => message.author.bot && message.content.includes('All is done.'))
    assert.equal(model.requests.length, 3)
    assert.match(JSON.stringify(model.requests.at(-1)?.body), /Continue from where you left off\./)
  })
})
