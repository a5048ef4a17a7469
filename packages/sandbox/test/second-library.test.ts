import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { once } from 'node:events'
import {
  ApplicationCommandOptionTypes,
  ApplicationCommandTypes,
  ButtonStyles,
  Client,
  ComponentTypes,
} from 'oceanic.js'
import { Oracle } from '../src/oracle/oracle.ts'
import { startSandbox } from '../src/sandbox.ts'
import type { CommandInteraction, ComponentInteraction, Guild, Message } from 'oceanic.js'
import type { Actor } from '../src/actors/actor.ts'
import type { Sandbox } from '../src/sandbox.ts'

describe('a second library, oceanic.js, meets people in the sandbox', () => {
  let sandbox: Sandbox
  let oracle: Oracle
  let client: Client
  let alice: Actor
  let general: string
  before(async () => {
    oracle = await Oracle.load()
    sandbox = await startSandbox({ watchers: [oracle] })
    general = sandbox.channel('general')
    alice = await sandbox.actor('alice')
    client = new Client({
      auth: `Bot ${sandbox.bot.token}`,
      rest: { baseURL: `${sandbox.api}/v10` },
      gateway: { intents: ['GUILDS', 'GUILD_MESSAGES', 'MESSAGE_CONTENT', 'DIRECT_MESSAGES'] },
    })
    client.on('error', () => {})
  })
  after(async () => {
    client.disconnect(false)
    await sandbox.close()
  })

  test('logs in and sees its guild', async () => {
    const ready = once(client, 'ready')
    const seen = once(client, 'guildCreate').catch(() => null)
    await client.connect()
    await ready
    const guild = client.guilds.get(sandbox.guildId) ?? ((await seen)?.[0] as Guild)
    assert.equal(guild.id, sandbox.guildId)
    assert.ok(guild.channels.has(general))
    assert.equal(client.user.id, sandbox.bot.id)
  })
  test('hears a person, answers, and edits its answer', async () => {
    const coming = once(client, 'messageCreate') as Promise<[Message]>
    const mine = await alice.says('general', 'hello there')
    const [message] = await coming
    assert.equal(message.content, 'hello there')
    assert.equal(message.author.username, 'alice')
    const answer = await client.rest.channels.createMessage(general, {
      content: 'hello alice',
      messageReference: { messageID: message.id },
    })
    const seen = await alice.sees('general', 'hello alice')
    assert.equal(seen.repliesTo, mine.id)
    await answer.edit({ content: 'hello again' })
    await alice.sees('general', 'hello again')
    assert.deepEqual(
      seen.revisions.map((one) => one.content),
      ['hello alice', 'hello again'],
    )
  })
  test('sends a file and a button, and answers the press', async () => {
    await client.rest.channels.createMessage(general, {
      content: 'press me',
      files: [{ name: 'a.txt', contents: Buffer.from('content') }],
      components: [
        {
          type: ComponentTypes.ACTION_ROW,
          components: [{ type: ComponentTypes.BUTTON, style: ButtonStyles.PRIMARY, label: 'Go', customID: 'go' }],
        },
      ],
    })
    const message = await alice.sees('general', 'press me')
    assert.equal(message.attachments[0]?.size, 7)
    const pressed = once(client, 'interactionCreate') as Promise<[ComponentInteraction]>
    const clicking = alice.clicks(message, 'Go')
    const [interaction] = await pressed
    assert.equal(interaction.data.customID, 'go')
    await interaction.editParent({ content: 'pressed', components: [] })
    assert.equal((await (await clicking).settled()).content, 'pressed')
  })
  test('registers a slash command and answers it, first deferred', async () => {
    await client.application.bulkEditGlobalCommands([
      {
        type: ApplicationCommandTypes.CHAT_INPUT,
        name: 'greet',
        description: 'Greets',
        options: [{ type: ApplicationCommandOptionTypes.STRING, name: 'whom', description: 'Whom', required: true }],
      },
    ])
    const asked = once(client, 'interactionCreate') as Promise<[CommandInteraction]>
    const running = alice.runs('general', '/greet', { whom: 'bob' })
    const [interaction] = await asked
    assert.equal(interaction.data.options.getString('whom', true), 'bob')
    await interaction.defer()
    const outcome = await running
    assert.equal(outcome.message?.loading, true)
    await interaction.editOriginal({ content: 'hello bob' })
    assert.equal((await outcome.settled()).content, 'hello bob')
  })
  test('lives through a lost socket', async () => {
    const resumed = once(client, 'shardResume')
    const coming = once(client, 'messageCreate') as Promise<[Message]>
    sandbox.faults.add({ kind: 'gateway.disconnect' })
    await alice.says('general', 'meanwhile')
    await resumed
    assert.equal((await coming)[0].content, 'meanwhile')
  })
  test('and everything it heard was as Discord describes it', () => {
    oracle.assertClean()
    assert.ok(oracle.report().checked.responses > 8)
  })
})
