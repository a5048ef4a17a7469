import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pageFolder, startSandbox, type Sandbox } from '../../src/sandbox.ts'
import { needsBrowser, newTab, picture } from './browser.ts'
import { Stage, box, until, write } from './stage.ts'

describe('the page in trouble', { concurrency: 2, skip: needsBrowser() }, () => {
  test('a broken line says so, comes back, and misses nothing; what was written meanwhile arrives once', async () => {
    await using stage = await Stage.open()
    stage.expectComplaints(/WebSocket/, /ERR_CONNECTION_RESET/)
    const alice = await stage.as('alice')
    const olivia = await stage.as('olivia')
    await write(alice, 'before')
    await olivia.locator('.log').getByText('before').waitFor()

    const refuse = stage.sandbox.faults.add({ kind: 'gateway.refuseUpgrade', people: true })
    stage.sandbox.faults.add({ kind: 'gateway.disconnect', people: true })
    await alice.getByText('Connection lost. Reconnecting …').waitFor()
    await picture(alice, 'page-reconnecting-light')
    // The first answer is lost after its effect: the page repeats the post, the nonce keeps it from standing there twice.
    let lost = 0
    await olivia.route('**/messages', async (route) => {
      const answer = await route.fetch()
      if (route.request().method() !== 'POST' || lost > 0) return route.fulfill({ response: answer })
      lost += 1
      await route.abort('connectionreset')
    })
    await write(olivia, 'while away')
    await until(
      () => lost,
      (times) => times === 1,
    )
    refuse.remove()
    for (const page of [alice, olivia]) {
      await page.locator('.log').getByText('while away').waitFor()
      await page.getByText('Connection lost').waitFor({ state: 'hidden' })
    }
    await write(alice, 'after')
    for (const page of [alice, olivia]) await page.locator('.log').getByText('after').waitFor()
    for (const page of [alice, olivia]) {
      for (const words of ['before', 'while away', 'after'])
        assert.equal(await page.locator('.log').getByText(words).count(), 1)
    }
  })

  test('a session that cannot be resumed is begun anew, and the history is read again', async () => {
    await using stage = await Stage.open()
    stage.expectComplaints(/WebSocket/)
    const alice = await stage.as('alice')
    const olivia = await stage.as('olivia')
    await write(alice, 'one')
    await olivia.locator('.log').getByText('one').waitFor()
    stage.sandbox.faults.add({ kind: 'gateway.lose', people: true, event: 'MESSAGE_CREATE', times: 2 })
    await write(alice, 'two')
    await alice.locator('.log').getByText('two').waitFor()
    stage.sandbox.faults.add({ kind: 'gateway.invalidate', people: true, resumable: false })
    await olivia.locator('.log').getByText('two').waitFor()
    assert.equal(await alice.locator('.log').getByText('two').count(), 1)
  })

  test('a message that Discord refuses stays, and a draft survives a reload', async () => {
    await using stage = await Stage.open()
    stage.expectComplaints(/Failed to load resource/)
    const page = await stage.as('alice')
    await page.route(
      '**/messages',
      (route) => route.fulfill({ status: 403, json: { message: 'Missing Permissions', code: 50013 } }),
      { times: 1 },
    )
    await write(page, 'a long thought')
    await page.getByText('Not sent. Missing Permissions').waitFor()
    await page.getByRole('button', { name: 'Back to the text box' }).click()
    assert.equal(await box(page).inputValue(), 'a long thought')
    await page.reload()
    await until(
      () => box(page).inputValue(),
      (value) => value === 'a long thought',
    )
    await box(page).focus()
    await page.keyboard.press('Enter')
    await until(
      () => page.locator('.message:not(.outgoing)', { hasText: 'a long thought' }).count(),
      (count) => count === 1,
    )
    assert.equal(await box(page).inputValue(), '')
  })

  test('files by button and by drop', async () => {
    await using stage = await Stage.open()
    const page = await stage.as('alice')
    await page.locator('input[type=file]').setInputFiles([
      { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('round once') },
      { name: 'dot.png', mimeType: 'image/png', buffer: Buffer.from(DOT, 'base64') },
    ])
    const dropped = await page.evaluateHandle(() => {
      const data = new DataTransfer()
      data.items.add(new File(['a,b'], 'table.csv', { type: 'text/csv' }))
      return data
    })
    await page.dispatchEvent('.middle', 'drop', { dataTransfer: dropped })
    await page.getByText('table.csv').waitFor()
    await page.getByRole('button', { name: 'Remove table.csv' }).waitFor()
    await write(page, 'three files')
    const line = page.locator('.message:not(.outgoing)', { hasText: 'three files' })
    await line.getByRole('link', { name: 'notes.txt' }).waitFor()
    await line.getByRole('link', { name: 'table.csv' }).waitFor()
    const image = line.getByRole('img', { name: 'dot.png' })
    await until(
      () => image.evaluate((node) => node instanceof HTMLImageElement && node.naturalWidth),
      (width) => width === 1,
    )
    const address = await line.getByRole('link', { name: 'notes.txt' }).getAttribute('href')
    assert.equal(await (await fetch(new URL(address ?? '', stage.sandbox.url))).text(), 'round once')
  })

  test('the sandbox itself is started anew: the page finds into the new world by itself', async () => {
    const first = await startAtKeptPort()
    const page = await newTab()
    await page.goto(`${first.url}/#alice/${first.channel('general')}`)
    await page.getByRole('heading', { level: 1, name: '#general' }).waitFor()
    await box(page).fill('half a thou')
    await first.close()
    await page.getByText('Connection lost. Reconnecting …').waitFor()
    await using second = await startSandbox({ page: pageFolder, port: first.port })
    await until(
      () => page.url(),
      (url) => url.endsWith(`#alice/${second.channel('general')}`),
    )
    assert.equal(await box(page).inputValue(), 'half a thou')
    await box(page).pressSequentially('ght')
    await page.keyboard.press('Enter')
    await until(
      () => second.transcript('general'),
      (text) => text.includes('half a thought'),
    )
  })

  test('what others write cannot become markup, and their links go only to the web', async () => {
    await using stage = await Stage.open()
    const page = await stage.as('alice')
    const channel = await stage.bot.client.channels.fetch(stage.sandbox.channel('general'))
    if (!channel?.isSendable()) throw new Error('no channel')
    const evil =
      '<img src=x onerror="document.title=1"> [x](javascript:alert(1)) `<script>` <b>b</b> [y](https://a.test/"onx=1)'
    await channel.send({ content: evil, embeds: [{ title: evil, description: evil }] })
    await page.locator('.embed').waitFor()
    assert.equal(await page.locator('.log img, .log script, .log b, .log [onx]').count(), 0)
    const links = await page.locator('.log a').evaluateAll((all) => all.map((one) => one.getAttribute('href') ?? ''))
    assert.ok(links.length > 0 && links.every((href) => href.startsWith('https://')), String(links))
  })
})

const DOT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** At a port that the system gives nobody by itself (Linux: those from 32,768 on): it is still free when it is started anew. */
async function startAtKeptPort(): Promise<Sandbox> {
  for (let port = 21_000 + (process.pid % 1_000); ; port++) {
    try {
      return await startSandbox({ page: pageFolder, port })
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') throw error
    }
  }
}
