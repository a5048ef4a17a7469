import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { Status } from 'discord.js'
import { pageFolder, startSandbox } from '../../src/sandbox.ts'
import { complaints, newTab } from './browser.ts'
import { DemoBot } from './demo-bot.ts'
import type { Page } from 'playwright-core'
import type { Sandbox, SandboxOptions } from '../../src/sandbox.ts'

/** In milliseconds. Only a failure waits this long; a busy machine must not be one. */
const PATIENCE = 180_000
const WORLD = {
  guild: {
    name: 'Tidewater',
    channels: [
      { name: 'general', topic: 'Where work begins' },
      { name: 'shop', topic: 'The shop and its carts' },
    ],
    roles: [
      { name: 'Makers', color: 0x4f81bd },
      { name: 'Leads', color: 0xc0504d },
    ],
    people: [
      { name: 'olivia', displayName: 'Olivia Park', roles: ['Leads'], owner: true, note: 'owner' },
      { name: 'alice', displayName: 'Alice', roles: ['Makers'], note: 'member' },
      { name: 'minsu', displayName: '김민수', locale: 'ko', note: 'guest' },
    ],
  },
}

/** A sandbox with its page, the small bot, and tabs of a browser: what every test of the page stands on. */
export class Stage implements AsyncDisposable {
  readonly sandbox: Sandbox
  readonly bot: DemoBot
  readonly #tabs: Page[] = []
  readonly #complaints: string[][] = []
  #expected: RegExp[] = []

  private constructor(sandbox: Sandbox, bot: DemoBot) {
    this.sandbox = sandbox
    this.bot = bot
  }

  static async open(options: SandboxOptions = {}): Promise<Stage> {
    const sandbox = await startSandbox({ world: WORLD, page: pageFolder, deadlines: { answer: 20_000 }, ...options })
    const bot = await DemoBot.start(sandbox.api, sandbox.bot.token)
    return new Stage(sandbox, bot)
  }

  /** Opens a tab as this person, and waits until the channel stands there. */
  async as(name: string, { width = 1280, height = 800, place = 'general' } = {}): Promise<Page> {
    const page = await newTab()
    this.#tabs.push(page)
    await page.setViewportSize({ width, height })
    page.setDefaultTimeout(PATIENCE)
    this.#complaints.push(complaints(page))
    await page.goto(`${this.sandbox.url}/#${name}/${this.sandbox.channel(place)}`)
    await page.getByRole('heading', { level: 1, name: `#${place}` }).waitFor()
    return page
  }

  /** The browser will complain about this, and rightly: the test makes it happen. */
  expectComplaints(...expected: RegExp[]): void {
    this.#expected = expected
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const tab of this.#tabs) await tab.close()
    // A discord.js client that is destroyed while it reconnects goes on reconnecting for ever.
    const shards = this.bot.client.ws.shards
    await until(() => shards.every((shard) => shard.status === Status.Ready), Boolean)
    await this.bot[Symbol.asyncDispose]()
    await this.sandbox.close()
    const surprising = this.#complaints.flat().filter((one) => !this.#expected.some((known) => known.test(one)))
    assert.deepEqual(surprising, [], 'the browser complained')
  }
}

/** The text box of a page. */
export const box = (page: Page) => page.getByRole('combobox', { name: /^(Message|메시지)$/ })

/** Writes a message as a person does: key by key, then Enter. */
export async function write(page: Page, text: string): Promise<void> {
  await box(page).pressSequentially(text)
  await page.keyboard.press('Enter')
}

/** Picks a command by typing it, and waits for its form. */
export async function pick(page: Page, command: string): Promise<void> {
  await box(page).pressSequentially(command)
  await page
    .getByRole('option', { name: new RegExp(`^${command}\\b`) })
    .first()
    .waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('group', { name: command }).waitFor()
}

/** Waits until something is so; fails with what it saw last. */
export async function until<Value>(
  look: () => Value | Promise<Value>,
  wanted: (value: Value) => boolean,
  within = PATIENCE,
): Promise<Value> {
  const deadline = Date.now() + within
  for (;;) {
    const value = await look()
    if (wanted(value)) return value
    if (Date.now() > deadline) throw new Error(`Not so within ${within} ms; seen last: ${JSON.stringify(value)}`)
    await pause(25)
  }
}
