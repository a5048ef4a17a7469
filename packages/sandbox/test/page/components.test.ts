import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { needsBrowser, picture } from './browser.ts'
import { Stage, box, pick, until, write } from './stage.ts'

describe('components, threads and forums', { concurrency: 2, skip: needsBrowser() }, () => {
  test('the newer components: containers, sections, forms with labels', async () => {
    await using stage = await Stage.open()
    const page = await stage.as('alice')
    await pick(page, '/layout')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Tidy up' }).waitFor()
    await page.getByRole('button', { name: 'Later' }).click()
    await page.getByText('You pressed later.').waitFor()

    await pick(page, '/survey')
    await page.keyboard.press('Enter')
    const form = page.getByRole('dialog', { name: 'Survey' })
    await form.getByText('Be honest.').waitFor()
    await form.getByLabel('In a word').fill('fine')
    await form.locator('.select').click()
    await page.getByRole('option', { name: 'Claude' }).click()
    await page.getByRole('option', { name: 'Codex' }).click()
    await page.getByRole('dialog', { name: 'Choose' }).getByRole('button', { name: 'Choose', exact: true }).click()
    await picture(page, 'page-survey-light')
    await form.getByRole('button', { name: 'Submit' }).click()
    await page.getByText('Survey: fine / claude+codex').waitFor()
  })

  test('a command with a file and a person; a command on a message', async () => {
    await using stage = await Stage.open()
    const page = await stage.as('alice')
    await pick(page, '/keep')
    await page
      .locator('[data-option=file]')
      .setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('12345') })
    await page.getByRole('button', { name: '+ for' }).click()
    await page.keyboard.type('oliv')
    await page.getByRole('option', { name: 'Olivia Park' }).waitFor()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await page.getByText('Kept a.txt (5 bytes) for @Olivia Park').waitFor()

    await write(page, 'one two three')
    const line = page.locator('.message', { hasText: 'one two three' })
    await line.hover()
    await line.getByRole('button', { name: 'More' }).click()
    await page.getByRole('option', { name: 'Count words' }).click()
    await page.getByText('3 words').waitFor()
  })

  test('threads and forums: archived ones leave the list and come back; a post has a title', async () => {
    const channels = ['general', { name: 'ideas', type: 'forum' as const }]
    await using stage = await Stage.open({
      world: { guild: { name: 'Tidewater', channels, people: ['alice', 'bob'] } },
    })
    const page = await stage.as('alice')
    await write(page, 'worth a thread')
    const line = page.locator('.message', { hasText: 'worth a thread' })
    await line.hover()
    await line.getByRole('button', { name: 'Start a thread' }).click()
    await page.getByLabel('Name').fill('a thread')
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'a thread' }).waitFor()
    await write(page, 'said in here')
    await page.getByText('✓ 0:02').waitFor()
    await page.getByRole('button', { name: 'Archive the thread' }).click()
    await page.getByText('ARCHIVED').waitFor()
    await page.getByRole('link', { name: '#general' }).click()
    await page.getByRole('link', { name: 'a thread' }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Threads' }).click()
    await page.getByRole('option', { name: 'a thread archived' }).click()
    await page.getByRole('heading', { level: 1, name: 'a thread' }).waitFor()
    await page.reload()
    await page.getByText('ARCHIVED').waitFor()
    await page.locator('.log .content', { hasText: 'said in here' }).waitFor()
    await write(page, 'back again')
    await page.getByText('ARCHIVED').waitFor({ state: 'detached' })

    await page.getByRole('link', { name: 'ideas' }).click()
    await until(
      () => box(page).isVisible(),
      (visible) => !visible,
    )
    await page.getByRole('button', { name: 'New post' }).click()
    await page.getByLabel('Title').fill('a faster cart')
    await page.getByLabel('Message').last().fill('Count in cents.')
    await page.getByRole('button', { name: 'Post', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'a faster cart' }).waitFor()
    await page.locator('.log .content', { hasText: 'Count in cents.' }).waitFor()
    assert.equal(await box(page).isVisible(), true)
  })
})
