import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { needsBrowser, picture } from './browser.ts'
import { Stage, box, pick, until, write } from './stage.ts'

const HINT = 'Welcome. Type `/session start` to begin, then write to me in that thread.'

describe('the first minute on the page', { concurrency: 2, skip: needsBrowser() }, () => {
  test('a newcomer opens the page, starts a session in a thread, watches the answer grow and stops it', async () => {
    await using stage = await Stage.open()
    stage.bot.holdsAnswers = true
    const channel = await stage.bot.client.channels.fetch(stage.sandbox.channel('general'))
    if (channel?.isSendable()) await channel.send(HINT)
    const page = await stage.as('alice')
    await page.getByText('to begin, then write to me').waitFor()

    await page.getByRole('button', { name: 'New thread' }).click()
    await page.getByLabel('Name').fill('fix the cart')
    await page.getByRole('button', { name: 'Create thread' }).click()
    await page.getByRole('heading', { level: 1, name: 'fix the cart' }).waitFor()
    assert.match(page.url(), /#alice\/\d+$/)

    await pick(page, '/session start')
    await page.keyboard.type('shop')
    await page.keyboard.press('Tab')
    await page.keyboard.type('ech')
    await page.getByRole('option', { name: 'echo' }).waitFor()
    await picture(page, 'page-command-light')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await page.getByText('Write here to begin').waitFor()
    await page.getByText('Alice used /session start').first().waitFor()

    await write(page, 'why is the **total** wrong?')
    const answer = page.locator('.message', { hasText: 'The cart rounds each line' })
    await answer.getByRole('button', { name: 'Stop' }).waitFor()
    // The node that stands there must stay the same one while its text grows: anything else flickers and loses a selection.
    await answer.evaluate((node) => Object.assign(node, { seenBefore: true }))
    const scroller = page.locator('.scroller')
    const below = () => scroller.evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight)
    await answer.getByText('Round once').waitFor()
    assert.ok((await below()) < 2, 'the newest line stays in view')
    await picture(page, 'page-streaming-light')
    await answer.getByRole('button', { name: 'Stop' }).click()
    await answer.getByText('■ Stopped.').waitFor()
    assert.equal(await answer.evaluate((node) => 'seenBefore' in node), true)
    assert.equal(await answer.getByRole('button', { name: 'Stop' }).count(), 0)
    assert.ok(stage.bot.heard.includes('pressed stop'))
    await until(() => box(page).evaluate((node) => node === document.activeElement), Boolean)
  })

  test('a long history is read page by page, and the address leads back to where one was', async () => {
    await using stage = await Stage.open()
    const channel = await stage.bot.client.channels.fetch(stage.sandbox.channel('shop'))
    for (let line = 1; line <= 120; line += 1) if (channel?.isSendable()) await channel.send(`line ${line}`)
    const page = await stage.as('alice', { place: 'shop' })
    await page.getByText('line 120', { exact: true }).waitFor()
    assert.equal(await page.getByText('line 60', { exact: true }).count(), 0)
    const first = page.getByText('line 1', { exact: true })
    await until(
      async () => {
        await page.locator('.scroller').evaluate((node) => node.scrollTo({ top: 0 }))
        return first.count()
      },
      (count) => count === 1,
    )
    assert.equal(await page.locator('.message').count(), 120)
    await page.getByText('The shop and its carts').first().waitFor()
    await page.reload()
    await page.getByRole('heading', { level: 1, name: '#shop' }).waitFor()
  })

  test('who reads further up is not moved by an answer that grows', async () => {
    await using stage = await Stage.open()
    const olivia = await stage.as('olivia')
    const channel = await stage.bot.client.channels.fetch(stage.sandbox.channel('general'))
    for (let line = 1; line <= 30; line += 1) if (channel?.isSendable()) await channel.send(`line ${line}`)
    const page = await stage.as('alice')
    await page.getByText('line 30', { exact: true }).waitFor()
    await page.locator('.scroller').evaluate((node) => node.scrollTo({ top: 120 }))
    await page.getByRole('button', { name: 'Newest messages' }).waitFor()
    const line = page.getByText('line 12', { exact: true })
    const before = await line.boundingBox()
    await write(olivia, '@orchestrator and now?')
    await until(
      () => page.locator('.log').getByText('all 42 tests pass').count(),
      (count) => count === 1,
    )
    assert.deepEqual(await line.boundingBox(), before)
    await page.getByRole('button', { name: 'Newest messages' }).click()
    await page.getByText('✓ 0:02').waitFor()
  })
})
