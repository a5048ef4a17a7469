import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import type { Actor, Outcome, SeenMessage, SeenPlace } from 'loopback-discord'
import { asked, decided, idOf, openTeam } from './approving.ts'
import type { Bot } from './bots.ts'
import { repository } from './repositories.ts'
import { until, type Stage } from './stage.ts'

/**
 * B7: whatever a person does, once they saw that it was heard it is done once and answered, whenever the bot dies. Each
 * step kills the bot, and the next bot finishes the step and dies at the next one.
 */
class Deaths implements AsyncDisposable {
  readonly stage: Stage
  readonly olivia: Actor
  readonly #at: string
  #bot: Bot

  private constructor(stage: Stage, olivia: Actor, at: string, bot: Bot) {
    this.stage = stage
    this.olivia = olivia
    this.#at = at
    this.#bot = bot
  }

  /** `after`: so many things that happen first are done by a bot that lives on. */
  static async open(at: string, after = 0): Promise<Deaths> {
    const stage = await openTeam({ ownProcess: true })
    const bot = await stage.startBot({ dieAt: `${at}:${after + 1}` })
    return new Deaths(stage, await stage.sandbox.actor('olivia'), at, bot)
  }

  /** Does something while the bot dies of it, and gives what came of it in the next life. */
  async over(act: () => Promise<Outcome>): Promise<Outcome> {
    const outcome = await act()
    assert.equal(outcome.failed, false)
    await this.#bot.died()
    // At 'worked' the next bot passes there for this step before it does for the next one.
    this.#bot = await this.stage.startBot({ dieAt: this.#at === 'worked' ? 'worked:2' : this.#at })
    return outcome
  }

  /** A session in a thread of its own. Its start has a death of its own in 'commands that begin and change a session'. */
  session(workdir?: string): Promise<SeenPlace> {
    return this.stage.session(this.olivia, 'shop', 'echo', workdir)
  }

  async told(place: SeenPlace | string, command: string, options: Record<string, string> = {}): Promise<SeenMessage> {
    const outcome = await this.over(() => this.olivia.runs(place, command, options))
    const answer = await outcome.settled()
    assert.doesNotMatch(answer.content, /failed on my side/)
    return answer
  }

  /** Everything that came in is done with. */
  async done(): Promise<void> {
    await until(() => this.stage.query('select 1 from inbox where done_at is null').length === 0)
    assert.equal(this.stage.query("select 1 from inbox where body <> ''").length, 0, 'no token is kept for longer')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stage[Symbol.asyncDispose]()
  }
}

const runs = (stage: Stage, where: string): number => stage.query(`select 1 from runs where ${where}`).length
const events = (stage: Stage, type: string): number =>
  stage.query(`select 1 from run_events where type = '${type}'`).length

/** Whatever people do with a session, with a bot that dies of each step at that checkpoint. */
export function inboxStories(at: 'acknowledged' | 'worked'): void {
  test(`commands that begin and change a session, killed when ${at}`, async () => {
    await using deaths = await Deaths.open(at)
    const { stage, olivia } = deaths
    const thread = await olivia.opensThread('general', 'shop')
    repository(stage)
    mkdirSync(join(dirname(stage.data), 'skills'), { recursive: true })
    writeFileSync(join(dirname(stage.data), 'skills', 'greet.md'), '!say good day to $ARGUMENTS')

    const started = await deaths.told(thread, '/session start', { name: 'shop', runtime: 'echo', workdir: 'shop' })
    assert.match(started.content, /\*\*shop\*\*/)
    assert.equal(stage.query('select 1 from omc_sessions').length, 1)

    assert.match((await deaths.told(thread, '/skill', { name: 'greet', arguments: 'all' })).content, /`greet`/)
    await stage.botShows(olivia, thread, 'good day to all')
    assert.equal(runs(stage, '1'), 1)

    assert.match((await deaths.told(thread, '/model', { name: 'default' })).content, /default/)
    mkdirSync(join(stage.project, 'a', 'b'), { recursive: true })
    const folder = (): string => stage.query<{ workdir: string }>('select workdir from omc_sessions')[0]?.workdir ?? ''
    const top = folder()
    await deaths.told(thread, '/cd', { path: 'shop' })
    mkdirSync(join(top, 'a', 'b'), { recursive: true })
    await deaths.told(thread, '/cd', { path: 'a/b' })
    assert.equal(folder(), join(top, 'a', 'b'))
    const up = await deaths.told(thread, '/cd', { path: '..' })
    assert.equal(folder(), join(top, 'a'), 'up once, whoever did it')
    assert.doesNotMatch(up.content, /restarted/)
    await deaths.done()
  })

  test(`commands about a run, killed when ${at}`, async () => {
    await using deaths = await Deaths.open(at, 1)
    const { stage, olivia } = deaths
    const thread = await deaths.session()
    await olivia.says(thread, '!until gate the long one\n!say never')
    await stage.botShows(olivia, thread, 'the long')
    await olivia.says(thread, '!say the next one')
    await until(() => runs(stage, "state = 'waiting'") === 1)
    assert.match((await deaths.told(thread, '/steer', { text: 'faster' })).content, /» .*faster/)
    const stopped = await deaths.told(thread, '/cancel')
    assert.match(stopped.content, /^■ Stopped/)
    await stage.botShows(olivia, thread, 'the next one')
    await until(() => runs(stage, "state <> 'over'") === 0)
    assert.equal(events(stage, 'stopped'), 1, 'nothing else was stopped')

    await olivia.says(thread, '!until again halfway there')
    await stage.botShows(olivia, thread, 'halfway')
    await (await deaths.over(() => olivia.runs(thread, '/cancel'))).settled()
    // Its run is stopping for a moment longer, and a session at work is not sent on.
    await until(() => runs(stage, "state <> 'over'") === 0)
    const before = runs(stage, '1')
    assert.doesNotMatch((await deaths.told(thread, '/resume')).content, /restarted|nothing/i)
    await until(() => runs(stage, "state <> 'over'") === 0)
    assert.equal(runs(stage, '1'), before + 1)

    await deaths.done()
  })

  test(`commands that look at a session and end it, killed when ${at}`, async () => {
    await using deaths = await Deaths.open(at, 1)
    const { stage, olivia } = deaths
    repository(stage)
    const thread = await deaths.session('shop')
    await olivia.says(thread, '!say something to export')
    await stage.botShows(olivia, thread, 'something to export')
    await until(() => readdirSync(join(stage.data, 'transcripts')).length > 0)
    assert.notEqual((await deaths.told(thread, '/diff')).content, '')
    assert.match((await deaths.told(thread, '/session export')).content, /^One turn, one per line/)
    assert.notEqual((await deaths.told(thread, '/board')).content, '')
    const elsewhere = await olivia.opensThread('general', 'beside')
    assert.match((await deaths.told(elsewhere, '/attach', { session: 'shop' })).content, /shop/)
    const ended = await deaths.told(thread, '/session stop')
    assert.match(ended.content, /\*\*shop\*\*/)
    assert.equal(stage.query('select 1 from omc_sessions where ended_at is null').length, 0)
    await deaths.done()
  })

  test(`a tier that is taken, killed when ${at}`, async () => {
    await using deaths = await Deaths.open(at)
    const { stage } = deaths
    const changed = await deaths.told('general', '/permission set', { user: idOf(stage, 'bob'), tier: 'blocked' })
    assert.match(changed.content, /blocked/)
    assert.deepEqual(
      stage.query<{ tier: string }>('select tier from grants').map(({ tier }) => tier),
      ['blocked'],
    )
    await deaths.done()
  })

  test(`buttons and forms, killed when ${at}`, async () => {
    await using deaths = await Deaths.open(at, 1)
    const { stage, olivia } = deaths
    const thread = await deaths.session()

    await olivia.says(thread, '!ask Bash npm test')
    const first = await asked(olivia, thread, 'npm test')
    await deaths.over(() => olivia.clicks(first, 'Approve'))
    await decided(olivia, first, 'Approved by @olivia')
    await stage.botShows(olivia, thread, 'Done: npm test')

    await olivia.says(thread, '!ask Bash npm publish')
    const second = await asked(olivia, thread, 'npm publish')
    const form = await olivia.clicks(second, 'Deny…')
    assert.ok(form.modal !== null)
    const { modal } = form
    await deaths.over(() => olivia.submits(modal, { [fieldOf(modal)]: 'not today' }))
    await decided(olivia, second, /Denied by @olivia/)
    assert.equal(events(stage, 'answered'), 2)

    await olivia.says(thread, '!question Which one? | this | that')
    const third = await asked(olivia, thread, 'Which one?')
    await deaths.over(() => olivia.clicks(third, 'that'))
    await decided(olivia, third, /that/)
    assert.equal(events(stage, 'answered'), 3)

    await olivia.says(thread, '!until gate the long one')
    const card = await stage.botShows(olivia, thread, 'the long')
    const steer = await olivia.clicks(card, 'Steer')
    assert.ok(steer.modal !== null)
    const word = steer.modal
    const steered = await deaths.over(() => olivia.submits(word, { [fieldOf(word)]: 'be brief' }))
    assert.match((await steered.settled()).content, /» .*be brief/)
    const stop = await deaths.over(() => olivia.clicks(card, 'Stop'))
    assert.match((await stop.settled()).content, /^■ Stopped/)
    await until(() => runs(stage, "state <> 'over'") === 0)
    assert.equal(events(stage, 'stopped'), 1)
    await deaths.done()
  })
}

function fieldOf(modal: NonNullable<Outcome['modal']>): string {
  const found = JSON.stringify(modal.components).match(/"custom_?[iI]d":"([^"]+)"/)
  return found?.[1] ?? ''
}
