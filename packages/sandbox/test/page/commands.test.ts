import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { needsBrowser, picture } from './browser.ts'
import { Stage, box, pick, write } from './stage.ts'

describe('what fits best is marked while one types', { concurrency: 2, skip: needsBrowser() }, () => {
  test('/session and Enter opens /session start, however it was come to', async () => {
    await using stage = await Stage.open()
    const page = await stage.as('alice')
    const first = page.getByRole('option').first()
    await box(page).pressSequentially('/')
    await first.waitFor()
    // Marked by hand, and still among what fits when more is typed: it is the best no longer.
    const marked = page.locator('.listbox .current')
    for (let step = 0; !(await marked.textContent())?.includes('/session list'); step++) {
      assert.ok(step < 30)
      await page.keyboard.press('ArrowDown')
    }
    await page.keyboard.type('session')
    await page.locator('.listbox .current', { hasText: '/session start' }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('group', { name: '/session start' }).waitFor()
  })
})

describe('commands of the page', { concurrency: 2, skip: needsBrowser() }, () => {
  test('options: hints, required marks, choices, autocomplete, and a value that does not fit', async () => {
    await using stage = await Stage.open()
    const page = await stage.as('alice')
    await pick(page, '/session start')
    await page.keyboard.press('Enter')
    await page.getByText('name is required.').waitFor()
    await page.keyboard.type('shop')
    await page.keyboard.press('Tab')
    await page.keyboard.type('nonsense')
    await page.keyboard.press('Enter')
    await page.getByText('runtime: choose one of the list.').waitFor()
    await page.getByLabel('runtime, text, required').fill('Claude')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: '+ workdir' }).click()
    await page.getByRole('option', { name: '~/notes' }).waitFor()
    await page.keyboard.type('site')
    await page.getByRole('option', { name: '~/projects/shop' }).waitFor({ state: 'detached' })
    await page.getByText('The folder (text, optional)').waitFor()
    await picture(page, 'page-autocomplete-light')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await page.locator('.message', { hasText: 'shop · claude' }).getByText('~/projects/site').waitFor()
  })

  test('a Korean sees the command in Korean, and it is the same command', async () => {
    await using stage = await Stage.open()
    const page = await stage.as('minsu')
    await box(page).pressSequentially('/session 시')
    await page.getByRole('option', { name: '/session 시작 이 자리에서 세션을 시작해요' }).click()
    await page.keyboard.type('가게')
    await page.keyboard.press('Tab')
    await page.keyboard.type('echo')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await page.locator('.message', { hasText: '가게 · echo' }).waitFor()
  })

  test('an application that stays silent is said to, and what was typed comes back', async () => {
    await using stage = await Stage.open({ deadlines: { answer: 500 } })
    const page = await stage.as('alice')
    await box(page).pressSequentially('/silent ')
    await page.getByRole('group', { name: '/silent' }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByText('The application did not respond').waitFor()
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('group', { name: '/silent' }).waitFor()
    await page.keyboard.press('Escape')
    await write(page, 'still here')
    await page.locator('.log').getByText('still here').waitFor()
  })

  test('buttons, selects and forms', async () => {
    // One form is not answered; all else is, also on a busy machine.
    await using stage = await Stage.open()
    const page = await stage.as('alice')
    await pick(page, '/gallery')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Deny…' }).click()
    await page.getByText('You pressed deny.').waitFor()
    await page.getByText('in 1 hour').waitFor()
    await page.getByRole('button', { name: 'Spoiler' }).click()
    await page.getByText('hidden').waitFor()

    await pick(page, '/menu')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'A colour' }).click()
    await page.getByRole('option', { name: 'Red like a rose' }).click()
    await page.getByRole('option', { name: 'Green' }).click()
    await picture(page, 'page-select-light')
    await page.getByRole('button', { name: 'Choose', exact: true }).click()
    await page.getByText('Chosen: red, green').waitFor()

    await pick(page, '/form')
    await page.keyboard.press('Enter')
    const form = page.getByRole('dialog', { name: 'Why not?' })
    await form.getByLabel('Reason').fill('silence')
    await form.getByRole('button', { name: 'Submit' }).click()
    await form.getByText('The application did not respond. Your words are still here.').waitFor()
    await form.getByRole('button', { name: 'Cancel' }).click()

    await pick(page, '/form')
    await page.keyboard.press('Enter')
    await form.getByLabel('Reason').fill('too dangerous')
    await form.getByLabel('More').fill('It would push to main.')
    await picture(page, 'page-form-light')
    await form.getByRole('button', { name: 'Submit' }).click()
    await page.getByText('Reason: too dangerous').waitFor()
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.getByText('Chosen: red').scrollIntoViewIfNeeded()
    await picture(page, 'page-gallery-dark')
    assert.ok(stage.bot.heard.includes('pressed deny'))
  })
})
