import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { needsBrowser, picture } from './browser.ts'
import { Stage, box, pick, until, write } from './stage.ts'

describe('people on the page', { concurrency: 2, skip: needsBrowser() }, () => {
  test('two tabs are two people: they see each other write, and only its owner sees an ephemeral answer', async () => {
    await using stage = await Stage.open()
    const alice = await stage.as('alice')
    const olivia = await stage.as('olivia')

    await box(alice).pressSequentially('Good mor')
    await olivia.getByText('Alice is typing').waitFor()
    await box(alice).pressSequentially('ning')
    await alice.keyboard.press('Enter')
    await olivia.locator('.message').getByText('Good morning').waitFor()
    await olivia.getByText('Alice is typing').waitFor({ state: 'detached' })

    await pick(alice, '/health')
    await alice.keyboard.press('Enter')
    await alice.getByText('Only you can see this').waitFor()
    await write(olivia, 'I see nothing of that')
    await alice.getByText('I see nothing of that').waitFor()
    assert.equal(await olivia.getByText('All is well').count(), 0)
    await alice.getByRole('button', { name: 'Dismiss' }).click()
    await alice.getByText('All is well').waitFor({ state: 'detached' })
  })

  test('replies, edits, deletions, reactions and threads from a message', async () => {
    await using stage = await Stage.open()
    const alice = await stage.as('alice')
    const olivia = await stage.as('olivia')
    await write(alice, 'the **cart** is wrnog')
    // What has not arrived cannot be edited.
    await alice.locator('.message:not(.outgoing)', { hasText: 'wrnog' }).waitFor()
    await box(alice).press('ArrowUp')
    assert.equal(await box(alice).inputValue(), 'the **cart** is wrnog')
    await box(alice).fill('the **cart** is wrong')
    await alice.keyboard.press('Enter')
    const line = olivia.locator('.message', { hasText: 'the cart is wrong' }).first()
    await line.getByText('(edited)').waitFor()

    await line.hover()
    await line.getByRole('button', { name: 'Reply' }).click()
    await write(olivia, 'by one cent')
    const reply = alice.locator('.message', { hasText: 'by one cent' })
    await reply.locator('.above', { hasText: '@Alice' }).getByText('the cart is wrong').waitFor()

    await reply.hover()
    await reply.getByRole('button', { name: 'Add a reaction' }).click()
    await alice.getByRole('option', { name: 'done' }).click()
    await olivia.getByRole('button', { name: '✅, 1' }).click()
    await alice.getByRole('button', { name: '✅, 2' }).waitFor()

    await line.hover()
    await line.getByRole('button', { name: 'Start a thread' }).click()
    await olivia.getByLabel('Name').fill('the cent')
    await olivia.getByRole('button', { name: 'Start', exact: true }).click()
    await olivia.getByRole('heading', { level: 1, name: 'the cent' }).waitFor()
    await alice.getByRole('link', { name: 'the cent' }).waitFor()
    await alice.locator('.log').getByRole('button', { name: 'the cent' }).waitFor()

    await box(alice).press('ArrowUp')
    await alice.keyboard.press('Escape')
    assert.equal(await box(alice).inputValue(), '')
    await write(alice, 'a slip')
    const slip = alice.locator('.message', { hasText: 'a slip' })
    await slip.hover()
    await slip.getByRole('button', { name: 'More' }).click()
    await alice.getByRole('option', { name: 'Delete' }).click()
    await slip.waitFor({ state: 'detached' })
  })

  test('unread marks, mentions, direct messages, members and the way between places', async () => {
    await using stage = await Stage.open()
    const alice = await stage.as('alice')
    const olivia = await stage.as('olivia', { place: 'shop' })
    await write(olivia, 'something new')
    await alice.getByRole('link', { name: 'shop, unread' }).waitFor()
    await write(olivia, '@Alice please look')
    await alice.getByRole('link', { name: 'shop, 1 for you' }).waitFor()
    await until(
      () => alice.title(),
      (title) => title.startsWith('(1)'),
    )
    await alice.keyboard.press('Control+k')
    await alice.getByRole('combobox', { name: 'Go to' }).fill('sho')
    await alice.keyboard.press('Enter')
    await alice.getByRole('heading', { level: 1, name: '#shop' }).waitFor()
    await alice.locator('.mentions-me').getByText('please look').waitFor()
    await alice.getByRole('link', { name: 'shop', exact: true }).waitFor()

    await alice.getByLabel('Members').getByRole('button', { name: 'Olivia Park' }).click()
    await alice.getByRole('option', { name: 'Write a direct message' }).click()
    await alice.getByRole('heading', { level: 1, name: '@Olivia Park' }).waitFor()
    // Elsewhere again: what she has read is not for her a second time.
    await alice.getByRole('link', { name: 'shop', exact: true }).waitFor()
    await write(alice, 'between us')
    const dm = olivia.getByRole('link', { name: 'Alice, 1 for you' })
    await dm.click()
    await olivia.locator('.log').getByText('between us').waitFor()
    await picture(olivia, 'page-direct-light')
    await olivia.reload()
    await olivia.getByRole('heading', { level: 1, name: '@Alice' }).waitFor()
    await olivia.locator('.log').getByText('between us').waitFor()

    await olivia.getByRole('button', { name: /^You are Olivia Park/ }).click()
    await olivia.getByRole('option', { name: /김민수/ }).click()
    await olivia.getByRole('button', { name: /^지금은 김민수 님이에요/ }).waitFor()
    await olivia.getByRole('heading', { level: 1, name: '#general' }).waitFor()
    assert.match(decodeURIComponent(olivia.url()), /#minsu\//)
    assert.equal(await olivia.getByText('between us').count(), 0)
  })
})
