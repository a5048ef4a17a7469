import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { startDemo } from '../../../src/cli/demo/demo.ts'
import { loadConfig } from '../../../src/config/load.ts'
import type { SeenMessage } from 'loopback-discord'
import type { Page } from 'playwright-core'
import { complaints, needsBrowser, newTab, picture } from '../../../packages/sandbox/test/page/browser.ts'
import { dataIdOf, findMarked } from '../../../src/runtimes/engine/marker.ts'
import { patienceMs } from '../../patience.ts'

const launcher = join(import.meta.dirname, '../../../bin/discord-orchestrator.js')

const noBrowser = needsBrowser()

/** Two newcomers with a keyboard and no mouse: an owner at a desk, and one who reads Korean on a phone. */
class Newcomers {
  readonly desk: Page
  readonly phone: Page
  readonly #complaints: readonly string[][]

  private constructor(desk: Page, phone: Page) {
    this.desk = desk
    this.phone = phone
    this.#complaints = [desk, phone].map(complaints)
  }

  static async come(url: string): Promise<Newcomers> {
    const [desk, phone] = [await newTab(), await newTab()]
    const both = new Newcomers(desk, phone)
    await desk.emulateMedia({ colorScheme: 'light' })
    await desk.setViewportSize({ width: 1280, height: 800 })
    await phone.emulateMedia({ colorScheme: 'dark' })
    await phone.setViewportSize({ width: 390, height: 844 })
    for (const page of [desk, phone]) page.setDefaultTimeout(patienceMs)
    await desk.goto(`${url}/#olivia/`)
    await phone.goto(`${url}/#minjun/`)
    return both
  }

  async tryIt(): Promise<void> {
    await goTo(this.phone, '봇 kill -9')
    await press(this.desk, 'Try: fix the failing test')
    for (const page of [this.desk, this.phone]) await page.getByRole('heading', { level: 1, name: tryPlace }).waitFor()
    await this.desk.getByText('I run the tests first').waitFor()
  }

  async kill(): Promise<void> {
    await press(this.phone, '봇 kill -9')
  }

  /** What both are told as soon as the bot is back. */
  async seeItBack(): Promise<void> {
    const said = {
      desk: /bot killed \(pid \d+\) · agent pid [\d, ]+ worked on · back after [\d.]+ s · same message · 0 lost, 0 twice/,
      phone:
        /봇 종료 \(pid \d+\) · 에이전트 pid [\d, ]+는 계속 작업함 · [\d.]+초 만에 돌아옴 · 같은 메시지 · 사라진 것 0, 두 번 온 것 0/,
    }
    await this.desk.getByRole('status').filter({ hasText: said.desk }).waitFor()
    await this.phone.getByRole('status').filter({ hasText: said.phone }).waitFor()
  }

  /** The answer is whole, in one message, wherever and however one looks. */
  async seeItDone(): Promise<void> {
    for (const page of [this.desk, this.phone]) {
      const answer = page.getByRole('article').filter({ hasText: 'I run the tests first' })
      await answer.filter({ hasText: 'Fixed; both tests pass now' }).waitFor()
      assert.equal(await answer.count(), 1)
    }
    assert.equal(await this.phone.evaluate('document.documentElement.scrollWidth'), 390)
    await picture(this.desk, 'demo-back')
    await picture(this.phone, 'demo-back-phone-korean-dark')
    await this.desk.emulateMedia({ colorScheme: 'dark' })
    await picture(this.desk, 'demo-back-dark')
    await this.phone.emulateMedia({ colorScheme: 'light' })
    await picture(this.phone, 'demo-back-phone-korean')
    assert.deepEqual(this.#complaints.flat(), [])
  }
}

/** Walks there by Tab. */
async function goTo(page: Page, name: string): Promise<void> {
  const focused = `(document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '').trim()`
  await page.getByRole('button', { name, exact: true }).waitFor()
  for (let step = 0; (await page.evaluate(focused)) !== name; step++) {
    assert.ok(step < 200, `Tab does not lead to ${name}`)
    await page.keyboard.press('Tab')
  }
}

async function press(page: Page, name: string): Promise<void> {
  await goTo(page, name)
  await page.keyboard.press('Enter')
}

const tryPlace = 'fix the cart'

/** The person's own message has the same words. */
const byBot = (text: RegExp) => (message: SeenMessage) => message.author.bot && text.test(message.content)

it('lets a newcomer start a session, kill the bot in the middle of an answer, and lose nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'demo-'))
  const env = { PATH: process.env['PATH'] }
  const config = loadConfig({ env, folder, home: folder })
  const spools = join(config.dataFolder, 'demo', 'spools')
  let data = ''
  const said: string[] = []
  try {
    await using demo = await startDemo({
      config,
      port: 0,
      program: [process.execPath, launcher],
      env,
      say: (line) => said.push(line),
    })
    const { sandbox, bot, url } = demo
    // From the sources, beside others on a busy machine: nobody promises how long that takes.
    await sandbox.botOnline(patienceMs)
    data = dataIdOf(spools)
    assert.match(await (await fetch(url)).text(), /<!doctype html>/i)

    const olivia = await sandbox.actor('olivia')
    await olivia.sees('general', /Welcome/, { within: patienceMs })
    await demo.ready
    const started = await olivia.runs('work', '/session start', { name: 'shop', runtime: 'echo' })
    const answer = await started.settled()
    assert.match(answer.content, /\*\*shop\*\*.*\n`.*demo-project`/)
    assert.equal(answer.ephemeral, false)

    await olivia.says('work', '!slow 3s one two three four five six seven eight nine ten')
    await olivia.sees('work', byBot(/one two/), { within: patienceMs })
    const first = bot.pid
    assert.equal((await fetch(`${url}/sandbox/controls/kill`, { method: 'POST' })).status, 204)
    await olivia.sees('work', byBot(/one two three four five six seven eight nine ten/), { within: patienceMs })
    assert.notEqual(bot.pid, first)
    const answers = (await olivia.messages('work')).filter(
      (message) => message.author.bot && /one two/.test(message.content),
    )
    assert.equal(answers.length, 1, olivia.story('work'))

    // One click: the work is really done, the bot dies in the middle of it, and the page says what became of that.
    const pressed = async (control: string): Promise<void> =>
      assert.ok((await fetch(`${url}/sandbox/controls/${control}`, { method: 'POST' })).ok)
    const standing = async (): Promise<{
      readonly line: { text: { en: string; ko: string }; tone: string } | null
      readonly steps: { done: boolean }[]
    }> => (await (await fetch(`${url}/sandbox/standing`)).json()) as never
    const newcomers = noBrowser === false ? await Newcomers.come(url) : null
    await (newcomers?.tryIt() ?? pressed('try'))
    await olivia.sees('fix the cart', byBot(/I run the tests first/), { within: patienceMs })
    await (newcomers?.kill() ?? pressed('kill'))
    const told =
      /^bot killed \(pid \d+\) · agent pid [\d, ]+ worked on · back after [\d.]+ s · same message · 0 lost, 0 twice$/
    while (!told.test((await standing()).line?.text.en ?? '')) await pause(50)
    await newcomers?.seeItBack()
    await olivia.sees('fix the cart', byBot(/Fixed; both tests pass now[^]*item\.price \* item\.count/), {
      within: patienceMs,
    })
    await newcomers?.seeItDone()
    const diff = await (await olivia.runs('fix the cart', '/diff')).settled()
    assert.match(diff.content, /cart\.js/)
    assert.deepEqual(
      (await standing()).steps.map(({ done }) => done),
      [true, true, true, false, false],
    )

    const alice = await sandbox.actor('alice')
    const refused = await alice.runs('work', '/session stop')
    assert.equal(refused.ephemeral, true)
    assert.match((await refused.settled()).content, /Only members and above may end sessions/)
    // Closed while its bot is dead, the demo ends what that bot cannot.
    await pressed('kill-long')
  } catch (error) {
    const log = join(config.dataFolder, 'demo', 'bot.log')
    throw new Error(`${said.join('\n')}\n${readFileSync(log, 'utf8').slice(-3000)}`, { cause: error })
  } finally {
    if (data !== '') assert.deepEqual(await findMarked(data), [], 'agents are left')
    rmSync(folder, { recursive: true, force: true })
  }
})
