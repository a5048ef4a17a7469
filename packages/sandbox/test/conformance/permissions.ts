import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import { Routes } from 'discord.js'
import { ALL_PERMISSIONS, permissionBits } from '../../src/permissions.ts'
import { code } from '../refusals.ts'
import type { RouteLike } from 'discord.js'
import type { Actor } from '../../src/actors/actor.ts'
import type { PermissionName } from '../../src/permissions.ts'
import type { Stage } from '../stage.ts'
import type { Steps } from './steps.ts'

/** Everything that a bot may do, administration left out: that one permission would stand for all others. */
const EVERYTHING = ALL_PERMISSIONS & ~permissionBits(['Administrator'])

/** What the steps act on. */
interface Scene {
  channel: string
  thread: string
  alices: string
  alice: string
  guild: string
}

interface Needing {
  /** without this one, and with all others */
  without: PermissionName
  what: string
  ask(scene: Scene): [method: 'get' | 'post' | 'put' | 'patch' | 'delete', path: RouteLike, body?: object]
}

const NEEDING: readonly Needing[] = [
  {
    without: 'SendMessages',
    what: 'post',
    ask: (at) => ['post', Routes.channelMessages(at.channel), { content: 'x' }],
  },
  {
    without: 'SendMessagesInThreads',
    what: 'post in a thread',
    ask: (at) => ['post', Routes.channelMessages(at.thread), { content: 'x' }],
  },
  {
    without: 'EmbedLinks',
    what: 'post an embed',
    ask: (at) => ['post', Routes.channelMessages(at.channel), { embeds: [{ title: 'x' }] }],
  },
  {
    without: 'SendPolls',
    what: 'ask a poll',
    ask: (at) => [
      'post',
      Routes.channelMessages(at.channel),
      { poll: { question: { text: 'q' }, answers: [{ poll_media: { text: 'a' } }] } },
    ],
  },
  {
    without: 'ReadMessageHistory',
    what: 'read one message',
    ask: (at) => ['get', Routes.channelMessage(at.channel, at.alices)],
  },
  {
    without: 'ReadMessageHistory',
    what: 'reply',
    ask: (at) => [
      'post',
      Routes.channelMessages(at.channel),
      { content: 'x', message_reference: { message_id: at.alices } },
    ],
  },
  {
    without: 'AddReactions',
    what: 'react first',
    ask: (at) => ['put', Routes.channelMessageOwnReaction(at.channel, at.alices, '👍')],
  },
  {
    without: 'ManageMessages',
    what: 'delete another’s message',
    ask: (at) => ['delete', Routes.channelMessage(at.channel, at.alices)],
  },
  {
    without: 'ManageMessages',
    what: 'clear reactions',
    ask: (at) => ['delete', Routes.channelMessageAllReactions(at.channel, at.alices)],
  },
  // Its own permission since February 2026.
  {
    without: 'PinMessages',
    what: 'pin',
    ask: (at) => ['put', `/channels/${at.channel}/messages/pins/${at.alices}`],
  },
  {
    without: 'CreatePublicThreads',
    what: 'open a public thread',
    ask: (at) => ['post', Routes.threads(at.channel), { name: 'x', type: 11 }],
  },
  {
    without: 'CreatePublicThreads',
    what: 'open a thread from a message',
    ask: (at) => ['post', Routes.threads(at.channel, at.alices), { name: 'x' }],
  },
  {
    without: 'CreatePrivateThreads',
    what: 'open a private thread',
    ask: (at) => ['post', Routes.threads(at.channel), { name: 'x', type: 12 }],
  },
  {
    without: 'ManageThreads',
    what: 'lock another’s thread',
    ask: (at) => ['patch', Routes.channel(at.thread), { locked: true }],
  },
  { without: 'ManageThreads', what: 'delete a thread', ask: (at) => ['delete', Routes.channel(at.thread)] },
  {
    without: 'ManageChannels',
    what: 'rename a channel',
    ask: (at) => ['patch', Routes.channel(at.channel), { name: 'x' }],
  },
  {
    without: 'ManageRoles',
    what: 'change an overwrite',
    ask: (at) => ['put', Routes.channelPermission(at.channel, at.alice), { type: 1, allow: '0', deny: '0' }],
  },
  {
    without: 'ManageWebhooks',
    what: 'make a webhook',
    ask: (at) => ['post', Routes.channelWebhooks(at.channel), { name: 'x' }],
  },
  {
    without: 'ManageNicknames',
    what: 'rename a member',
    ask: (at) => ['patch', Routes.guildMember(at.guild, at.alice), { nick: 'x' }],
  },
  {
    without: 'ModerateMembers',
    what: 'time a member out',
    ask: (at) => ['patch', Routes.guildMember(at.guild, at.alice), { communication_disabled_until: null }],
  },
]

/** Each permission on its own: without it 50013, with it alone missing nothing else. */
export function permissions({ step, open, close }: Steps): void {
  describe('what a bot may not', () => {
    let stage: Stage
    let alice: Actor
    let scene: Scene
    before(async () => {
      stage = await open()
      alice = await stage.sandbox.actor('alice')
    })
    after(() => close(stage))
    /** Gives the bot exactly these, and everybody else nothing but looking. */
    const allow = (bits: bigint) => {
      const { roles } = stage.sandbox.world.guild(stage.sandbox.guildId)
      for (const role of roles.values()) {
        if (role.botId !== undefined) role.permissions = bits
        else if (role.id === stage.sandbox.guildId) role.permissions = 0n
        else role.permissions = permissionBits(['ViewChannel', 'SendMessages', 'CreatePublicThreads'])
      }
    }
    const fresh = async (): Promise<Scene> => {
      allow(EVERYTHING)
      // By its id: one of the steps renames it.
      const message = await alice.says(stage.general, 'mine')
      const thread = await alice.opensThread(stage.general, 'hers')
      const { guildId } = stage.sandbox
      return { channel: stage.general.id, thread: thread.id, alices: message.id, alice: alice.id, guild: guildId }
    }
    const run = (needing: Needing) => {
      const [method, path, body] = needing.ask(scene)
      return stage.client.rest[method](path, body ? { body } : {})
    }

    for (const needing of NEEDING) {
      step(`${needing.what} without ${needing.without}`, async () => {
        scene = await fresh()
        allow(EVERYTHING & ~permissionBits([needing.without]))
        await assert.rejects(run(needing), code(50013, 403))
        allow(EVERYTHING)
        await run(needing)
      })
    }
    step('in a thread SendMessages counts for nothing, in the channel it does', async () => {
      scene = await fresh()
      allow(EVERYTHING & ~permissionBits(['SendMessages']))
      await stage.client.rest.post(Routes.channelMessages(scene.thread), { body: { content: 'x' } })
    })
    step('without ViewChannel there is no access, whatever else is allowed', async () => {
      scene = await fresh()
      allow(EVERYTHING & ~permissionBits(['ViewChannel']))
      await assert.rejects(stage.client.rest.get(Routes.channel(scene.channel)), code(50001, 403))
      allow(EVERYTHING)
    })
    step('history that may not be read is empty, not refused', async () => {
      scene = await fresh()
      allow(EVERYTHING & ~permissionBits(['ReadMessageHistory']))
      assert.deepEqual(await stage.client.rest.get(Routes.channelMessages(scene.channel)), [])
      allow(EVERYTHING)
    })
    step('everyone is mentioned only by who may', async () => {
      scene = await fresh()
      const body = { content: '@everyone', allowed_mentions: { parse: ['everyone'] } }
      const mentions = async () => {
        const sent = await stage.client.rest.post(Routes.channelMessages(scene.channel), { body })
        return (sent as { mention_everyone: boolean }).mention_everyone
      }
      allow(EVERYTHING & ~permissionBits(['MentionEveryone']))
      assert.equal(await mentions(), false)
      allow(EVERYTHING)
      assert.equal(await mentions(), true)
    })
  })
}
