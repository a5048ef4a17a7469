import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { textOf, type Actor, type SeenMessage, type SeenPlace } from 'loopback-discord'
import { asked, decided, grant, openTeam, told } from '../e2e/approving.ts'
import { isWhole } from '../e2e/scene.ts'
import type { Bot } from '../e2e/bots.ts'
import { until, type Stage } from '../e2e/stage.ts'
import type { ScriptedModel } from '../models/anthropic.ts'
import { scripted, type StepInput } from '../models/script.ts'
import { BotBench } from './bot-bench.ts'
import { CodexLogin } from './codex-bot.ts'
import { command, leave } from './codex-room.ts'
import { claudeBinary, codexBinary, howToInstall, howToInstallCodex } from './install.ts'
import { patienceMs } from '../patience.ts'

/** A team's afternoon with both real CLIs behind one bot (issue 4): node test/run.js test/clis/afternoon.test.ts */
const claude = claudeBinary()
const codex = codexBinary()
const missing = (claude === null && howToInstall) || (codex === null && howToInstallCodex)

describe('a team works with both real CLIs for an afternoon', { skip: missing }, () => {
  test('approved, denied, answered, planned, changed, stopped, and the bot killed twice', async () => {
    await using login = await CodexLogin.open(codex ?? '')
    await using bench = await BotBench.open(claude ?? '', login.env, openTeam)
    const { stage } = bench
    const afternoon = new Afternoon(stage, bench.model, login.model, await stage.startBot())
    await afternoon.begins()
    await afternoon.asksForTwoCommandsAndTheBotDies()
    await afternoon.hasAQuestion()
    await afternoon.sendsAPlanBack()
    await afternoon.seesAChangeBeforeIt()
    await afternoon.onlyLooksForAGuest()
    await afternoon.diesWhileBothSpeak()
    await afternoon.stopsALongAnswer()
    await afternoon.showsWhatWasDone()
    await afternoon.endsEachPromptOnce()
  })
})

/** One team, one repository, one session of each CLI. Its methods are told in order: each goes on from the last. */
class Afternoon {
  readonly #stage: Stage
  readonly #claude: ScriptedModel
  readonly #codex: ScriptedModel
  readonly #answers: { readonly place: SeenPlace; readonly text: string }[] = []
  #bot: Bot
  #prompts = 0
  #olivia!: Actor
  #mary!: Actor
  #gwen!: Actor
  #bob!: Actor
  #till!: SeenPlace
  #cart!: SeenPlace

  constructor(stage: Stage, claude: ScriptedModel, codex: ScriptedModel, bot: Bot) {
    this.#stage = stage
    this.#claude = claude
    this.#codex = codex
    this.#bot = bot
  }

  async begins(): Promise<void> {
    const { sandbox, project } = this.#stage
    git(project, 'init', '--quiet', '-b', 'main')
    git(project, 'add', '-A')
    git(project, 'commit', '--quiet', '-m', 'first')
    this.#olivia = await sandbox.actor('olivia')
    this.#mary = await sandbox.actor('mary')
    this.#gwen = await sandbox.actor('gwen')
    this.#bob = await sandbox.actor('bob')
    grant(this.#stage, { mary: 'member', gwen: 'guest' })
    this.#till = await this.#stage.session(this.#olivia, 'till', 'claude', project)
    this.#cart = await this.#stage.session(this.#mary, 'cart', 'codex', project)
    for (const name of ['till', 'cart'])
      assert.equal(git(this.#worktree(name), 'branch', '--show-current'), `omc/${name}`)
  }

  async asksForTwoCommandsAndTheBotDies(): Promise<void> {
    const release = join(this.#worktree('cart'), 'released')
    await this.#says(this.#mary, this.#cart, [command(`touch ${release}`, leave), { text: 'It is released.' }])
    const input = { command: 'chmod u+r . && touch early', description: 'to be early', dangerouslyDisableSandbox: true }
    await this.#says(this.#mary, this.#till, [{ tool: 'Bash', input }, { text: 'Then I wait.' }])
    const [risky, early] = await Promise.all([
      asked(this.#mary, this.#cart, 'released'),
      asked(this.#mary, this.#till, 'touch early'),
    ])
    assert.match(textOf(risky), /⚠ no sandbox holds it/)
    await this.#mary.clicks(risky, 'Approve')
    await told(this.#mary, this.#cart, 'Only owners may answer this. Ask one of them to look at it.')
    await this.#bob.clicks(risky, 'Approve')
    await told(this.#bob, this.#cart, 'may answer this')

    const agents = await this.#stage.agents()
    await this.#bot.kill()
    assert.deepEqual(await this.#stage.agents(), agents, 'both agents work on without a bot')
    this.#bot = await this.#stage.startBot({ ownProcess: true })
    assert.ok(!existsSync(release), 'nothing ran before the consent')

    await this.#olivia.clicks(risky, 'Approve')
    const form = await this.#olivia.clicks(early, 'Deny…')
    assert.ok(form.modal)
    await this.#olivia.submits(form.modal, { 'Why not': 'not before the audit' })
    await decided(this.#mary, risky, 'Approved by @olivia')
    await decided(this.#mary, early, 'Denied by @olivia: not before the audit')
    await this.#answered(this.#cart, 'It is released.')
    await this.#answered(this.#till, 'Then I wait.')
    assert.ok(existsSync(release), 'the tool ran')
    assert.ok(!existsSync(join(this.#worktree('till'), 'early')))
    assert.match(toldIn(this.#claude), /not before the audit/, 'the model was told why')
    assert.deepEqual(await this.#stage.agents(), agents, 'by the processes of before')
  }

  async hasAQuestion(): Promise<void> {
    const options = ['SQLite', 'PostgreSQL'].map((label) => ({ label, description: `It is ${label}` }))
    const questions = [{ question: 'Which database?', header: 'Database', options, multiSelect: false }]
    await this.#says(this.#mary, this.#till, [{ tool: 'AskUserQuestion', input: { questions } }, { text: 'So be it.' }])
    const ask = await asked(this.#mary, this.#till, 'Which database?')
    await this.#mary.clicks(ask, 'PostgreSQL')
    await decided(this.#mary, ask, 'Answered by @mary: PostgreSQL')
    await this.#answered(this.#till, 'So be it.')
    const request = this.#claude.requests.find(({ step, prompt }) => step === 1 && prompt.includes('Which database?'))
    assert.match(
      JSON.stringify(request?.last),
      /Which database\?[\\"]+=[\\"]+PostgreSQL/,
      'the model was told the answer',
    )
  }

  async sendsAPlanBack(): Promise<void> {
    const file_path = join(this.#worktree('till'), 'till.ts')
    await this.#says(this.#mary, this.#till, [
      { tool: 'EnterPlanMode' },
      { tool: 'ExitPlanMode', input: { plan: '# First draft\n- build the till' } },
      { tool: 'ExitPlanMode', input: { plan: '# Second draft\n- test, then build the till' } },
      { tool: 'Write', input: { file_path, content: 'export const till = 1\n' } },
      { text: 'The till is built.' },
    ])
    const first = await asked(this.#mary, this.#till, 'First draft')
    const form = await this.#mary.clicks(first, 'Change it…')
    assert.ok(form.modal)
    await this.#mary.submits(form.modal, { 'What to change': 'write the test first' })
    await decided(this.#mary, first, 'Sent back by @mary: write the test first')
    const second = await asked(this.#mary, this.#till, 'Second draft')
    assert.match(toldIn(this.#claude), /write the test first/)
    assert.ok(!existsSync(file_path))
    await this.#mary.clicks(second, 'Go ahead')
    await decided(this.#mary, second, 'Approved by @mary')
    await this.#answered(this.#till, 'The till is built.')
    assert.equal(readFileSync(file_path, 'utf8'), 'export const till = 1\n', 'carried out without another question')
  }

  /** What lies in the worktree alone is not asked about: this change touches a file beside the repository too. */
  async seesAChangeBeforeIt(): Promise<void> {
    const notes = join(dirname(this.#stage.project), 'notes.md')
    writeFileSync(notes, 'the old notes\n')
    const readme = join(this.#worktree('cart'), 'README.md')
    const raw = `*** Begin Patch
*** Update File: README.md
@@
-# Shop
+# Shop with a cart
*** Update File: ${notes}
@@
-the old notes
+the new notes
*** End Patch
`
    await this.#says(this.#mary, this.#cart, [{ tool: 'apply_patch', input: { raw } }, { text: 'It is written down.' }])
    const ask = await asked(this.#mary, this.#cart, 'wants to change 2 files')
    assert.match(textOf(ask), /```diff\n[^]*-# Shop\n\+# Shop with a cart\n[^]*```/)
    assert.match(textOf(ask), /-the old notes\n\+the new notes\n/)
    assert.equal(readFileSync(readme, 'utf8'), '# Shop\n')
    await this.#mary.clicks(ask, 'Approve')
    await told(this.#mary, this.#cart, 'Only owners may answer this')
    await this.#olivia.clicks(ask, 'Approve')
    await decided(this.#mary, ask, 'Approved by @olivia')
    await this.#answered(this.#cart, 'It is written down.')
    assert.equal(readFileSync(readme, 'utf8'), '# Shop with a cart\n')
    assert.equal(readFileSync(notes, 'utf8'), 'the new notes\n')
  }

  async onlyLooksForAGuest(): Promise<void> {
    const before = this.#count('wanted')
    const [inTill, inCart] = ['till', 'cart'].map((name) => join(this.#worktree(name), 'by-gwen'))
    const raw = '*** Begin Patch\n*** Add File: by-gwen\n+no\n*** End Patch\n'
    await this.#says(this.#gwen, this.#cart, [
      command('echo x > by-gwen'),
      command('echo x > by-gwen', leave),
      { tool: 'apply_patch', input: { raw } },
      { text: 'The cart stays as it is.' },
    ])
    await this.#says(this.#gwen, this.#till, [
      { tool: 'Write', input: { file_path: inTill, content: 'x' } },
      { tool: 'Bash', input: { command: `echo x > ${inTill}`, description: 'to write' } },
      { text: 'The till stays as it is.' },
    ])
    await this.#answered(this.#cart, 'The cart stays as it is.')
    await this.#answered(this.#till, 'The till stays as it is.')
    for (const file of [inTill, inCart]) assert.ok(!existsSync(file ?? ''), file)
    assert.equal(this.#count('wanted'), before, 'and nobody was asked for more')

    // Nobody has given bob anything: at the end it shows that no agent heard of it.
    for (const place of [this.#till, this.#cart]) await this.#bob.says(place, scripted([{ text: 'bob was heard' }]))
  }

  async diesWhileBothSpeak(): Promise<void> {
    const text = (name: string): string => `${name}: one two three four five six`
    const speaks = (name: string): readonly StepInput[] => [
      { text: text(name), chunks: 7, gate: { name: `middle of ${name}`, at: 4 } },
    ]
    await this.#says(this.#mary, this.#till, speaks('till'))
    await this.#says(this.#olivia, this.#cart, speaks('cart'))
    const gates = [this.#claude.gate('middle of till'), this.#codex.gate('middle of cart')]
    for (const gate of gates) await gate.reached()
    const growing = await Promise.all(
      [this.#till, this.#cart].map((place) =>
        this.#mary.sees(place, (message) => message.author.bot && /: one two/.test(message.content)),
      ),
    )
    const agents = await this.#stage.agents()
    await this.#bot.kill()
    assert.deepEqual(await this.#stage.agents(), agents)
    for (const gate of gates) gate.open()
    this.#bot = await this.#stage.startBot()
    const [till, cart] = [
      await this.#answered(this.#till, text('till')),
      await this.#answered(this.#cart, text('cart')),
    ]
    assert.deepEqual(
      [till.id, cart.id],
      growing.map(({ id }) => id),
      'the same messages went on growing',
    )
  }

  async stopsALongAnswer(): Promise<void> {
    const long = { text: 'on and on and on it goes', chunks: 7, gate: { name: 'long', at: 4 } }
    await this.#says(this.#mary, this.#cart, [long])
    const request = await this.#codex.gate('long').reached()
    const growing = await this.#mary.sees(
      this.#cart,
      (message) => message.author.bot && message.content.includes('on and on'),
    )
    await this.#mary.clicks(growing, 'Stop')
    const stopped = await this.#stage.botShows(this.#mary, this.#cart, /■ Stopped/)
    assert.equal(stopped.id, growing.id)
    await until(() => request.state === 'aborted', patienceMs, 'the end of the request')
    await this.#says(this.#mary, this.#cart, [{ text: 'Back at work.' }])
    await this.#answered(this.#cart, 'Back at work.')
  }

  async showsWhatWasDone(): Promise<void> {
    for (const [place, name, lines] of [
      [this.#till, 'till', ['+export const till = 1']],
      [this.#cart, 'cart', ['-# Shop', '+# Shop with a cart']],
    ] as const) {
      const shown = await (await this.#mary.runs(place, '/diff')).settled()
      const [file] = shown.attachments
      assert.equal(file?.filename, `${name}.diff`)
      const diff = (await (await fetch(file?.url ?? '')).text()).split('\n')
      for (const line of lines) assert.ok(diff.includes(line), `${line} in ${diff.join('\n')}`)
    }
    assert.equal(git(this.#stage.project, 'status', '--porcelain'), '', 'the repository itself was left alone')
  }

  async endsEachPromptOnce(): Promise<void> {
    const runs = this.#stage.query<{ run: string; ends: number; ended: number; lost: number }>(
      `select e.run, sum(type in ('finished', 'refused')) as ends, sum(type = 'lost') as lost,
        (select ended_seq is not null from runs where id = e.run) as ended
        from run_events e group by e.run`,
    )
    assert.equal(runs.length, this.#prompts, 'one run for each prompt, and none for bob')
    for (const model of [this.#claude, this.#codex]) assert.ok(!toldIn(model).includes('bob was heard'))
    for (const each of runs) assert.deepEqual({ ...each }, { run: each.run, ends: 1, ended: 1, lost: 0 })
    assert.equal(this.#count('wanted'), this.#count('answered'), 'and each question')
    for (const { place, text } of this.#answers) {
      const all = (await this.#stage.botMessages(this.#mary, place)).map(({ content }) => content).join('\n')
      assert.equal(all.split(text).length - 1, 1, `“${text}” stands there once:\n${this.#mary.story(place)}`)
    }
  }

  async #says(actor: Actor, place: SeenPlace, steps: readonly StepInput[]): Promise<void> {
    this.#prompts += 1
    await actor.says(place, scripted(steps))
  }

  async #answered(place: SeenPlace, text: string): Promise<SeenMessage> {
    this.#answers.push({ place, text })
    return this.#mary.sees(place, (message) => isWhole(message, text))
  }

  #count(type: string): number {
    return this.#stage.query(`select 1 from run_events where type = '${type}'`).length
  }

  #worktree(name: string): string {
    const { project } = this.#stage
    return join(dirname(project), '.omc-worktrees', 'shop', name)
  }
}

/** Everything that a model was told. */
function toldIn(model: ScriptedModel): string {
  return JSON.stringify(model.requests.map(({ body }) => body))
}

function git(folder: string, ...args: string[]): string {
  return execFileSync('git', ['-c', 'user.name=olivia', '-c', 'user.email=o@example.org', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' },
  }).trim()
}
