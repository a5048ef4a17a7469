import assert from 'node:assert/strict'
import { test } from 'node:test'
import { once } from 'node:events'
import {
  ActionRowBuilder,
  ButtonBuilder,
  ButtonStyle,
  Client,
  Events,
  GatewayIntentBits,
  MessageFlags,
  ModalBuilder,
  Partials,
  SlashCommandBuilder,
  TextInputBuilder,
  TextInputStyle,
} from 'discord.js'
import { startSandbox } from '../src/sandbox.ts'
import { closing } from './stage.ts'
import type { Interaction } from 'discord.js'

test('an unmodified discord.js bot and a person meet in the sandbox', async (context) => {
  const sandbox = closing(
    context,
    await startSandbox({
      world: { guild: { channels: ['general'], people: ['olivia', 'alice', 'bob'] } },
    }),
  )
  const client = new Client({
    rest: { api: sandbox.api },
    partials: [Partials.Channel],
    intents: [
      GatewayIntentBits.Guilds,
      GatewayIntentBits.GuildMessages,
      GatewayIntentBits.MessageContent,
      GatewayIntentBits.DirectMessages,
    ],
  })
  const ready = once(client, Events.ClientReady)
  await client.login(sandbox.bot.token)
  await ready
  await client.application?.commands.set([
    new SlashCommandBuilder()
      .setName('session')
      .setDescription('Sessions')
      .addSubcommand((sub) =>
        sub
          .setName('start')
          .setDescription('Starts one')
          .addStringOption((one) =>
            one.setName('name').setDescription('Its name').setRequired(true).setAutocomplete(true),
          ),
      ),
  ])
  const answer = async (interaction: Interaction) => {
    if (interaction.isAutocomplete()) await interaction.respond([{ name: 'Shop', value: 'shop' }])
    else if (interaction.isChatInputCommand()) {
      await interaction.deferReply()
      const row = new ActionRowBuilder<ButtonBuilder>().addComponents(
        new ButtonBuilder().setCustomId('ask').setLabel('Ask').setStyle(ButtonStyle.Primary),
      )
      await interaction.editReply({ content: `started ${interaction.options.getString('name')}`, components: [row] })
    } else if (interaction.isButton()) {
      await interaction.showModal(
        new ModalBuilder()
          .setCustomId('form')
          .setTitle('A form')
          .addComponents(
            new ActionRowBuilder<TextInputBuilder>().addComponents(
              new TextInputBuilder().setCustomId('why').setLabel('Why').setStyle(TextInputStyle.Short),
            ),
          ),
      )
    } else if (interaction.isModalSubmit()) {
      await interaction.reply({
        content: `because ${interaction.fields.getTextInputValue('why')}`,
        flags: MessageFlags.Ephemeral,
      })
    }
  }
  client.on(Events.InteractionCreate, (interaction) => void answer(interaction))
  client.on(Events.MessageCreate, (message) => {
    if (!message.author.bot && !message.system) void message.reply(`you said ${message.content}`)
  })
  try {
    const alice = await sandbox.actor('alice')
    const thread = await alice.opensThread('general', 'shop')
    await alice.says(thread, 'hello')
    const answer = await alice.sees(thread, 'you said hello')
    assert.equal(answer.author.id, sandbox.bot.id)
    assert.deepEqual(await alice.completes('general', '/session start', {}, 'name'), [{ name: 'Shop', value: 'shop' }])
    const outcome = await alice.runs('general', '/session start', { name: 'shop' })
    const reply = await outcome.settled()
    assert.equal(reply.content, 'started shop')
    const clicked = await alice.clicks(reply, 'Ask')
    assert.equal(clicked.modal?.title, 'A form')
    const submitted = await alice.submits(clicked.modal, { why: 'of tests' })
    assert.equal(submitted.ephemeral, true)
    assert.equal(submitted.message?.content, 'because of tests')
    const bob = await sandbox.actor('bob')
    assert.deepEqual(
      (await bob.messages('general')).map((message) => message.ephemeral),
      [false, false],
    )
    const dm = await alice.opensDm()
    await alice.says(dm, 'psst')
    await alice.sees(dm, 'you said psst')
  } finally {
    await client.destroy()
  }
})
