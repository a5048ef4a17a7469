import { SlashCommandBuilder } from 'discord.js'

/** Commands that the tests register. */
export const SESSION = new SlashCommandBuilder()
  .setName('session')
  .setNameLocalizations({ ko: '세션' })
  .setDescription('Sessions')
  .addSubcommand((sub) =>
    sub
      .setName('start')
      .setDescription('Starts one')
      .addStringOption((one) => one.setName('name').setDescription('Its name').setRequired(true).setMaxLength(20))
      .addStringOption((one) =>
        one.setName('runtime').setDescription('Who').addChoices({ name: 'Echo', value: 'echo' }),
      )
      .addStringOption((one) => one.setName('workdir').setDescription('Where').setAutocomplete(true))
      .addUserOption((one) => one.setName('with').setDescription('Whom'))
      .addIntegerOption((one) => one.setName('count').setDescription('How many').setMinValue(1).setMaxValue(9))
      .addAttachmentOption((one) => one.setName('file').setDescription('What')),
  )
  .addSubcommandGroup((group) =>
    group
      .setName('deep')
      .setDescription('Deep')
      .addSubcommand((sub) => sub.setName('er').setDescription('Deeper')),
  )
export const PLAIN = new SlashCommandBuilder().setName('plain').setDescription('Plain')
export const LEADS = new SlashCommandBuilder()
  .setName('leads')
  .setDescription('Few')
  .setDefaultMemberPermissions(1 << 28)
