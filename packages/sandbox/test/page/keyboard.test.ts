import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { needsBrowser, picture } from './browser.ts'
import { Stage, until } from './stage.ts'
import type { Page } from 'playwright-core'

/** How the page looks to somebody who walks through it without a mouse. */
const looks = [
  { look: 'wide', who: 'alice', width: 1280, height: 800 },
  { look: 'phone-korean', who: 'minsu', width: 390, height: 780 },
] as const

/** Words of the page by what they are for. */
const wordsOf = {
  alice: {
    channels: 'Channels',
    thread: 'New thread',
    kill: 'Kill the bot',
    start: '/session start',
  },
  minsu: {
    channels: '채널',
    thread: '새 스레드',
    kill: '봇 끄기',
    start: '/session 시작',
  },
} as const

const textBox = Symbol('where one writes')

/** Where the focus is, and what is wrong with how that looks. */
interface Stop {
  readonly name: string
  readonly at: string
  readonly wrong: readonly string[]
}

describe('a newcomer who has only a keyboard', { concurrency: 1, skip: needsBrowser() }, () => {
  for (const { look, who, width, height } of looks)
    test(`starts a session, is answered, stops it, and comes everywhere, in the light and in the dark: ${look}`, async () => {
      let killed = 0
      const controls = [{ id: 'kill', label: { en: 'Kill the bot', ko: '봇 끄기' }, run: () => void killed++ }]
      await using stage = await Stage.open({ controls })
      stage.bot.holdsAnswers = true
      const page = await stage.as(who, { width, height })
      await page.emulateMedia({ colorScheme: 'light' })
      await page.evaluate(numbering)
      const words = wordsOf[who]

      await goTo(page, words.thread)
      await page.keyboard.press('Enter')
      await page.getByRole('dialog').waitFor()
      await page.keyboard.press('Escape')
      await until(
        () => focus(page),
        (stop) => stop?.name === words.thread,
      )
      await page.keyboard.press('Enter')
      await page.keyboard.type('fix the cart')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { level: 1, name: 'fix the cart' }).waitFor()

      await goTo(page, textBox)
      await page.keyboard.type(words.start)
      await page.getByRole('option', { name: words.start }).first().waitFor()
      await page.keyboard.press('Enter')
      await page.getByRole('group', { name: words.start }).waitFor()
      await page.keyboard.type('shop')
      await page.keyboard.press('Tab')
      await page.keyboard.type('ech')
      await page.getByRole('option', { name: 'echo' }).waitFor()
      await page.keyboard.press('Enter')
      await page.keyboard.press('Enter')
      await page.locator('.message', { hasText: 'shop · echo' }).waitFor()

      await goTo(page, textBox)
      await page.keyboard.type('why is the total wrong?')
      await page.keyboard.press('Enter')
      const answer = page.locator('.message', { hasText: 'The cart rounds each line' })
      await answer.getByRole('button', { name: 'Stop' }).waitFor()
      await goTo(page, 'Stop')
      await picture(page, `page-keyboard-${look}`)
      await page.keyboard.press('Enter')
      await answer.getByText('■ Stopped.').waitFor()

      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme })
        const stops = await round(page)
        assert.deepEqual(
          stops.filter(({ wrong }) => wrong.length > 0),
          [],
        )
        const names = stops.map(({ at }) => at)
        const missed = (await reachable(page)).filter((at) => !names.includes(at))
        assert.deepEqual(missed, [], 'the focus does not come there')
      }

      await goTo(page, words.kill)
      await page.keyboard.press('Enter')
      await until(
        () => killed,
        (times) => times === 1,
      )
      if (width < 500) {
        await goTo(page, words.channels)
        await page.keyboard.press('Enter')
      }
      await goTo(page, /^shop\b/)
      await picture(page, `page-keyboard-places-${look}`)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { level: 1, name: '#shop' }).waitFor()
    })
})

/** Presses Tab until the focus is on what is called that. */
async function goTo(page: Page, name: string | RegExp | typeof textBox): Promise<void> {
  const fits = ({ name: said, at }: Stop): boolean =>
    name === textBox ? at.startsWith('TEXTAREA') : typeof name === 'string' ? said === name : name.test(said)
  const passed: string[] = []
  for (let pressed = 0; pressed < 150; pressed++) {
    const stop = await focus(page)
    if (stop !== null && fits(stop)) return assert.deepEqual(stop.wrong, [], stop.at)
    passed.push(stop?.name ?? '')
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not lead to ${String(name)}, but to: ${[...new Set(passed)].join(' · ')}`)
}

/** Presses Tab until the focus comes round again, and says where it was. */
async function round(page: Page): Promise<readonly Stop[]> {
  const stops: Stop[] = []
  for (let pressed = 0; pressed < 200; pressed++) {
    await page.keyboard.press('Tab')
    const stop = await focus(page)
    if (stop === null) continue
    if (stops.some(({ at }) => at === stop.at)) return stops
    stops.push(stop)
  }
  throw new Error(`the focus does not come round: ${JSON.stringify(stops.slice(-5))}`)
}

/** What has the focus; null: the page as a whole. It can be seen that it has it: something there looks otherwise without. */
function focus(page: Page): Promise<Stop | null> {
  return page.evaluate(() => {
    const node = document.activeElement
    if (!(node instanceof HTMLElement) || node === document.body) return null
    const { left, right, top, bottom, width, height } = node.getBoundingClientRect()
    const wrong: string[] = []
    if (width < 1 || height < 1) wrong.push('it has no size')
    if (right < 1 || left > innerWidth - 1 || bottom < 1 || top > innerHeight - 1) wrong.push('it is off the screen')
    const within = (value: number, most: number) => Math.min(most - 1, Math.max(0, value))
    const hit = document.elementFromPoint(
      within((left + right) / 2, innerWidth),
      within((top + bottom) / 2, innerHeight),
    )
    if (hit !== null && !node.contains(hit) && !hit.contains(node)) wrong.push(`${hit.className} lies upon it`)
    const around = [node, node.parentElement, node.parentElement?.parentElement].filter(
      (each) => each instanceof HTMLElement,
    )
    const seen = () =>
      around
        .map((each) => getComputedStyle(each))
        .map((style) => [style.outlineStyle, style.outlineWidth, style.borderColor, style.boxShadow].join(' '))
        .join(';')
    const marked = seen()
    const { outlineStyle, outlineOffset, outlineWidth } = getComputedStyle(node)
    const reach = outlineStyle === 'none' ? 0 : Number.parseFloat(outlineOffset) + Number.parseFloat(outlineWidth)
    for (let frame = node.parentElement; frame !== null; frame = frame.parentElement) {
      if (getComputedStyle(frame).overflowX === 'visible') continue
      const edges = frame.getBoundingClientRect()
      if (left - reach < edges.left - 0.5 || right + reach > edges.right + 0.5)
        wrong.push(`its mark is cut off by ${frame.className}`)
    }
    const transitions = around.map((each) => each.style.transition)
    for (const each of around) each.style.transition = 'none'
    node.blur()
    if (seen() === marked) wrong.push('nobody sees that it has the focus')
    node.focus({ preventScroll: true })
    around.forEach((each, at) => (each.style.transition = transitions[at] ?? ''))
    const name = (node.getAttribute('aria-label') ?? node.textContent ?? '').trim()
    return { name, at: `${node.tagName} ${name.slice(0, 60)} ${numberOf(node)}`, wrong }
  })
}

/** Everything on the page that can be pressed or written in now. */
function reachable(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const all = [...document.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, [tabindex="0"]')]
    const open = all.filter((node) => !node.matches('[disabled], [tabindex="-1"], [type=file]'))
    return open
      .filter((node) => node.checkVisibility({ visibilityProperty: true }))
      .map((node) => {
        const name = (node.getAttribute('aria-label') ?? node.textContent ?? '').trim()
        return `${node.tagName} ${name.slice(0, 60)} ${numberOf(node)}`
      })
  })
}

/** In the browser: a number for each node, because many are called alike. */
declare function numberOf(node: Node): number
const numbering = `{
  const numbers = new WeakMap()
  let last = 0
  window.numberOf = (node) => {
    if (!numbers.has(node)) numbers.set(node, ++last)
    return numbers.get(node)
  }
}`
