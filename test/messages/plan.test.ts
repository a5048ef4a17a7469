import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { noLimit } from '../../src/core/pace.ts'
import type { Rendering } from '../../src/core/chat.ts'
import type { Message, Posting } from '../../src/core/message.ts'
import { nextWrite, untilOld, type Holds } from '../../src/messages/plan.ts'
import type { Wanted } from '../../src/messages/source.ts'
import { messageId, thread } from '../stores/cast.ts'

const hour = 3_600_000
const now = 100 * hour
const none: Holds = new Map()
const chat = {
  pace: {
    budget: () => noLimit,
    total: () => noLimit,
    claim: () => ({ [Symbol.dispose]: () => {} }),
    editableForMs: hour,
    nonceForMs: 1,
  },
  plainer: (rendering: Rendering, plainness: number): Rendering => ({
    ...rendering,
    hash: `${rendering.hash}/${plainness}`,
  }),
}

function rendering(hash: string): Rendering {
  return { part: 0, mark: '', hash, text: hash, end: 5, rings: false, body: null }
}

function message(role: string, hash: string, more: Partial<Message> = {}): Message {
  const place = thread('200')
  const plain = { replyTo: null, mention: null, locale: 'en', asks: false, pinned: false } as const
  return {
    role,
    place,
    rendering: rendering(hash),
    steady: false,
    goesOn: 'when-changed',
    whenDeleted: 'again',
    ...plain,
    ...more,
  }
}

function posting(role: string, shown: string, more: Partial<Posting> = {}): Posting {
  return {
    owner: 'run:r1',
    role,
    place: thread('200'),
    nonce: 'n',
    at: now,
    message: messageId(`7${role}`),
    postedAt: now,
    shown,
    end: 5,
    frozen: false,
    over: false,
    plainness: 0,
    refused: '',
    closedSince: null,
    ...more,
  }
}

function wanted(...messages: readonly Message[]): Wanted {
  return { messages, ordered: true, exact: false, over: false, againInMs: null, typingIn: null }
}

/** What is done next, in a word. */
function next(what: Wanted, postings: readonly Posting[], holds: Holds = none): string | null {
  const write = nextWrite(what, postings, holds, { chat, now })
  if (write === null) return null
  const role = 'message' in write ? write.message.role : write.posting.role
  const form =
    'form' in write ? ` ${write.form.rendering.hash}` : write.kind === 'remove' && write.again ? ' again' : ''
  return `${write.kind} ${role}${form}`
}

describe('what is done next', () => {
  test('posts in order, then edits what has changed, then nothing', () => {
    const two = wanted(message('0', 'a'), message('1', 'b'))
    assert.equal(next(two, []), 'post 0 a')
    assert.equal(next(two, [posting('0', 'a')]), 'post 1 b')
    assert.equal(next(two, [posting('0', 'old'), posting('1', 'b')]), 'edit 0 a')
    assert.equal(next(two, [posting('0', 'a'), posting('1', 'b')]), null)
    assert.equal(next(two, [posting('0', 'a'), posting('1', '', { message: null })]), 'post 1 b', 'intended only')
    assert.equal(next(two, [posting('0', 'old', { over: true }), posting('1', 'b')]), null, 'what is over stays')
  })

  test('takes away what is not wanted only where exactly that is wanted, the last one first', () => {
    const one = wanted(message('0', 'a'))
    const standing = [posting('0', 'old'), posting('1', 'b'), posting('2', 'c')]
    assert.equal(next(one, standing), 'edit 0 a')
    assert.equal(next({ ...one, exact: true }, standing), 'remove 2')
    const waits = new Map([['2', 'alone']] as const)
    assert.equal(next({ ...one, exact: true }, standing, waits), 'remove 1', 'what was refused a moment ago waits')
    assert.equal(next({ ...one, exact: true }, standing.slice(0, 1).concat(posting('2', 'c')), waits), 'edit 0 a')
  })

  test('what waits holds up those behind it where they have an order', () => {
    const two = wanted(message('0', 'a'), message('1', 'b'))
    const blocked: Holds = new Map([['0', 'blocks']])
    assert.equal(next(two, [], blocked), null)
    assert.equal(next({ ...two, ordered: false }, [], blocked), 'post 1 b')
    assert.equal(next(two, [posting('0', 'old')], new Map([['0', 'alone']])), 'post 1 b')
  })

  test('a message past its first hour ends where it is, before anything is edited; without text it is made anew', () => {
    const old = { postedAt: now - 2 * hour }
    assert.equal(next(wanted(message('0', 'a')), [posting('0', 'b', old)]), 'freeze 0')
    assert.equal(next(wanted(message('0', 'a')), [posting('0', 'a', old)]), null, 'it shows what it should')
    assert.equal(next(wanted(message('0', 'a', { goesOn: 'now' })), [posting('0', 'a', old)]), 'freeze 0')
    assert.equal(next(wanted(message('0', 'a')), [posting('0', 'b', { ...old, end: 0 })]), 'remove 0 again')
    assert.equal(
      next(wanted(message('0', 'a')), [posting('0', 'b', { ...old, frozen: true })]),
      'edit 0 a',
      'the last edit',
    )
    assert.equal(next(wanted(message('0', 'a', { goesOn: 'no' })), [posting('0', 'b', old)]), 'edit 0 a')
  })

  test('what was refused is said plainer; what is steady is tried as drawn once for each content', () => {
    const refused = { plainness: 1, refused: 'a' }
    assert.equal(next(wanted(message('0', 'a')), [posting('0', '', refused)]), 'edit 0 a/1')
    assert.equal(next(wanted(message('0', 'b')), [posting('0', '', refused)]), 'edit 0 b/1', 'it grows, plainly')
    const steady = { steady: true }
    assert.equal(next(wanted(message('0', 'b', steady)), [posting('0', 'b/1', refused)]), 'edit 0 b')
    assert.equal(next(wanted(message('0', 'a', steady)), [posting('0', '', refused)]), 'edit 0 a/1')
    const asFile = { plainness: 2, refused: 'a' }
    assert.equal(next(wanted(message('0', 'b')), [posting('0', 'a/2', asFile)]), null, 'a file does not grow')
    assert.equal(next(wanted(message('0', 'a', steady)), [posting('0', 'x/2', asFile)]), 'edit 0 a/2')
  })

  test('what shows no text yet is made anew beneath what comes before it; what shows some stays', () => {
    const one = wanted(message('0', 'a', { beneath: messageId('900') }))
    assert.equal(next(one, [posting('0', 'card', { message: messageId('899'), end: 0 })]), 'remove 0 again')
    assert.equal(next(one, [posting('0', 'card', { message: messageId('899') })]), 'edit 0 a')
    assert.equal(next(one, [posting('0', 'card', { message: messageId('1000'), end: 0 })]), 'edit 0 a')
  })

  test('it is known when a card has to move on', () => {
    const card = wanted(message('0', 'a', { goesOn: 'now' }))
    assert.equal(untilOld(card, [posting('0', 'a', { postedAt: now - hour / 2 })], { chat, now }), hour / 2 + 1)
    assert.equal(untilOld(wanted(message('0', 'a')), [posting('0', 'a')], { chat, now }), null)
    assert.equal(untilOld(card, [posting('0', 'a', { frozen: true })], { chat, now }), null)
  })
})
