import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { needsBrowser, picture } from './browser.ts'
import { Stage, box, pick, until, write } from './stage.ts'
import type { Page } from 'playwright-core'

const PHONE = { width: 390, height: 780 }

describe('how the page looks', { concurrency: 2, skip: needsBrowser() }, () => {
  test('on a phone: places in a drawer, commands, nothing wider than the screen', async () => {
    await using stage = await Stage.open()
    const page = await stage.as('alice', PHONE)
    await write(page, '@orchestrator why is the total wrong?')
    await page.getByText('✓ 0:02').waitFor()
    await picture(page, 'page-phone-light')
    await page.getByRole('button', { name: 'Channels' }).click()
    await until(
      () => page.locator('.sidebar').boundingBox(),
      (at) => at?.x === 0,
    )
    await picture(page, 'page-phone-drawer-light')
    await page.getByRole('link', { name: 'shop' }).click()
    await page.getByRole('heading', { level: 1, name: '#shop' }).waitFor()
    await until(
      () => page.locator('.sidebar').isVisible(),
      (visible) => !visible,
    )
    await pick(page, '/session start')
    await page.keyboard.type('shop')
    await page.keyboard.press('Tab')
    await page.getByRole('option', { name: 'echo' }).waitFor()
    await page.emulateMedia({ colorScheme: 'dark' })
    await picture(page, 'page-phone-dark')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await pick(page, '/gallery')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Approve', exact: true }).waitFor()
    await picture(page, 'page-phone-gallery-dark')
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), PHONE.width)
    assert.ok(await page.locator('.scroller').evaluate((node) => node.scrollWidth <= node.clientWidth))
  })

  test('whoever speaks Korean reads the page in it, on a phone as well; Alice reads English in the next moment', async () => {
    await using stage = await Stage.open({
      controls: [{ id: 'kill', label: { en: 'Kill the bot', ko: '봇 끄기' }, run: () => {} }],
      standing: () => ({
        line: { text: { en: 'It works.', ko: '잘 되고 있어요.' }, tone: 'good' },
        steps: [{ text: { en: 'Look around', ko: '둘러보기' }, done: false }],
      }),
    })
    const page = await stage.as('minsu')
    await page.getByRole('button', { name: '봇 끄기' }).waitFor()
    await page.getByText('잘 되고 있어요.').waitFor()
    await page.getByText('둘러보기').waitFor()
    await page.getByRole('combobox', { name: '메시지' }).fill('@orchestrator 합계가 왜 틀려요?')
    await page.keyboard.press('Enter')
    await page.getByText('✓ 0:02').waitFor()
    assert.deepEqual(await page.evaluate(foreign), [], 'nothing of the page is left in English')
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'ko')
    await page.getByRole('button', { name: '장애' }).click()
    await page.getByRole('button', { name: '장애 모두 끄기' }).waitFor()
    assert.deepEqual(await page.evaluate(foreign), [])
    await picture(page, 'page-korean-light')
    await page.getByRole('button', { name: '장애', exact: true }).click()
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.setViewportSize(PHONE)
    await until(
      () => page.locator('.sidebar').isVisible(),
      (visible) => !visible,
    )
    await picture(page, 'page-korean-phone-dark')
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), PHONE.width)
    await page.getByRole('button', { name: '채널' }).click()
    await page.getByRole('button', { name: /다른 사람 되기/ }).click()
    await picture(page, 'page-korean-phone-people-dark')
    await page.getByRole('option', { name: /Alice/ }).click()
    await page.getByRole('button', { name: 'Faults' }).waitFor()
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'en')
  })

  test('light and dark: the system decides until the person does; both can be read', async () => {
    await using stage = await Stage.open()
    const page = await stage.as('alice')
    await write(page, '@orchestrator look at `total`')
    await page.getByText('✓ 0:02').waitFor()
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme })
      await picture(page, `page-answer-${scheme}`)
      for (const [what, ratio] of Object.entries(await contrasts(page)))
        assert.ok(ratio >= 4.5, `${what} in ${scheme}: ${ratio.toFixed(2)}`)
    }
    const ground = () => page.locator('.middle').evaluate((node) => getComputedStyle(node).backgroundColor)
    const dark = await ground()
    await page.getByRole('button', { name: 'Light or dark' }).click()
    assert.notEqual(await ground(), dark)
    await page.reload()
    await page.getByRole('heading', { level: 1, name: '#general' }).waitFor()
    assert.notEqual(await ground(), dark)
  })

  test('a screen reader finds its way: landmarks, the log, names on everything that can be pressed', async () => {
    await using stage = await Stage.open()
    const page = await stage.as('alice')
    await pick(page, '/gallery')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Approve', exact: true }).waitFor()
    await page.getByRole('main').waitFor()
    await page.getByRole('navigation', { name: 'Channels' }).waitFor()
    assert.equal(await page.getByRole('log', { name: 'Messages' }).getAttribute('aria-live'), 'polite')
    await page.getByRole('article', { name: /^orchestrator, / }).waitFor()
    const nameless = await page
      .locator('button, a, input:not([type=file]), textarea')
      .evaluateAll((all) =>
        all.filter((one) => !(one.getAttribute('aria-label') ?? one.textContent?.trim())).map((one) => one.outerHTML),
      )
    assert.deepEqual(nameless, [])
    await box(page).focus()
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Shift+Tab')
    assert.notEqual(await page.evaluate(() => document.activeElement?.tagName), 'BODY')
  })

  test("the host's controls, the faults, and what the oracle counted", async () => {
    let killed = 0
    const controls = [{ id: 'kill', label: 'Kill the bot', run: () => void killed++ }]
    const report = { checked: 1204, violations: ['GET /users/@me: flags is missing'] }
    const watcher = { exchange() {}, dispatch() {}, report: () => report }
    await using stage = await Stage.open({ controls, watchers: [watcher] })
    const page = await stage.as('alice')
    await page.getByRole('button', { name: 'Kill the bot' }).click()
    await page.getByText('Kill the bot: done.').waitFor()
    assert.equal(killed, 1)
    await page.getByText('1204 messages checked, 1 wrong').waitFor()
    await page.getByRole('button', { name: 'Faults' }).click()
    await page.getByRole('button', { name: 'Every event twice' }).click()
    await page.locator('.fault-list', { hasText: 'gateway.duplicate' }).waitFor()
    await write(page, 'hello')
    await page.locator('.fault-list', { hasText: /struck [1-9]/ }).waitFor()
    await picture(page, 'page-faults-light')
    await page.getByLabel('Rate limits').selectOption('real')
    await until(
      () => stage.sandbox.limits.mode,
      (mode) => mode === 'real',
    )
    await page.locator('.fault-list').getByRole('button', { name: 'Off' }).click()
    await until(
      () => stage.sandbox.faults.list().length,
      (count) => count === 0,
    )
  })
})

describe('what the host says on the page', { concurrency: 2, skip: needsBrowser() }, () => {
  test('a line, steps that tick off, where to begin, and whether the bot is there', async () => {
    const steps = [
      { text: 'Say hello', done: false },
      { text: 'Look around', done: false },
    ]
    let line: { text: string; tone: 'bad' | 'good' } | null = null
    let home = ''
    const controls = [{ id: 'lead', label: 'Lead me', run: () => ({ place: home }) }]
    await using stage = await Stage.open({ controls, standing: () => ({ line, steps }), home: () => home || null })
    home = stage.sandbox.channel('shop')
    const page = await stage.as('alice')
    await page.getByText('0 of 2').waitFor()
    await page.getByRole('img', { name: 'online' }).waitFor()
    steps[0] = { text: 'Say hello', done: true }
    line = { text: 'bot killed · agent pid 7 works on', tone: 'bad' }
    await page.getByText('1 of 2').waitFor()
    await page.getByRole('status').filter({ hasText: 'agent pid 7 works on' }).waitFor()
    await page.getByRole('button', { name: 'Lead me' }).click()
    await page.getByRole('heading', { level: 1, name: '#shop' }).waitFor()
    await page.goto(`${stage.sandbox.url}/#alice/`)
    await page.reload()
    await page.getByRole('heading', { level: 1, name: '#shop' }).waitFor()
  })

  test('on a phone a code block hides nothing: long lines wrap', async () => {
    await using stage = await Stage.open()
    const channel = await stage.bot.client.channels.fetch(stage.sandbox.channel('general'))
    const command = 'curl --silent https://example.com/install-something-with-a-long-name.sh | bash'
    if (channel?.isSendable()) await channel.send(`\`\`\`bash\n${command}\n\`\`\``)
    const page = await stage.as('alice', { width: 390, height: 844 })
    const block = page.locator('.code-block pre', { hasText: '| bash' })
    await block.waitFor()
    assert.ok(await block.evaluate((node) => node.scrollWidth <= node.clientWidth), 'nothing lies beside the screen')
  })
})

/** WCAG contrast of texts against what lies behind them; 4.5 is what small text needs. */
function contrasts(page: Page): Promise<Record<string, number>> {
  return page.evaluate(() => {
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = 1
    const brush = canvas.getContext('2d', { willReadFrequently: true })
    if (!brush) throw new Error('no canvas')
    const ratio = (text: Element) => {
      const behind: string[] = []
      for (let node: Element | null = text; node; node = node.parentElement)
        behind.unshift(getComputedStyle(node).backgroundColor)
      const light = (colours: string[]) => {
        for (const colour of colours) {
          brush.fillStyle = colour
          brush.fillRect(0, 0, 1, 1)
        }
        const [red = 0, green = 0, blue = 0] = [...brush.getImageData(0, 0, 1, 1).data].map((value) => {
          const part = value / 255
          return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
        })
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue
      }
      const ground = light(behind)
      const ink = light([...behind, getComputedStyle(text).color])
      return (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05)
    }
    const found: Record<string, number> = {}
    const selectors = [
      '.content',
      '.author',
      '.moment',
      '.mention',
      '.tag',
      '.places a',
      '.places a[aria-current]',
      '.me-name small',
      '.topic',
      '.embed-text',
      '.above',
      'code',
      '.bar-words',
      '.members h2',
      '.hl-word',
      '.hl-comment',
      '.hl-number',
      '.hl-string',
    ]
    for (const selector of selectors) {
      for (const node of document.querySelectorAll(selector))
        found[selector] = Math.min(found[selector] ?? 99, ratio(node))
    }
    return found
  })
}

/** What of the page's own words is English: labels, titles and texts, but for what people and bots wrote and what things are called. */
function foreign(): string[] {
  const isEnglish = (text: string | null): text is string =>
    text !== null && /[a-z]{3}/.test(text) && !/[가-힣]/.test(text)
  const theirs =
    '.content, .author, .embed, .places, code, kbd, .me-name, .bar select, .fault-buttons select, noscript, .place-title, .beginning, .members, .above'
  const said: string[] = []
  for (const each of document.querySelectorAll('body *')) {
    if (each.closest(theirs) !== null) continue
    const own = [...each.childNodes].filter((node) => node.nodeType === 3).map((node) => node.textContent)
    const attributes = ['aria-label', 'title', 'placeholder'].map((name) => each.getAttribute(name))
    for (const text of [...own, ...attributes]) if (isEnglish(text)) said.push(text.trim())
  }
  return [...new Set(said)]
}
