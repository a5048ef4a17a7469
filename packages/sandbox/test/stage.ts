import { once } from 'node:events'
import { Client, Events, GatewayIntentBits, Partials } from 'discord.js'
import { Oracle } from '../src/oracle/oracle.ts'
import { startSandbox } from '../src/sandbox.ts'
import type { TestContext } from 'node:test'
import type { ClientOptions, GuildTextBasedChannel, TextChannel } from 'discord.js'
import type { Clock } from '../src/clock.ts'
import type { Sandbox, SandboxOptions } from '../src/sandbox.ts'

const INTENTS = [
  GatewayIntentBits.Guilds,
  GatewayIntentBits.GuildMembers,
  GatewayIntentBits.GuildMessages,
  GatewayIntentBits.GuildMessageReactions,
  GatewayIntentBits.GuildMessageTyping,
  GatewayIntentBits.GuildWebhooks,
  GatewayIntentBits.GuildMessagePolls,
  GatewayIntentBits.DirectMessages,
  GatewayIntentBits.MessageContent,
]

/** A sandbox under the oracle's eyes, with an unmodified discord.js client in it. */
export interface Stage {
  sandbox: Sandbox
  client: Client<true>
  oracle: Oracle
  general: TextChannel
  channel(name: string): GuildTextBasedChannel
  close(): Promise<void>
}

/** @param options of the sandbox; the world has three people, a public, a private and a forum channel by default */
export async function openStage(
  options: SandboxOptions = {},
  clientOptions: Partial<ClientOptions> = {},
): Promise<Stage> {
  const oracle = await Oracle.load()
  const sandbox = await startSandbox({
    world: {
      guild: {
        name: 'Workshop',
        roles: [{ name: 'team' }, { name: 'leads', permissions: ['ManageRoles'] }],
        people: [{ name: 'olivia', owner: true }, { name: 'alice', roles: ['team'], locale: 'ko' }, 'bob'],
        channels: [
          'general',
          { name: 'team-only', onlyFor: ['team'] },
          { name: 'hidden', hiddenFromBot: true },
          { name: 'read-only', deny: ['SendMessages', 'AddReactions'] },
          { name: 'ideas', type: 'forum' },
        ],
      },
      bot: { permissions: BOT },
    },
    // A busy machine is no story: what is about the deadline sets its own.
    deadlines: { answer: 20_000 },
    ...options,
    watchers: [oracle, ...(options.watchers ?? [])],
  })
  const client = new Client({
    // A second bot of the same name would have to wait; here each is alone with its Discord.
    ws: { buildIdentifyThrottler: async () => ({ waitForIdentify: async () => {} }) },
    rest: { api: sandbox.api },
    partials: [Partials.Channel, Partials.Message, Partials.Reaction],
    intents: INTENTS,
    ...clientOptions,
  })
  client.on(Events.Error, () => {})
  const ready = once(client, Events.ClientReady)
  await client.login(sandbox.bot.token)
  await ready
  const channel = (name: string) => {
    const found = client.channels.cache.get(sandbox.channel(name))
    if (!found?.isTextBased() || found.isDMBased()) throw new Error(`${name} is no text channel of the guild`)
    return found
  }
  return {
    sandbox,
    client: client as Client<true>,
    oracle,
    general: channel('general') as TextChannel,
    channel,
    close: async () => {
      await client.destroy()
      await sandbox.close()
    },
  }
}

const BOT = [
  'ViewChannel',
  'SendMessages',
  'SendMessagesInThreads',
  'CreatePublicThreads',
  'CreatePrivateThreads',
  'ManageThreads',
  'ManageMessages',
  'ManageChannels',
  'ManageRoles',
  'ManageWebhooks',
  'ManageNicknames',
  'PinMessages',
  'ReadMessageHistory',
  'AddReactions',
  'AttachFiles',
  'EmbedLinks',
  'UseApplicationCommands',
  'ChangeNickname',
  'ModerateMembers',
] as const satisfies NonNullable<NonNullable<NonNullable<SandboxOptions['world']>['bot']>['permissions']>

/** A clock that a test moves. */
export class HandClock implements Clock {
  ms = Date.now()
  now(): number {
    return this.ms
  }
}

/** Closes what a test opened when it ends, however it ends. (`await using` is not known to Node 22.) */
export function closing<T extends { close(): Promise<void> }>(context: TestContext, opened: T): T {
  context.after(() => opened.close())
  return opened
}

/** Waits for the next event of a client that passes the test. */
export function heard<T>(
  client: Client,
  event: string,
  fits: (value: T) => boolean = () => true,
  within = 180_000,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const listener = (value: T) => {
      if (!fits(value)) return
      clearTimeout(timer)
      client.off(event, listener)
      resolve(value)
    }
    const timer = setTimeout(() => {
      client.off(event, listener)
      reject(new Error(`No ${event} within ${within} ms`))
    }, within)
    client.on(event, listener)
  })
}
