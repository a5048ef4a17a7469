import assert from 'node:assert/strict'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { chromium, type Browser, type Page } from 'playwright-core'
import { asked } from './approving.ts'
import { linkFor } from './page-visitor.ts'
import { Stage, until } from './stage.ts'
import { patienceMs } from '../patience.ts'

const chrome = '/usr/bin/chromium'
const pictures = join(import.meta.dirname, '..', '..', 'artifacts')
/** Without a browser these stories say why they are not told. */
const skip = existsSync(chrome) ? false : `no Chromium at ${chrome}`
let browser: Promise<Browser> | null = null
after(async () => (await browser)?.close())

/** A tab of a browser that talks to nobody but the bot, and what it complained about. */
async function tab(locale = 'en-GB'): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  browser ??= chromium.launch({
    executablePath: chrome,
    timeout: patienceMs,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
    ],
  })
  const context = await (await browser).newContext({ locale, timezoneId: 'UTC' })
  context.setDefaultTimeout(patienceMs)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  return { page, complaints }
}

async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true })
  await page.screenshot({ path: join(pictures, `page-${name}.png`) })
}

const attack = '<img src=x onerror="document.title=`taken`"><script>document.title="taken"</script>'

describe("the operator's page in a browser", { concurrency: true, skip }, () => {
  test('streams, answers and stops, by keyboard; what people and agents write stays text', async () => {
    await using stage = await Stage.open()
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const [shop, docs] = [await stage.session(olivia, 'shop'), await stage.session(olivia, 'docs')]
    await olivia.says(shop, `!say I read it ${attack}\n!until go and then I wrote it`)
    await stage.botShows(olivia, shop, 'I read it')
    await olivia.says(docs, `!ask Bash echo '${attack}'`)
    await asked(olivia, docs, 'onerror')

    const { page, complaints } = await tab()
    await page.goto(await linkFor(olivia))
    const card = page.locator('article', { has: page.getByRole('heading', { name: 'shop' }) })
    await card.locator('.text', { hasText: 'I read it <img src=x' }).waitFor()
    assert.equal(new URL(page.url()).hash, '', 'the link is gone from the address')
    stage.opens('go')
    await card.locator('.text', { hasText: 'and then I wrote it' }).waitFor()
    await card.getByText('✓ done').waitFor()
    await picture(page, 'runs')

    // Read-only until it is asked for.
    await page.keyboard.press('4')
    await page.locator('nav a[aria-current="page"][href="#/asks"]').waitFor()
    const ask = page.locator('article', { hasText: 'onerror' })
    await ask.waitFor()
    assert.equal(await page.getByRole('button', { name: 'Approve', exact: true }).count(), 0)
    await page.getByLabel('Allow actions').press('Space')
    await page.getByRole('button', { name: 'Approve', exact: true }).press('Enter')
    await stage.botShows(olivia, docs, 'Done: echo')
    await page.getByText('Done.').waitFor()

    await olivia.says(docs, '!until never at work')
    await stage.botShows(olivia, docs, '● Working')
    await olivia.says(docs, '!say it waited')
    await page.keyboard.press('3')
    await page.getByRole('button', { name: 'Put first' }).press('Enter')
    await page.locator('li', { hasText: '!say it waited' }).getByText('↑ put first').waitFor()
    await page.keyboard.press('1')
    await page.locator('nav a[aria-current="page"][href="#/runs"]').waitFor()
    // Not the card of the run before, whose end the page may hear of a moment later.
    const docsCard = page.locator('article', { hasText: '!until never at work' })
    await docsCard.getByRole('button', { name: 'Stop' }).press('Enter')
    await stage.botShows(olivia, docs, '■ Stopped by @olivia')

    await page.keyboard.press('/')
    await page.locator('#words:focus').waitFor()
    await page.keyboard.type('wro')
    // It is drawn anew with every piece that comes, and each second.
    await page.evaluate(
      "dispatchEvent(new HashChangeEvent('hashchange')); new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))",
    )
    await page.keyboard.type('te')
    assert.equal(await page.locator('#words').inputValue(), 'wrote', 'what is being written stays')
    await until(async () => {
      const [answer] = await Promise.all([page.waitForResponse(/search/), page.keyboard.press('Enter')])
      return ((await answer.json()) as { found: unknown[] }).found.length > 0
    })
    await page.locator('.turn', { hasText: 'and then I wrote it' }).waitFor()
    for (const view of ['sessions', 'queue', 'chains', 'usage', 'transcripts', 'grants', 'health']) {
      await page.goto(`${new URL(page.url()).origin}/#/${view}`)
      await page.locator(`nav a[aria-current="page"][href="#/${view}"]`).waitFor()
    }
    assert.equal(await page.title(), "Operator's page")
    assert.equal(await page.locator('main img, main script').count(), 0)
    assert.deepEqual(complaints, [])
    await page.getByRole('button', { name: 'Leave' }).click()
    await page.getByText('This page needs a link').waitFor()
  })

  test('is whole on a phone, in the dark and in Korean', async () => {
    await using stage = await Stage.open()
    await stage.startBot()
    const minji = await stage.sandbox.actor('minji')
    const shop = await stage.session(minji, 'shop')
    await minji.says(shop, `!say ${'한 줄의 긴 대답이에요. '.repeat(30)}\n!until never 계속`)
    await stage.botShows(minji, shop, '대답')
    const { page, complaints } = await tab('ko-KR')
    await page.setViewportSize({ width: 390, height: 844 })
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.goto(await linkFor(minji))
    await page.locator('article .text', { hasText: '대답' }).waitFor()
    assert.equal(await page.title(), '운영자 페이지')
    for (const view of ['runs', 'sessions', 'usage', 'transcripts', 'health']) {
      await page.goto(`${new URL(page.url()).origin}/#/${view}`)
      await page.locator(`nav a[aria-current="page"][href="#/${view}"]`).waitFor()
      const wide = await page.evaluate('document.documentElement.scrollWidth')
      assert.ok(Number(wide) <= 390, `${view} is ${String(wide)} wide`)
    }
    await picture(page, 'phone')
    assert.deepEqual(complaints, [])
  })
})
