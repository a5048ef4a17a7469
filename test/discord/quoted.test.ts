import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { APIMessage } from 'discord-api-types/v10'
import { givenFiles, quotedMessage, quotesOf } from '../../src/discord/quoted.ts'

/** As much of a message as is read. */
function message(parts: object): APIMessage {
  const empty = { id: '9', type: 0, content: '', embeds: [], attachments: [], flags: 0 }
  return { ...empty, ...parts } as unknown as APIMessage
}

function shown(parts: object): readonly string[] {
  const quotes = quotesOf(message(parts), nobody, () => false)
  return quotes.map(({ text }) => text)
}

const nobody = () => ({ kind: 'app', name: 'app' }) as const

test('what a message shows beside its words is given as text, or by its name', () => {
  assert.deepEqual(shown({ content: 'only words' }), [])
  assert.deepEqual(shown({ sticker_items: [{ id: '1', name: 'Ship it', format_type: 1 }] }), ['[sticker Ship it]'])
  assert.deepEqual(
    shown({ flags: 1 << 13, attachments: [{ id: '1', filename: 'v.ogg', size: 9, duration_secs: 6.6 }] }),
    ['[voice message of 7 s]'],
  )
  const preview = {
    provider: { name: 'GitHub' },
    title: 'Issue 7',
    url: 'https://x.example/7',
    description: 'It leaks.',
  }
  assert.deepEqual(shown({ embeds: [preview] }), ['GitHub\nIssue 7\nhttps://x.example/7\nIt leaks.'])
  const inBox = {
    type: 17,
    components: [{ type: 9, components: [{ type: 10, content: 'inside' }], accessory: { type: 2 } }],
  }
  assert.deepEqual(shown({ components: [inBox, { type: 10, content: 'beside' }] }), ['inside\nbeside'])
  assert.deepEqual(shown({ components: [{ type: 1, components: [{ type: 2, label: 'a button' }] }] }), [])
})

test('a poll is given with its rules and, once there are any, its votes; the note of its end in words', () => {
  const poll = {
    question: { text: 'Which first?' },
    answers: [
      { answer_id: 1, poll_media: { text: 'cart', emoji: { name: '🛒' } } },
      { answer_id: 2, poll_media: { text: 'till' } },
    ],
    allow_multiselect: true,
  }
  assert.deepEqual(shown({ poll }), ['[poll, several may be chosen] Which first?\n- 🛒 cart\n- till'])
  const results = { is_finalized: true, answer_counts: [{ id: 1, count: 1, me_voted: false }] }
  assert.deepEqual(shown({ poll: { ...poll, allow_multiselect: false, results } }), [
    '[poll, over] Which first?\n- 🛒 cart (1 vote)\n- till (0 votes)',
  ])
  const fields = [
    { name: 'poll_question_text', value: 'Which first?' },
    { name: 'victor_answer_id', value: '1' },
    { name: 'victor_answer_text', value: 'cart' },
    { name: 'victor_answer_votes', value: '3' },
    { name: 'total_votes', value: '4' },
  ]
  assert.deepEqual(shown({ embeds: [{ type: 'poll_result', fields }] }), [
    '[poll is over] Which first?\ncart won: 3 of 4 votes',
  ])
})

test('what Discord passes nothing on of is said to be there', () => {
  const forward = { message_reference: { type: 1 }, message_snapshots: [{ message: message({}) }] }
  assert.match(shown(forward)[0] ?? '', /passes nothing on/)
  assert.deepEqual(shown({ activity: { type: 1 }, application: { name: 'Chess' } }), ['[invitation to Chess]'])
})

test('a voice message is no file for the agent; the files of a forward are', () => {
  const file = { id: '1', filename: 'a\nb/c.png', size: 3, url: 'https://cdn.example/a' }
  assert.deepEqual(givenFiles(message({ flags: 1 << 13, attachments: [file] })), [])
  const snapshot = message({ content: 'seen there', attachments: [file] })
  const [forward] = quotesOf(
    message({ message_reference: { type: 1 }, message_snapshots: [{ message: snapshot }] }),
    nobody,
    () => true,
  )
  assert.deepEqual([forward?.kind, forward?.author.kind, forward?.text], ['forward', 'speaker', 'seen there'])
  assert.deepEqual(forward?.files, [{ name: 'a b c.png', bytes: 3, url: 'https://cdn.example/a' }])
})

test('a message of the bot is quoted by its words alone: its cards are about runs', () => {
  const card = message({ content: 'the answer', embeds: [{ description: '✓ 0:12' }] })
  assert.equal(quotedMessage('reply', card, { kind: 'bot', name: 'bot' }, false).text, 'the answer')
  assert.equal(quotedMessage('reply', card, { kind: 'app', name: 'CI' }, false).text, 'the answer\n✓ 0:12')
})
