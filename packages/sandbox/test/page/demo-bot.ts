import {
  ActionRowBuilder,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ButtonBuilder,
  ButtonStyle,
  Client,
  ComponentType,
  ContainerBuilder,
  EmbedBuilder,
  Events,
  GatewayIntentBits,
  LabelBuilder,
  MessageFlags,
  ModalBuilder,
  Partials,
  SectionBuilder,
  SeparatorBuilder,
  StringSelectMenuBuilder,
  TextDisplayBuilder,
  TextInputBuilder,
  TextInputStyle,
  userMention,
} from 'discord.js'
import { setTimeout as pause } from 'node:timers/promises'
import type {
  ButtonInteraction,
  ChatInputCommandInteraction,
  Interaction,
  Message,
  ModalSubmitInteraction,
} from 'discord.js'

/** One of everything that the page has to draw; what an option means is in the handlers below. */
const COMMANDS = [
  {
    name: 'session',
    description: 'Sessions with an agent',
    options: [
      {
        type: ApplicationCommandOptionType.Subcommand as const,
        name: 'start',
        nameLocalizations: { ko: '시작' },
        description: 'Start a session in this place',
        descriptionLocalizations: { ko: '이 자리에서 세션을 시작해요' },
        options: [
          {
            type: ApplicationCommandOptionType.String as const,
            name: 'name',
            description: 'What to call it',
            required: true,
          },
          {
            type: ApplicationCommandOptionType.String as const,
            name: 'runtime',
            description: 'Which agent',
            required: true,
            choices: [
              { name: 'echo', value: 'echo' },
              { name: 'Claude Code', value: 'claude' },
            ],
          },
          {
            type: ApplicationCommandOptionType.String as const,
            name: 'workdir',
            description: 'The folder',
            autocomplete: true,
          },
          {
            type: ApplicationCommandOptionType.Boolean as const,
            name: 'worktree',
            description: 'Work in a branch of its own',
          },
        ],
      },
      { type: ApplicationCommandOptionType.Subcommand as const, name: 'list', description: 'All sessions' },
    ],
  },
  { name: 'health', description: 'How the bot feels' },
  { name: 'silent', description: 'Never answers' },
  { name: 'form', description: 'Opens a form' },
  { name: 'menu', description: 'Something to choose' },
  { name: 'gallery', description: 'Everything that can be drawn' },
  { name: 'layout', description: 'The newer components' },
  { name: 'survey', description: 'A form of the newer kind' },
  {
    name: 'keep',
    description: 'Keeps a file',
    options: [
      {
        type: ApplicationCommandOptionType.Attachment as const,
        name: 'file',
        description: 'Which file',
        required: true,
      },
      { type: ApplicationCommandOptionType.User as const, name: 'for', description: 'For whom' },
    ],
  },
  { name: 'Count words', type: ApplicationCommandType.Message as const },
]
/** milliseconds from piece to piece of an answer */
const PACE = 40
const FOLDERS = ['~/projects/shop', '~/projects/site', '~/notes']
const ANSWER = [
  'The cart rounds each line before it adds them up, ',
  'so three items at 0.335 come to 1.02 instead of 1.01.\n',
  'Round once, at the end:\n```ts\nexport function total(lines: Line[]): number {\n',
  '  // cents, so that nothing is lost on the way\n  const cents = lines.reduce((sum, line) => sum + line.price * 100, 0)\n',
  '  return Math.round(cents) / 100\n}\n```\n- `src/cart.ts` changed\n- all 42 tests pass',
]

/**
 * A small bot on the real library, for the page to talk to: sessions that stream, buttons, selects, a form, and a
 * command that stays silent. Closes with `await using`.
 */
export class DemoBot implements AsyncDisposable {
  readonly client: Client
  readonly heard: string[] = []
  /** Answers to come stand still before their last piece until they are stopped. */
  holdsAnswers = false
  /** How to stop the answers that grow, by message. */
  readonly #stops = new Map<string, () => void>()
  readonly #busy = new Set<Promise<void>>()
  #closing = false

  private constructor(client: Client) {
    this.client = client
  }

  /** @param api the sandbox's address, `http://127.0.0.1:PORT/api` */
  static async start(api: string, token: string): Promise<DemoBot> {
    const { Guilds, GuildMessages, MessageContent, DirectMessages } = GatewayIntentBits
    const client = new Client({
      intents: [Guilds, GuildMessages, MessageContent, DirectMessages],
      partials: [Partials.Channel],
      rest: { api },
    })
    const bot = new DemoBot(client)
    const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve))
    client.on(Events.MessageCreate, (message) => bot.#track(bot.#answer(message)))
    client.on(Events.InteractionCreate, (interaction) => bot.#track(bot.#handle(interaction)))
    await client.login(token)
    await ready
    await client.application?.commands.set(COMMANDS)
    return bot
  }

  async #handle(interaction: Interaction): Promise<void> {
    if (interaction.isAutocomplete()) {
      const typed = interaction.options.getFocused()
      await interaction.respond(FOLDERS.filter((one) => one.includes(typed)).map((name) => ({ name, value: name })))
    } else if (interaction.isChatInputCommand()) await this.#run(interaction)
    else if (interaction.isButton()) await this.#press(interaction)
    else if (interaction.isStringSelectMenu()) await interaction.update(`Chosen: ${interaction.values.join(', ')}`)
    else if (interaction.isMessageContextMenuCommand()) {
      const words = interaction.targetMessage.content.split(' ').length
      await interaction.reply({ content: `${words} words`, flags: MessageFlags.Ephemeral })
    } else if (interaction.isModalSubmit()) await this.#submitted(interaction)
  }

  async #run(interaction: ChatInputCommandInteraction): Promise<void> {
    const name = [interaction.commandName, interaction.options.getSubcommand(false)].filter(Boolean).join(' ')
    this.heard.push(`/${name}`)
    if (name === 'session start') {
      const title = interaction.options.getString('name', true)
      const workdir = interaction.options.getString('workdir') ?? '~/projects/shop'
      await interaction.reply(
        `**${title}** · ${interaction.options.getString('runtime', true)}\n\`${workdir}\` on \`omc/${title}\`\nWrite here to begin. \`/diff\` shows what it changed, \`/session stop\` ends it.`,
      )
    } else if (name === 'session list') {
      await interaction.deferReply({ flags: MessageFlags.Ephemeral })
      await interaction.editReply('1. **shop** · echo · waiting\n2. **site** · echo · at work')
    } else if (name === 'health') {
      await interaction.reply({ content: 'All is well. This stands only here.', flags: MessageFlags.Ephemeral })
    } else if (name === 'form') {
      const input = (id: string, label: string, style: TextInputStyle, required: boolean) =>
        new ActionRowBuilder<TextInputBuilder>().addComponents(
          new TextInputBuilder().setCustomId(id).setLabel(label).setStyle(style).setRequired(required),
        )
      await interaction.showModal(
        new ModalBuilder()
          .setCustomId('why')
          .setTitle('Why not?')
          .addComponents(
            input('reason', 'Reason', TextInputStyle.Short, true),
            input('more', 'More', TextInputStyle.Paragraph, false),
          ),
      )
    } else if (name === 'menu') {
      const options = [
        { label: 'Red', value: 'red', description: 'like a rose' },
        { label: 'Blue', value: 'blue', description: 'like the sea' },
        { label: 'Green', value: 'green' },
      ]
      const select = new StringSelectMenuBuilder()
        .setCustomId('colour')
        .setPlaceholder('A colour')
        .addOptions(options)
        .setMaxValues(2)
      await interaction.reply({
        content: 'Choose:',
        components: [new ActionRowBuilder<StringSelectMenuBuilder>().addComponents(select)],
      })
    } else if (name === 'layout') {
      await interaction.reply({ flags: MessageFlags.IsComponentsV2, components: [layout()] })
    } else if (name === 'survey') {
      await interaction.showModal(survey())
    } else if (name === 'keep') {
      const file = interaction.options.getAttachment('file', true)
      const whom = interaction.options.getUser('for')
      await interaction.reply(`Kept ${file.name} (${file.size} bytes) for ${whom ? userMention(whom.id) : 'nobody'}`)
    } else if (name === 'gallery') {
      await interaction.reply(gallery())
    }
  }

  async #press(interaction: ButtonInteraction): Promise<void> {
    this.heard.push(`pressed ${interaction.customId}`)
    this.#stops.get(interaction.message.id)?.()
    if (interaction.customId === 'stop') await interaction.deferUpdate()
    else await interaction.reply({ content: `You pressed ${interaction.customId}.`, flags: MessageFlags.Ephemeral })
  }

  async #submitted(interaction: ModalSubmitInteraction): Promise<void> {
    if (interaction.customId === 'why') {
      if (interaction.fields.getTextInputValue('reason') === 'silence') return
      await interaction.reply(`Reason: ${interaction.fields.getTextInputValue('reason')}`)
      return
    }
    const runtimes = interaction.fields.getStringSelectValues('runtimes').join('+')
    await interaction.reply(`Survey: ${interaction.fields.getTextInputValue('words')} / ${runtimes}`)
  }

  /** A mention, a direct message, or any message in a thread is answered by one that grows, with a Stop button. */
  async #answer(message: Message): Promise<void> {
    if (message.author.bot || message.system) return
    this.heard.push(message.content)
    const meant =
      message.channel.isDMBased() || message.channel.isThread() || message.mentions.has(this.client.user?.id ?? '')
    if (!meant || !message.channel.isSendable()) return
    await message.channel.sendTyping()
    const stop = new ButtonBuilder().setCustomId('stop').setLabel('Stop').setStyle(ButtonStyle.Secondary)
    const row = new ActionRowBuilder<ButtonBuilder>().addComponents(stop)
    let text = ANSWER[0] ?? ''
    const card = (words: string, color: number) => [new EmbedBuilder().setColor(color).setDescription(words)]
    const answer = await message.reply({
      content: text,
      embeds: card('● Working · Edit `src/cart.ts`', 0x4a7fd4),
      components: [row],
    })
    const stopped = Promise.withResolvers<void>()
    let isStopped = false
    this.#stops.set(answer.id, () => {
      isStopped = true
      stopped.resolve()
    })
    for (const [index, piece] of ANSWER.slice(1).entries()) {
      await (this.holdsAnswers && index === ANSWER.length - 2 ? stopped.promise : pause(PACE))
      if (isStopped || this.#closing) break
      text += piece
      const whole = (text.match(/```/g) ?? []).length % 2 === 1 ? `${text}\n\`\`\`` : text
      await answer.edit({ content: whole, embeds: card('● Working · Edit `src/cart.ts`', 0x4a7fd4), components: [row] })
    }
    this.#stops.delete(answer.id)
    const last = isStopped ? '■ Stopped. What it had done stays: `/diff`.' : '✓ 0:02 · 9 steps · $0.11'
    await answer.edit({ embeds: card(last, isStopped ? 0x8a8d94 : 0x3f9a63), components: [] })
  }

  /** Keeps what is under way, so that closing can wait for it. */
  #track(work: Promise<void>): void {
    this.#busy.add(work)
    void work.finally(() => this.#busy.delete(work))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true
    for (const stop of this.#stops.values()) stop()
    await Promise.all(this.#busy)
    await this.client.destroy()
  }
}

function layout() {
  const approve = new ButtonBuilder().setCustomId('later').setLabel('Later').setStyle(ButtonStyle.Secondary)
  return new ContainerBuilder()
    .setAccentColor(0x3f9a63)
    .addTextDisplayComponents(new TextDisplayBuilder().setContent('### Tidy up\n**Three** branches are merged.'))
    .addSeparatorComponents(new SeparatorBuilder())
    .addSectionComponents(
      new SectionBuilder()
        .addTextDisplayComponents(new TextDisplayBuilder().setContent('`omc/shop` can go.'))
        .setButtonAccessory(approve),
    )
}

function survey() {
  const words = new TextInputBuilder().setCustomId('words').setStyle(TextInputStyle.Short)
  const runtimes = new StringSelectMenuBuilder()
    .setCustomId('runtimes')
    .setMaxValues(2)
    .addOptions({ label: 'Claude', value: 'claude' }, { label: 'Codex', value: 'codex' })
  return new ModalBuilder()
    .setCustomId('survey')
    .setTitle('Survey')
    .addTextDisplayComponents(new TextDisplayBuilder().setContent('Be **honest**.'))
    .addLabelComponents(
      new LabelBuilder().setLabel('In a word').setDescription('One is enough').setTextInputComponent(words),
      new LabelBuilder().setLabel('Which agents').setStringSelectMenuComponent(runtimes),
    )
}

function gallery() {
  const inOneHour = Math.floor(Date.now() / 1000) + 3600
  const embed = new EmbedBuilder()
    .setColor(0xd09a2c)
    .setAuthor({ name: 'Claude Code' })
    .setTitle('Claude wants to run a command')
    .setDescription(
      '```bash\nnpm test -- --watch=false && git push origin omc/shop\n```\nin `~/projects/shop` · reaches the network',
    )
    .addFields(
      { name: 'For', value: 'alice', inline: true },
      { name: 'Until', value: `<t:${inOneHour}:R>`, inline: true },
      { name: 'Risk', value: 'network, push', inline: true },
    )
    .setFooter({ text: 'alice or an owner may answer' })
    .setTimestamp()
  const button = (
    id: string,
    label: string,
    style: ButtonStyle.Primary | ButtonStyle.Secondary | ButtonStyle.Success | ButtonStyle.Danger,
  ) => ({ type: ComponentType.Button, customId: id, label, style }) as const
  return {
    content:
      '# A heading\n**Bold**, *slanted*, __underlined__, ~~gone~~, ||hidden|| and `code`.\n> Somebody said this.\n1. one\n2. two\n```diff\n- const total = round(a) + round(b)\n+ const total = round(a + b)\n```\n한국어도 잘 보여요. <https://example.test/a_b>\n-# small print',
    embeds: [embed],
    components: [
      {
        type: ComponentType.ActionRow as const,
        components: [
          button('approve', 'Approve', ButtonStyle.Success),
          button('session', 'Approve for this session', ButtonStyle.Primary),
          button('deny', 'Deny…', ButtonStyle.Danger),
          {
            type: ComponentType.Button,
            label: 'Docs',
            style: ButtonStyle.Link,
            url: 'https://example.test/docs',
          } as const,
        ],
      },
    ],
  }
}
