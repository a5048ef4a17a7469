import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import type { BrowserContext, Page } from 'playwright-core'

const CHROMIUM = '/usr/bin/chromium'
const ARTIFACTS = fileURLToPath(new URL('../../../../artifacts/', import.meta.url))
/** folder of the page, as the sandbox serves it */
export const PAGE = fileURLToPath(new URL('../../src/page/', import.meta.url))
/** How long a tab, or whoever looks at it, waits for what is to come: a machine may be eight times as slow as usual */
const PATIENCE = 180_000
/** Asked at the top of a file that wants tabs: the browser goes with the file. Where there is none, why it does not run. */
export function needsBrowser(): string | false {
  after(async () => {
    const closing = context
    context = null
    await (await closing)?.browser()?.close()
  })
  return existsSync(CHROMIUM) ? false : `no Chromium at ${CHROMIUM}`
}

/**
 * A tab in Debian's Chromium, which has a fresh profile and talks to nobody: one for all tests of a file, opened when
 * the first of them wants it. They share nothing else, because each sandbox is an origin of its own.
 */
export async function newTab(): Promise<Page> {
  context ??= open()
  return (await context).newPage()
}

let context: Promise<BrowserContext> | null = null

async function open(): Promise<BrowserContext> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    timeout: PATIENCE,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Tabs in one process: starting one costs as much as half a test.
      '--process-per-site',
    ],
  })
  const made = await browser.newContext({ locale: 'en-GB', timezoneId: 'UTC' })
  made.setDefaultTimeout(PATIENCE)
  return made
}

/** What the browser complained about on a page: a test ends with none. */
export function complaints(page: Page): string[] {
  const found: string[] = []
  page.on('pageerror', (error) => found.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') found.push(message.text())
  })
  return found
}

/** Keeps a picture in artifacts/ (which git ignores). */
export async function picture(page: Page, name: string): Promise<void> {
  await mkdir(ARTIFACTS, { recursive: true })
  await page.screenshot({ path: `${ARTIFACTS}${name}.png` })
}
