import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Question } from '../../src/core/approval.ts'
import type { Ask } from '../../src/core/ask.ts'
import { drawAsk } from '../../src/discord/ask.ts'
import { componentsOf } from '../../src/discord/components.ts'
import { bodyOf } from '../../src/discord/rendering.ts'
import { messageLimit } from '../../src/discord/split.ts'
import { asks } from '../locales/samples.ts'
import { nonce, Scene, until, words } from './scene.ts'
import { fc } from '../random.ts'

const silent = { replyTo: null, mention: null }

function drawn(ask: Ask, locale: 'en' | 'ko' = 'en') {
  const drawing = { ask, role: 'ask', reader: null, locale, mention: null, direct: false } as const
  return drawAsk(drawing, words[locale].approvals)
}

function questions(...list: readonly Partial<Question>[]): Ask {
  const [sample] = asks
  assert.ok(sample)
  const full = list.map((each, at) => ({
    id: `q${at}`,
    header: `Head ${at}`,
    text: `Question ${at}?`,
    options: [],
    several: false,
    free: true,
    ...each,
  }))
  return { ...sample, approval: { ...sample.approval, subject: { kind: 'questions', questions: full } } }
}

describe('approvals as Discord shows them', { concurrency: true }, () => {
  test('every approval fits one message, open with its buttons and decided without, in every language', () => {
    for (const ask of asks) {
      for (const locale of ['en', 'ko'] as const) {
        const { text, body, mark } = drawn(ask, locale)
        assert.ok(text.length <= messageLimit, `${text.length}`)
        assert.equal(mark, ask.token)
        const rows = componentsOf(bodyOf({ body } as never))
        assert.equal(rows.length > 0, ask.fate.kind === 'open')
      }
    }
  })

  test('the whole input is there, in the message or in the file', () => {
    const [sample] = asks
    assert.ok(sample)
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 4000, size: 'max' }), (command) => {
        const subject = { kind: 'command', command, folder: null, reason: null } as const
        const input = JSON.stringify({ command, timeout: 5 })
        const rendering = drawn({ ...sample, approval: { ...sample.approval, subject, input } })
        const { file } = bodyOf(rendering)
        const shown = file === null ? rendering.text.replaceAll('`\u200b`', '``').replaceAll('`\u200b', '`') : file.text
        assert.ok(shown.includes(command), shown)
        assert.ok(shown.includes('"timeout": 5'), 'also what stands beside the command')
        assert.ok(rendering.text.length <= messageLimit)
      }),
      { numRuns: 200 },
    )
  })

  test('up to four options are buttons; more, or several to choose, are a select; more than 25 are named in the text', () => {
    const options = (count: number) => Array.from({ length: count }, (_, at) => ({ label: `o${at}`, description: '' }))
    const kinds = (ask: Ask): readonly string[] =>
      (bodyOf(drawn(ask)).rows ?? []).map((row) =>
        row.kind === 'select'
          ? `select ${row.options.length}/${row.most}`
          : row.buttons.map(({ label }) => label).join(),
      )
    assert.deepEqual(kinds(questions({ options: options(2) })), ['o0,o1', 'Other…,No answer…'])
    assert.deepEqual(kinds(questions({ options: options(5), free: false })), ['select 5/1', 'No answer…'])
    assert.deepEqual(kinds(questions({ options: options(3), several: true })), ['select 3/3', 'Send,Other…,No answer…'])
    const many = questions({ options: options(30) })
    assert.deepEqual(kinds(many), ['select 25/1', 'Other…,No answer…'])
    assert.match(drawn(many).text, /30\\\. o29/)
    assert.deepEqual(kinds(questions({})), ['Other…,No answer…'])
    assert.deepEqual(kinds(questions({ options: options(2) }, {})), [
      'select 2/1',
      'Send,Other: Head 0…,Other: Head 1…,No answer…',
    ])
    const six = questions(...Array.from({ length: 6 }, () => ({ options: options(2), free: false })))
    assert.equal(kinds(six).length, 5)
    const half = { ...six, draft: { q0: ['o0'], q1: ['o0'], q2: ['o0'], q3: ['o1'] } }
    assert.deepEqual(kinds(half), ['select 2/1', 'select 2/1', 'Send,No answer…'], 'then come the next ones')
  })

  test('a button, a select and a form bring what was done, and a form comes first', async () => {
    await using scene = await Scene.open()
    const { chat, inbox } = scene
    const olivia = await scene.sandbox.actor('olivia')
    const ask = questions({ options: ['red', 'blue'].map((label) => ({ label, description: '' })), several: true })
    const drawing = { ask, role: 'ask', reader: null, locale: 'en', mention: null, direct: false } as const
    const message = await chat.post(scene.place('general'), chat.drawAsk(drawing), { ...silent, nonce: nonce() })
    const seen = await olivia.sees('general', 'has a question')
    assert.equal(seen.id, message)
    const { token } = ask

    inbox.answer = async () => ({ text: 'not for you', hidden: true })
    await olivia.chooses(seen, 'Head 0', ['blue', 'red'])
    await olivia.sees('general', (each) => each.ephemeral && each.content === 'not for you')
    const { argument, chosen } = inbox.presses.at(-1) ?? assert.fail('nothing was pressed')
    assert.deepEqual({ argument, chosen }, { argument: `${token}:0`, chosen: ['1', '0'] })

    const outcome = await olivia.clicks(seen, 'Other…')
    assert.equal(outcome.modal?.title, 'Why')
    assert.ok(outcome.modal)
    assert.equal(inbox.presses.length, 1, 'nothing is done before the form is sent')
    await olivia.submits(outcome.modal, { 'Why not': 'green' })
    const sent = await until(() => inbox.presses[1], 'the form')
    assert.deepEqual([sent.argument, sent.text], [`${token}:0`, 'green'])
  })

  test('an approval is found again by its buttons, a decided one by its text', async () => {
    await using scene = await Scene.open()
    const { chat } = scene
    const place = scene.place('general')
    const [open, decided] = [
      asks.find(({ fate }) => fate.kind === 'open'),
      asks.find(({ fate }) => fate.kind === 'lost'),
    ]
    assert.ok(open && decided)
    const since = Date.now()
    const posted = await chat.post(place, drawn(open), { ...silent, nonce: nonce() })
    const over = await chat.post(place, drawn(decided), { ...silent, nonce: nonce() })
    assert.equal(await chat.find(place, drawn(open), since, []), posted)
    assert.equal(await chat.find(place, drawn({ ...open, token: 'another' }), since, []), null)
    assert.equal(await chat.find(place, drawn(decided), since, [posted as never]), over)
  })

  test('direct messages and roles are told by Discord as they are now', async () => {
    await using scene = await Scene.open()
    const { chat } = scene
    const minji = await scene.sandbox.actor('minji')
    const dm = await chat.dm(minji.id as never)
    assert.equal(dm?.kind, 'dm')
    assert.deepEqual(await chat.dm(minji.id as never), dm)
    assert.equal(await chat.dm('1' as never), null)
    assert.deepEqual(await chat.rolesOf(minji.id as never, scene.place('general')), [scene.owner])
    assert.deepEqual(await chat.rolesOf(minji.id as never, dm as never), [scene.owner])
    assert.equal(await chat.rolesOf('1' as never, scene.place('general')), null)
  })
})
