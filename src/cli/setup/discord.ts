import { readFileSync } from 'node:fs'
import { messageOf, Problem } from '../../core/failure.ts'
import type { AskOptions } from '../../discord/ask-discord.ts'
import { introduce, lookAtGuild, type GuildPlan, type Introduction, type Named } from '../../discord/introduction.ts'
import { hostClock } from '../../system/host.ts'
import type { SetupQuestion } from './interviewer.ts'
import type { SetupStep } from './step.ts'

/** The bot as Discord knows it, and how it is asked. */
interface Known {
  readonly who: Omit<AskOptions, 'guild'>
  readonly introduction: Introduction
}

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const tokenQuestion: SetupQuestion = {
  text: 'The bot needs a token (https://discord.com/developers/applications, page Bot).',
  flag: '--token-file',
  usual: null,
}

/** Finds a token that Discord takes, and waits until the bot may read messages and is on a server. */
export async function askForToken(step: SetupStep): Promise<Known> {
  const { interviewer, flags, say } = step
  let token = flags.tokenFile === undefined ? step.known('DISCORD_BOT_TOKEN') : tokenIn(flags.tokenFile)
  for (;;) {
    token ??= await interviewer.writeSecret(tokenQuestion)
    try {
      const known = await knownBy(step, token)
      say(`✓ Discord knows the bot: ${known.introduction.bot.name}.`)
      return await ready(step, known)
    } catch (error) {
      if (
        !interviewer.isThere ||
        !(error instanceof Problem) ||
        error.kind !== 'refused' ||
        flags.tokenFile !== undefined
      )
        throw error
      say(`✗ ${error.message}`)
      token = await interviewer.writeSecret(tokenQuestion)
    }
  }
}

function tokenIn(file: string): string {
  try {
    // 0 is standard input.
    return readFileSync(file === '-' ? 0 : file, 'utf8').trim()
  } catch (cause) {
    throw new Problem('refused', `The token cannot be read from ${file}: ${messageOf(cause)}.`, { cause })
  }
}

async function knownBy(step: SetupStep, typed: string): Promise<Known> {
  // What is no token at all goes nowhere, and what Discord does not know takes no other one's place.
  const token = step.checked('DISCORD_BOT_TOKEN', typed)
  const who = { token, api: step.known('OMC_DISCORD_API'), clock: hostClock, log: silent }
  const introduction = await introduce(who)
  step.keep({ DISCORD_BOT_TOKEN: token })
  return { who, introduction }
}

async function ready({ interviewer, say }: SetupStep, { who, introduction }: Known): Promise<Known> {
  let now = introduction
  for (;;) {
    const isAway = now.guilds.length === 0
    if (now.toRead !== null) say(`✗ The bot may not read messages.\n    → ${now.toRead}`)
    if (isAway) say(`✗ The bot is on no server.\n    → Invite it: ${now.invite}`)
    else say(`  To invite it elsewhere: ${now.invite}`)
    if (now.toRead === null && !isAway) return { who, introduction: now }
    if (!interviewer.isThere) {
      // Without a server there is nothing more to be set up; the intent can be seen to later.
      if (!isAway) return { who, introduction: now }
      throw new Problem('refused', 'Invite the bot by that link, then run `setup` again: the token is kept.')
    }
    const answers = [
      { value: 'again', label: 'I have done it: look again' },
      ...(isAway ? [] : [{ value: 'on', label: 'Go on without' }]),
    ]
    if ((await interviewer.choose({ text: 'Done?', flag: '--yes', usual: 'again' }, answers)) === 'on')
      return { who, introduction: now }
    now = await introduce(who)
  }
}

/** Asks for the server, who owns the bot there, and the channels that are told things. */
export async function whereItWorks(step: SetupStep, { who, introduction }: Known): Promise<void> {
  const { guilds, bot } = introduction
  const guild = await oneOf(step, guilds, {
    text: 'On which server does it work?',
    flag: '--guild',
    typed: step.flags.guild,
    usual: step.known('DISCORD_GUILD_ID') ?? (guilds.length === 1 ? (guilds[0]?.id ?? null) : null),
  })
  step.keep({ DISCORD_GUILD_ID: guild })
  const plan = await lookAtGuild(who, guild, bot.id)
  await owners(step, introduction, plan)
  await channel(step, plan, 'OMC_ALERTS_CHANNEL_ID', step.flags.alertsChannel, {
    text: 'Which channel is told when something has to be mended?',
    flag: '--alerts-channel',
  })
  await channel(step, plan, 'OMC_AUDIT_CHANNEL_ID', step.flags.auditChannel, {
    text: 'Which channel gets a copy of every decision?',
    flag: '--audit-channel',
  })
}

interface Choice extends SetupQuestion {
  /** What the flag says, if it was given: an id or a name. */
  readonly typed: string | undefined
}

const none = { id: 'none', name: 'none' }

async function oneOf(
  { interviewer }: SetupStep,
  all: readonly Named[],
  { typed, ...question }: Choice,
): Promise<string> {
  const { flag, usual } = question
  const known = all.map(shown).join(', ') || 'none'
  if (typed === undefined) {
    const isThere = usual === null || all.some(({ id }) => id === usual)
    if (!interviewer.isThere && !isThere)
      throw new Problem('refused', `There is no ${usual} any more. Choose with ${flag}: ${known}.`)
    const answers = all.map((each) => ({ value: each.id, label: shown(each) }))
    return interviewer.choose({ ...question, usual: isThere ? usual : null }, answers)
  }
  const bare = (text: string): string => text.replace(/^[#@]/, '').toLowerCase()
  const fit = all.filter(({ id, name }) => id === typed || bare(name) === bare(typed))
  if (fit.length === 1) return fit[0]?.id ?? typed
  const fault = fit.length === 0 ? `is none of: ${known}` : `fits several, so say which id: ${known}`
  throw new Problem('refused', `${flag} ${typed} ${fault}.`)
}

/** With its id, where that is Discord's. */
function shown({ id, name }: Named): string {
  return /^\d+$/.test(id) ? `${name} (${id})` : name
}

async function owners(step: SetupStep, { maker }: Introduction, { roles }: GuildPlan): Promise<void> {
  const { flags } = step
  if (flags.owner !== undefined) step.keep({ OMC_OWNER_USER_ID: flags.owner })
  if (flags.ownerRole === undefined && flags.owner !== undefined) return
  const isSet = step.known('OMC_OWNER_USER_ID') !== null
  const alone = isSet
    ? { id: 'person', name: 'only the person who is named already' }
    : { id: 'person', name: `only you, ${maker?.name ?? ''}` }
  const offersPerson = isSet || maker !== null
  const usual = step.known('OMC_OWNER_ROLE_ID') ?? (offersPerson ? alone.id : null)
  const chosen = await oneOf(step, [...roles, ...(offersPerson ? [alone] : [])], {
    text: 'Who owns the bot? They give everybody else their rights.',
    flag: '--owner-role',
    typed: flags.ownerRole,
    usual,
  })
  if (chosen !== alone.id) step.keep({ OMC_OWNER_ROLE_ID: chosen })
  else {
    if (step.known('OMC_OWNER_ROLE_ID') !== null) step.keep({ OMC_OWNER_ROLE_ID: '' })
    if (!isSet && maker !== null) step.keep({ OMC_OWNER_USER_ID: maker.id })
  }
}

async function channel(
  step: SetupStep,
  { channels }: GuildPlan,
  name: 'OMC_ALERTS_CHANNEL_ID' | 'OMC_AUDIT_CHANNEL_ID',
  typed: string | undefined,
  question: Pick<SetupQuestion, 'text' | 'flag'>,
): Promise<void> {
  const usual = step.known(name) ?? none.id
  const chosen = await oneOf(step, [none, ...channels], { ...question, typed, usual })
  if (chosen !== none.id || step.known(name) !== null) step.keep({ [name]: chosen === none.id ? '' : chosen })
}
