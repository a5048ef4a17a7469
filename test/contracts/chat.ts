import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Chat, ChatMessage, Rendering } from '../../src/core/chat.ts'
import type { MessageId, PlaceId } from '../../src/core/ids.ts'
import type { Place } from '../../src/core/place.ts'

/** A chat that is open, and what a person and an operator can do on its other side. */
export interface ChatStage extends AsyncDisposable {
  readonly chat: Chat
  /** A place that the chat may write to. */
  readonly place: Place
  /** A rendering of a run at work (it carries a button) that says this. */
  working(text: string): Rendering
  /** A rendering of a run that is over that says this. */
  over(text: string): Rendering
  /** A person writes; gives the message's id. */
  says(text: string): Promise<MessageId>
  /** What stands in the place now: texts of the chat's own messages, oldest first. */
  shown(): Promise<readonly string[]>
  /** Somebody deletes a message of the chat. */
  deletes(message: MessageId): Promise<void>
  /** Messages that the inbox was given, once there are as many. */
  heard(count: number): Promise<readonly ChatMessage[]>
}

let last = 0
const nonce = (): string => `contract-${process.pid}-${++last}`
const silent = { replyTo: null, mention: null }

/** What every implementation of the chat door owes. */
export function chatContract(name: string, open: () => Promise<ChatStage>): void {
  describe(`chat contract: ${name}`, () => {
    it('is ready after open, and says so', async () => {
      await using stage = await open()
      assert.equal(stage.chat.state().state, 'ready')
      assert.ok(stage.chat.pace.budget(stage.place.id, 'edit').remaining > 0)
    })

    it('gives one message for two posts with one nonce', async () => {
      await using stage = await open()
      const same = { ...silent, nonce: nonce() }
      const first = await stage.chat.post(stage.place, stage.over('once'), same)
      const second = await stage.chat.post(stage.place, stage.over('once'), same)
      assert.equal(first, second)
      assert.deepEqual(await stage.shown(), ['once'])
    })

    it('shows a post, then its edit', async () => {
      await using stage = await open()
      const { chat, place } = stage
      const message = await chat.post(place, stage.working('hello'), { ...silent, nonce: nonce() })
      assert.deepEqual(await stage.shown(), ['hello'])
      assert.equal(await chat.edit(place, message as MessageId, stage.over('hello world')), 'edited')
      assert.deepEqual(await stage.shown(), ['hello world'])
    })

    it('takes a message away, also one that is gone already', async () => {
      await using stage = await open()
      const { chat, place } = stage
      const message = await chat.post(place, stage.over('too much'), { ...silent, nonce: nonce() })
      assert.equal(await chat.remove(place, message as MessageId), 'removed')
      assert.deepEqual(await stage.shown(), [])
      assert.equal(await chat.remove(place, message as MessageId), 'removed')
    })

    it('keeps the order of calls to one place', async () => {
      await using stage = await open()
      const { chat, place } = stage
      const texts = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight']
      await Promise.all(texts.map((text) => chat.post(place, stage.over(text), { ...silent, nonce: nonce() })))
      assert.deepEqual(await stage.shown(), texts)
    })

    it('says gone for what is no more', async () => {
      await using stage = await open()
      const { chat, place } = stage
      const message = await chat.post(place, stage.over('short-lived'), { ...silent, nonce: nonce() })
      await stage.deletes(message as MessageId)
      assert.equal(await chat.edit(place, message as MessageId, stage.over('too late')), 'gone')
      const nowhere: Place = { kind: 'channel', id: '99999999999999999' as PlaceId, guild: '1' }
      assert.equal(await chat.post(nowhere, stage.over('anybody?'), { ...silent, nonce: nonce() }), 'gone')
      assert.equal(await chat.history(nowhere, '0' as MessageId, 'asked'), 'gone')
    })

    it('finds its own message again, by its button or by its text', async () => {
      await using stage = await open()
      const { chat, place } = stage
      const since = Date.now()
      const [working, over] = [stage.working('still going'), stage.over('all done')]
      const first = await chat.post(place, working, { ...silent, nonce: nonce() })
      const second = await chat.post(place, over, { ...silent, nonce: nonce() })
      assert.equal(await chat.find(place, working, since, []), first)
      assert.equal(await chat.find(place, over, since, []), second)
      assert.equal(await chat.find(place, over, since, [second as MessageId]), null)
      assert.equal(await chat.find(place, stage.over('never said'), since, []), null)
      // Another run that says the same is something else.
      assert.equal(await chat.find(place, stage.working('still going'), since, []), null)
    })

    it('passes on what people write, and gives it again as history', async () => {
      await using stage = await open()
      const { chat, place } = stage
      const before = await stage.says('zero')
      for (const text of ['one', 'two']) await stage.says(text)
      const heard = await stage.heard(3)
      assert.deepEqual(
        heard.map((message) => message.text),
        ['zero', 'one', 'two'],
      )
      const history = await chat.history(place, before, 'asked')
      assert.deepEqual(history, { messages: heard.slice(1), readTo: null })
    })

    it('tells what belongs to no run, once per nonce', async () => {
      await using stage = await open()
      const same = { ...silent, nonce: nonce() }
      await stage.chat.tell(stage.place, 'by the way', same)
      await stage.chat.tell(stage.place, 'by the way', same)
      assert.deepEqual(await stage.shown(), ['by the way'])
    })

    it('posts, edits and finds a note', async () => {
      await using stage = await open()
      const { chat, place } = stage
      const since = Date.now()
      const message = await chat.post(place, chat.note('so it is'), { ...silent, nonce: nonce() })
      assert.equal(await chat.find(place, chat.note('so it is'), since, []), message)
      assert.equal(await chat.edit(place, message as MessageId, chat.note('so it was')), 'edited')
      assert.deepEqual(await stage.shown(), ['so it was'])
      assert.notEqual(chat.note('so it is').hash, chat.note('so it was').hash)
    })

    it('gives what was said before, bystanders only when told to, and only of those who are admitted', async () => {
      await using stage = await open()
      const { chat, place } = stage
      await stage.says('between us')
      await chat.post(place, chat.note('of my own'), { ...silent, nonce: nonce() })
      const last = await stage.says('the last word')
      const admits = () => Promise.resolve(true)
      const texts = async (wish: object): Promise<readonly string[]> =>
        (await chat.recent(place, last, { most: 10, bystanders: false, admits, ...wish })).map(({ text }) => text)
      assert.deepEqual(await texts({}), ['of my own'])
      assert.deepEqual(await texts({ bystanders: true }), ['between us', 'of my own'])
      assert.deepEqual(await texts({ bystanders: true, most: 1 }), ['of my own'])
      assert.deepEqual(await texts({ bystanders: true, admits: () => Promise.resolve(false) }), ['of my own'])
    })

    it('may be closed twice, and is closed then', async () => {
      await using stage = await open()
      await stage.chat.close()
      await stage.chat.close()
      assert.equal(stage.chat.state().state, 'closed')
      assert.equal(await stage.chat.post(stage.place, stage.over('hello?'), { ...silent, nonce: nonce() }), 'later')
    })
  })
}
