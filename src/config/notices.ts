import { statSync } from 'node:fs'
import type { Finding } from '../core/finding.ts'
import { nearest } from './nearest.ts'
import { variableNames, variables, type Values } from './schema.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Markers that the bot itself puts into an agent's environment. */
const notOurs = /^OMC_(DATA|RUNTIME|SPOOL|LAUNCHED)$/

/** A token of Discord's, as it looks (three parts, the first one an id). */
const tokenShape = /^(Bot\s+)?[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}$/

/** What the configuration says of itself, beyond what stops the start. */
export function noticesOf(values: Values, env: Environment, dotEnv: DotEnv): readonly Finding[] {
  const found: Finding[] = []
  if (values.OMC_OWNER_ROLE_ID === null && values.OMC_OWNER_USER_ID === null) {
    found.push({
      id: 'config.owner',
      level: 'error',
      stopsAll: true,
      text: 'No owner is configured, so nobody may use the bot.',
      mend: 'Set OMC_OWNER_ROLE_ID or OMC_OWNER_USER_ID.',
    })
  }
  const isKeyUsed = values.OMC_CLAUDE_AUTH === '' || values.OMC_CLAUDE_AUTH === 'api-key'
  if (isKeyUsed && values.ANTHROPIC_API_KEY?.startsWith('sk-ant-api')) {
    found.push({
      id: 'config.api-key',
      level: 'warning',
      text: 'ANTHROPIC_API_KEY is an API key: every run is billed by use, a subscription login is not used.',
      mend: null,
    })
  }
  found.push(...unknownNames(env, dotEnv).map(unknownFinding))
  if (dotEnv.silentLines.length > 0) {
    found.push({
      id: 'config.lines',
      level: 'warning',
      text: `In .env, line ${dotEnv.silentLines.join(', ')} sets nothing: it is not NAME=value.`,
      mend: 'Correct it, or begin it with #.',
    })
  }
  const secret = variableNames.find((name) => variables[name].secret && (dotEnv.values[name] ?? '').trim() !== '')
  if (dotEnv.isOpen && secret !== undefined) {
    found.push({
      id: 'config.open',
      level: 'warning',
      text: `Other users of this machine can read .env, with ${secret} in it.`,
      mend: `chmod 600 ${dotEnv.path}`,
    })
  }
  return found
}

/**
 * Why the demo may not be what the operator wants although there is no token, as a sentence; null: it may well be. The
 * value of what looks like a token is never in it.
 */
export function doubtAboutDemo(env: Environment, fromFile: Environment): string | null {
  if (env['DISCORD_BOT_TOKEN']?.trim()) return null
  const theirs = Object.keys(env).find((name) => looksLikeToken(name, env[name] ?? '', fromFile))
  const instead = 'For the demo, without a Discord account: `npm run demo`.'
  if (theirs !== undefined) {
    return `DISCORD_BOT_TOKEN is not set, but ${theirs} is, and looks like the bot's token. Rename it to DISCORD_BOT_TOKEN. ${instead}`
  }
  const set = (['DISCORD_GUILD_ID', 'OMC_OWNER_ROLE_ID', 'OMC_OWNER_USER_ID'] as const).find((name) =>
    env[name]?.trim(),
  )
  if (set === undefined) return null
  return `${set} is set, but DISCORD_BOT_TOKEN is not. Put the bot's token there (${variables.DISCORD_BOT_TOKEN.example}). ${instead}`
}

function looksLikeToken(name: string, value: string, fromFile: Environment): boolean {
  if (value.trim() === '' || Object.hasOwn(variables, name)) return false
  if (tokenShape.test(value.trim())) return true
  const bare = name.toLowerCase().replaceAll(/[^a-z]/g, '')
  if (/(discord|bot).*(token|tokn|tkn|secret|key)|token.*(discord|bot)/.test(bare)) return true
  return nearest(name, ['DISCORD_BOT_TOKEN']) !== null || (bare === 'token' && name in fromFile)
}

/** Ours by their beginning, or so near to one of ours that they must be meant. */
function unknownNames(env: Environment, { values }: DotEnv): readonly string[] {
  const isMeant = (name: string): boolean =>
    name.startsWith('OMC_') ||
    (name.startsWith('DISCORD_') && name in values) ||
    (name.length > 8 && nearest(name, variableNames) !== null)
  return Object.keys(env)
    .filter((name) => !Object.hasOwn(variables, name) && !notOurs.test(name) && isMeant(name))
    .sort()
}

function unknownFinding(name: string): Finding {
  const meant = nearest(name, variableNames)
  return {
    id: `config.unknown.${name}`,
    level: 'warning',
    text: `This version does not know ${name}: it is without effect.`,
    mend: meant === null ? 'Remove it; .env.example lists what there is.' : `Did you mean ${meant}?`,
  }
}

/** The file `.env` of the folder the bot is started in. */
export interface DotEnv {
  readonly path: string
  readonly values: Environment
  /** Lines, from 1, that look as if they should set something and do not. */
  readonly silentLines: readonly number[]
  /** Others than its owner may read it. */
  readonly isOpen: boolean
}

export function silentLinesOf(text: string): readonly number[] {
  // A value in quotes may go over several lines; then nothing certain can be said.
  if (/=\s*(["'`])(?:(?!\1).)*$/m.test(text)) return []
  return text.split('\n').flatMap((line, index) => (/^\s*(#|$)/.test(line) || line.includes('=') ? [] : [index + 1]))
}

export function isOpenToOthers(path: string): boolean {
  const { mode = 0 } = statSync(path, { throwIfNoEntry: false }) ?? {}
  return process.platform !== 'win32' && (mode & 0o077) !== 0
}
