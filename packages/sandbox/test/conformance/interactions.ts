import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import {
  ActionRowBuilder,
  ApplicationCommandType,
  ButtonBuilder,
  ButtonStyle,
  Events,
  LabelBuilder,
  MessageFlags,
  ModalBuilder,
  StringSelectMenuBuilder,
  TextInputBuilder,
  TextInputStyle,
  UserSelectMenuBuilder,
} from 'discord.js'
import { code } from '../refusals.ts'
import { LEADS, PLAIN, SESSION } from '../shop-commands.ts'
import { HandClock, heard } from '../stage.ts'
import type {
  AutocompleteInteraction,
  ButtonInteraction,
  ChatInputCommandInteraction,
  Interaction,
  Message,
  MessageContextMenuCommandInteraction,
  ModalSubmitInteraction,
  StringSelectMenuInteraction,
  UserSelectMenuInteraction,
} from 'discord.js'
import type { Actor } from '../../src/actors/actor.ts'
import type { Stage } from '../stage.ts'
import type { Steps } from './steps.ts'

export function interactions({ step, open, close }: Steps): void {
  describe('interactions', () => {
    let stage: Stage
    let alice: Actor
    let bob: Actor
    /** Answers the next interaction in its own way; the answer's outcome is awaited beside the person's. */
    const next = async <T extends Interaction>(answer: (interaction: T) => Promise<unknown>): Promise<T> => {
      const interaction: T = await heard<T>(stage.client, Events.InteractionCreate)
      await answer(interaction)
      return interaction
    }

    before(async () => {
      stage = await open({ deadlines: { answer: 20_000 } })
      alice = await stage.sandbox.actor('alice')
      bob = await stage.sandbox.actor('bob')
      await stage.client.application.commands.set([
        SESSION,
        PLAIN,
        LEADS,
        { type: ApplicationCommandType.Message, name: 'Quote this' },
        { type: ApplicationCommandType.User, name: 'Who is it' },
      ])
    })
    after(() => close(stage))

    step('a command with options arrives whole', async () => {
      const answered = next<ChatInputCommandInteraction>(async (interaction) => {
        assert.equal(interaction.options.getSubcommand(), 'start')
        assert.equal(interaction.options.getString('name'), 'shop')
        assert.equal(interaction.options.getUser('with')?.username, 'bob')
        assert.equal(interaction.options.getInteger('count'), 3)
        assert.equal(interaction.locale, 'ko')
        assert.equal(interaction.guildLocale, 'en-US')
        assert.equal(interaction.memberPermissions?.has('SendMessages'), true)
        assert.equal(await (await fetch(interaction.options.getAttachment('file')?.url ?? '')).text(), 'content')
        await interaction.reply('started')
      })
      const outcome = await alice.runs('general', '/session start', {
        name: 'shop',
        with: bob.id,
        count: 3,
        file: { name: 'f.txt', content: 'content' },
      })
      await answered
      assert.equal(outcome.message?.content, 'started')
      assert.equal(outcome.ephemeral, false)
      await bob.sees('general', 'started')
    })
    step('what does not fit the command is refused before the bot hears of it', async () => {
      await assert.rejects(alice.runs('general', '/session start', {}), code(50035))
      await assert.rejects(alice.runs('general', '/session start', { name: 'x'.repeat(21) }), code(50035))
      await assert.rejects(alice.runs('general', '/session start', { name: 'x', runtime: 'other' }), code(50035))
      await assert.rejects(alice.runs('general', '/session start', { name: 'x', count: 10 }), code(50035))
    })
    step('a deferred answer thinks, then speaks, and is not "edited"', async () => {
      const answered = next<ChatInputCommandInteraction>(async (interaction) => {
        await interaction.deferReply()
      })
      const outcome = await alice.runs('general', '/plain')
      assert.equal(outcome.message?.loading, true)
      await (await answered).editReply('at last')
      const reply = await outcome.settled()
      assert.equal(reply.content, 'at last')
      assert.equal(reply.edited, false)
    })
    step('an ephemeral answer is seen by its person alone', async () => {
      const answered = next<ChatInputCommandInteraction>((interaction) =>
        interaction.reply({ content: 'secret', flags: MessageFlags.Ephemeral }),
      )
      const outcome = await alice.runs('general', '/plain')
      await answered
      assert.equal(outcome.ephemeral, true)
      assert.equal(outcome.message?.content, 'secret')
      await stage.general.send('fence')
      await bob.sees('general', 'fence')
      assert.equal(bob.story('general').includes('secret'), false)
      await assert.rejects(stage.general.messages.fetch(outcome.message?.id ?? ''), code(10008))
    })
    step('follow-ups, their edits and deletions, and those of the original', async () => {
      let second: Message | undefined
      const answered = next<ChatInputCommandInteraction>(async (interaction) => {
        await interaction.reply('first')
        const more = await interaction.followUp('second')
        await interaction.editReply('first, edited')
        await interaction.webhook.editMessage(more.id, 'second, edited')
        assert.equal((await interaction.fetchReply()).content, 'first, edited')
        second = more
      })
      await alice.runs('general', '/plain')
      const interaction = await answered
      await alice.sees('general', 'second, edited')
      await interaction.deleteReply(second?.id)
      await interaction.deleteReply()
      await alice.sees('general', /edited$/, { gone: true })
      await assert.rejects(interaction.editReply('gone'), code(10008))
    })
    step('a follow-up right after a deferral becomes the answer and keeps its privacy', async () => {
      const answered = next<ChatInputCommandInteraction>(async (interaction) => {
        await interaction.deferReply({ flags: MessageFlags.Ephemeral })
        await interaction.followUp('private after all')
      })
      const outcome = await alice.runs('general', '/plain')
      await answered
      const reply = await outcome.settled()
      assert.equal(reply.content, 'private after all')
      assert.equal(reply.ephemeral, true)
    })
    step('an answer that asks for its response gets the message, a deferral the bare interaction', async () => {
      const answered = next<ChatInputCommandInteraction>(async (interaction) => {
        const response = await interaction.reply({ content: 'with response', withResponse: true })
        assert.equal(response.resource?.message?.content, 'with response')
      })
      await alice.runs('general', '/plain')
      await answered
      const deferred = next<ChatInputCommandInteraction>(async (interaction) => {
        const response = await interaction.deferReply({ withResponse: true })
        assert.equal(response.interaction.responseMessageLoading, true)
        await interaction.deleteReply()
      })
      await alice.runs('general', '/plain')
      await deferred
    })
    step('a second first answer meets 40060', async () => {
      const answered = next<ChatInputCommandInteraction>(async (interaction) => {
        await interaction.reply('one')
        const url = `/interactions/${interaction.id}/${interaction.token}/callback` as const
        await assert.rejects(
          stage.client.rest.post(url, { body: { type: 4, data: { content: 'two' } }, auth: false }),
          code(40060, 400),
        )
      })
      await alice.runs('general', '/plain')
      await answered
    })
    step('an empty answer, and one for the wrong kind, are refused and leave the interaction open', async () => {
      const answered = next<ChatInputCommandInteraction>(async (interaction) => {
        const url = `/interactions/${interaction.id}/${interaction.token}/callback` as const
        await assert.rejects(stage.client.rest.post(url, { body: { type: 4, data: {} }, auth: false }), code(50006))
        await assert.rejects(stage.client.rest.post(url, { body: { type: 6 }, auth: false }), code(50035))
        await interaction.reply('still fine')
      })
      await alice.runs('general', '/plain')
      await answered
    })
    step('autocomplete offers choices to the person who types', async () => {
      const answered = next<AutocompleteInteraction>(async (interaction) => {
        assert.deepEqual(interaction.options.getFocused(true), {
          name: 'workdir',
          type: 3,
          value: '/ho',
          focused: true,
        })
        await interaction.respond([{ name: 'home', value: '/home' }])
      })
      const offered = await alice.completes('general', '/session start', { name: 'x', workdir: '/ho' }, 'workdir')
      await answered
      assert.deepEqual(offered, [{ name: 'home', value: '/home' }])
    })
    step('26 choices are too many', async () => {
      const answered = next<AutocompleteInteraction>(async (interaction) => {
        const many = Array.from({ length: 26 }, (_, index) => ({ name: `${index}`, value: `${index}` }))
        await assert.rejects(interaction.respond(many), code(50035))
        await stage.client.rest.post(`/interactions/${interaction.id}/${interaction.token}/callback`, {
          body: { type: 8, data: { choices: [] } },
          auth: false,
        })
      })
      assert.deepEqual(await alice.completes('general', '/session start', { name: 'x' }, 'workdir'), [])
      await answered
    })
    step('a button updates its message, or answers below it', async () => {
      const row = new ActionRowBuilder<ButtonBuilder>().addComponents(
        new ButtonBuilder().setCustomId('stop').setLabel('Stop').setStyle(ButtonStyle.Danger),
        new ButtonBuilder().setCustomId('off').setLabel('Off').setStyle(ButtonStyle.Secondary).setDisabled(true),
        new ButtonBuilder().setURL('https://example.org').setLabel('Link').setStyle(ButtonStyle.Link),
      )
      const sent = await stage.general.send({ content: 'press', components: [row] })
      const message = await alice.sees('general', 'press')
      const updated = next<ButtonInteraction>((interaction) =>
        interaction.update({ content: 'pressed', components: [] }),
      )
      await assert.rejects(alice.clicks(message, 'Off'), code(50035))
      const outcome = await alice.clicks(message, 'Stop')
      await updated
      assert.equal(outcome.message?.id, sent.id)
      assert.equal((await outcome.settled()).content, 'pressed')
      assert.equal(message.components.length, 0)
    })
    step('a silent acknowledgement, then an edit of the message', async () => {
      const row = new ActionRowBuilder<ButtonBuilder>().addComponents(
        new ButtonBuilder().setCustomId('s').setLabel('Silent').setStyle(ButtonStyle.Primary),
      )
      await stage.general.send({ content: 'silent one', components: [row] })
      const message = await bob.sees('general', 'silent one')
      const answered = next<ButtonInteraction>(async (interaction) => {
        await interaction.deferUpdate()
        await interaction.editReply('changed later')
      })
      const outcome = await bob.clicks(message, 'Silent')
      await answered
      assert.equal(outcome.failed, false)
      await bob.sees('general', 'changed later')
    })
    step('selects send what was chosen, within their bounds', async () => {
      const row = new ActionRowBuilder<StringSelectMenuBuilder>().addComponents(
        new StringSelectMenuBuilder()
          .setCustomId('pick')
          .setPlaceholder('Pick one')
          .addOptions({ label: 'First', value: '1' }, { label: 'Second', value: '2' }),
      )
      const people = new ActionRowBuilder<UserSelectMenuBuilder>().addComponents(
        new UserSelectMenuBuilder().setCustomId('who').setMaxValues(2),
      )
      await stage.general.send({ content: 'choose', components: [row, people] })
      const message = await alice.sees('general', 'choose')
      const answered = next<StringSelectMenuInteraction>(async (interaction) => {
        assert.deepEqual(interaction.values, ['2'])
        await interaction.reply({ content: 'took 2', flags: MessageFlags.Ephemeral })
      })
      assert.equal((await alice.chooses(message, 'Pick one', ['Second'])).message?.content, 'took 2')
      await answered
      await assert.rejects(alice.chooses(message, 'pick', ['3']), code(50035))
      await assert.rejects(alice.chooses(message, 'pick', ['1', '2']), code(50035))
      const named = next<UserSelectMenuInteraction>(async (interaction) => {
        assert.deepEqual([...interaction.users.keys()], [bob.id])
        await interaction.deferUpdate()
      })
      await alice.chooses(message, 'who', [bob.id])
      await named
    })
    step('a form opens from a button, comes back filled, and knows where it came from', async () => {
      const row = new ActionRowBuilder<ButtonBuilder>().addComponents(
        new ButtonBuilder().setCustomId('deny').setLabel('Deny…').setStyle(ButtonStyle.Danger),
      )
      const sent = await stage.general.send({ content: 'approve?', components: [row] })
      const message = await alice.sees('general', 'approve?')
      const shown = next<ButtonInteraction>((interaction) =>
        interaction.showModal(
          new ModalBuilder()
            .setCustomId('why')
            .setTitle('Why not?')
            .addLabelComponents(
              new LabelBuilder()
                .setLabel('Reason')
                .setTextInputComponent(new TextInputBuilder().setCustomId('reason').setStyle(TextInputStyle.Paragraph)),
            ),
        ),
      )
      const opened = await alice.clicks(message, 'Deny…')
      await shown
      assert.equal(opened.modal?.title, 'Why not?')
      const submitted = next<ModalSubmitInteraction>(async (interaction) => {
        assert.equal(interaction.fields.getTextInputValue('reason'), 'too risky')
        assert.ok(interaction.isFromMessage())
        assert.equal(interaction.message.id, sent.id)
        await interaction.update({ content: 'denied', components: [] })
      })
      await alice.submits(opened.modal, { Reason: 'too risky' })
      await submitted
      await alice.sees('general', 'denied')
    })
    step('only who opened a form may send it', async () => {
      const shown = next<ChatInputCommandInteraction>((interaction) =>
        interaction.showModal(
          new ModalBuilder()
            .setCustomId('own')
            .setTitle('Own')
            .addComponents(
              new ActionRowBuilder<TextInputBuilder>().addComponents(
                new TextInputBuilder().setCustomId('t').setLabel('T').setStyle(TextInputStyle.Short),
              ),
            ),
        ),
      )
      const opened = await alice.runs('general', '/plain')
      await shown
      assert.ok(opened.modal)
      await assert.rejects(bob.submits(opened.modal, { t: 'x' }), code(10062))
    })
    step('context menus carry their target', async () => {
      const mine = await alice.says('general', 'quotable')
      const answered = next<MessageContextMenuCommandInteraction>(async (interaction) => {
        assert.equal(interaction.targetMessage.content, 'quotable')
        await interaction.reply('quoted')
      })
      await bob.opens('general', 'Quote this', mine.id)
      await answered
      const about = next<Interaction>(async (interaction) => {
        assert.ok(interaction.isUserContextMenuCommand())
        assert.equal(interaction.targetUser.username, 'alice')
        await interaction.reply('that is alice')
      })
      await bob.opens('general', 'Who is it', alice.id)
      await about
    })
    step('commands work in a DM', async () => {
      const dm = await alice.opensDm()
      const answered = next<ChatInputCommandInteraction>(async (interaction) => {
        assert.equal(interaction.inGuild(), false)
        await interaction.reply('just us')
      })
      assert.equal((await alice.runs(dm, '/plain')).message?.content, 'just us')
      await answered
    })
    step('commands work in a thread, where the answer also stands', async () => {
      const thread = await alice.opensThread('general', 'inside')
      const answered = next<ChatInputCommandInteraction>(async (interaction) => {
        assert.equal(interaction.channel?.isThread(), true)
        await interaction.reply('in the thread')
      })
      await alice.runs(thread, '/plain')
      await answered
      await bob.sees(thread, 'in the thread')
    })
  })

  describe('an interaction’s deadline', () => {
    let stage: Stage
    before(async () => {
      stage = await open({ deadlines: { answer: 100 } })
      await stage.client.application.commands.set([PLAIN])
    })
    after(() => close(stage))

    step('silence fails after the deadline, and the late answer meets 10062', async () => {
      const alice = await stage.sandbox.actor('alice')
      const asked = heard<ChatInputCommandInteraction>(stage.client, Events.InteractionCreate)
      const outcome = await alice.runs('general', '/plain')
      assert.equal(outcome.failed, true)
      await assert.rejects((await asked).reply('late'), code(10062, 404))
    })
  })

  describe('an interaction’s token', () => {
    const clock = new HandClock()
    let stage: Stage
    before(async () => {
      stage = await open({ clock })
      await stage.client.application.commands.set([PLAIN])
    })
    after(() => close(stage))

    step('is worth nothing after fifteen minutes', async () => {
      const alice = await stage.sandbox.actor('alice')
      const asked = heard<ChatInputCommandInteraction>(stage.client, Events.InteractionCreate)
      const outcome = alice.runs('general', '/plain')
      const interaction = await asked
      await interaction.deferReply()
      await outcome
      clock.ms += 15 * 60_000
      await interaction.editReply('just in time')
      clock.ms += 1000
      await assert.rejects(interaction.editReply('too late'), code(50027, 401))
    })
  })
}
