import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type CDPSession, type Page } from 'playwright-core'
import { moment, type Figure, type Measurement, type Size } from './figure.ts'
import { Stage } from './stage.ts'

const chrome = '/usr/bin/chromium'
const pictures = join(import.meta.dirname, '..', 'artifacts')
/** Four words a second for longer than the measurement takes. A message holds 2,000 characters. */
const long = `!slow 240s ${'a '.repeat(950)}`

/** What is asked of the page itself, as text: what runs there is no code of ours. */
const firstPaint = `performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0`
const framesFor = (ms: number): string => `new Promise((resolve) => {
  const gaps = []
  let last = performance.now()
  const until = last + ${ms}
  requestAnimationFrame(function frame(now) {
    gaps.push(now - last)
    last = now
    if (now < until) requestAnimationFrame(frame)
    else resolve(gaps.slice(1))
  })
})`

/** The operator's page in a browser while many sessions stream: what it takes to open, to be drawn, and over the wire. */
export const operatorPage: Measurement = {
  name: "The operator's page",
  async run(size: Size): Promise<readonly Figure[]> {
    if (!existsSync(chrome)) throw new Error(`There is no Chromium at ${chrome}.`)
    const [many, seconds] = size === 'full' ? [60, 8] : [10, 3]
    const caps = String(many + 2)
    await using stage = await Stage.open({ OMC_MAX_ACTIVE_CLIS: caps, OMC_PER_USER_MAX_ACTIVE: caps })
    await stage.startBot()
    const person = await stage.person()
    for (let nth = 0; nth < many; nth++) {
      const thread = await stage.session(`stream-${nth}`, 'echo')
      await person.says(thread, long)
      await person.sees(thread, ({ author, content }) => author.id === person.botId && content.startsWith('a a'), {
        within: 60_000,
      })
    }
    const browser = await chromium.launch({
      executablePath: chrome,
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
    })
    try {
      const page = await browser.newPage()
      const wire = await page.context().newCDPSession(page)
      const received = await counting(wire)
      const reply = await (await person.runs('general', '/page')).settled()
      const [link = ''] = /http:\/\/127\.0\.0\.1:\d+\/#enter=[\w-]{43}/.exec(reply.content) ?? []
      const from = moment()
      await page.goto(link)
      const painted = Number(await page.evaluate(firstPaint))
      await page
        .locator('article .text', { hasText: 'a a' })
        .nth(many - 1)
        .waitFor({ timeout: 60_000 })
      const whole = moment() - from
      const toOpen = received()
      const gaps = (await page.evaluate(framesFor(seconds * 1000))) as readonly number[]
      const streamed = received() - toOpen
      await picture(page)
      const late = gaps.filter((gap) => gap > 50).length
      return [
        { what: `first paint, ${many} sessions streaming`, unit: 'ms', values: [painted] },
        { what: `all ${many} answers there`, unit: 'ms', values: [whole] },
        { what: 'between two frames', unit: 'ms', values: gaps },
        { what: 'frames that came later than 50 ms (percent)', unit: '', values: [(100 * late) / gaps.length] },
        { what: 'over the wire to open it (kB)', unit: '', values: [toOpen / 1000] },
        {
          what: `over the wire while ${many} sessions stream (kB a second)`,
          unit: '',
          values: [streamed / seconds / 1000],
        },
      ]
    } finally {
      await browser.close()
    }
  },
}

/** What has come over the wire until now. */
async function counting(wire: CDPSession): Promise<() => number> {
  let bytes = 0
  wire.on('Network.dataReceived', ({ encodedDataLength, dataLength }) => (bytes += encodedDataLength || dataLength))
  await wire.send('Network.enable')
  return () => bytes
}

async function picture(page: Page): Promise<void> {
  mkdirSync(pictures, { recursive: true })
  await page.screenshot({ path: join(pictures, 'page-60.png') })
}
