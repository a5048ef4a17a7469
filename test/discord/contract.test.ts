import type { MessageId } from '../../src/core/ids.ts'
import { chatContract } from '../contracts/chat.ts'
import { drawing, Scene, sheetSaying, until, viewAfter } from './scene.ts'

chatContract('Discord', async () => {
  const scene = await Scene.open()
  const alice = await scene.sandbox.actor('alice')
  const place = scene.place('general')
  return {
    chat: scene.chat,
    place,
    working: (text) => sheetSaying(scene.chat, place, text),
    over: (text) => {
      const view = viewAfter(place, [
        { type: 'admitted', account: 'default' as never },
        { type: 'started', pid: 1, warm: false, conversation: null },
        { type: 'said', block: 'a', text, whole: true },
        { type: 'finished', outcome: { kind: 'done', usage: { inputTokens: 1, outputTokens: 1, costUsd: null } } },
      ])
      const [rendering] = scene.chat.draw(drawing(view))
      if (rendering === undefined) throw new Error('nothing was drawn')
      return rendering
    },
    says: async (text) => (await alice.says('general', text)).id as MessageId,
    shown: async () => {
      const messages = await alice.call<{ id: string; content: string; author: { id: string } }[]>(
        'GET',
        `/channels/${place.id}/messages?limit=100`,
      )
      return messages
        .filter((message) => message.author.id === scene.sandbox.bot.id)
        .map((message) => message.content)
        .reverse()
    },
    deletes: async (message) => {
      const olivia = await scene.sandbox.actor('olivia')
      await olivia.deletes({ id: message, channelId: place.id })
    },
    heard: async (count) => {
      await until(() => scene.inbox.heard.length >= count, `${count} messages`)
      return scene.inbox.heard
    },
    [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
  }
})
