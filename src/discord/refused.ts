import { DiscordAPIError } from '@discordjs/rest'
import { GatewayCloseCodes } from 'discord-api-types/v10'
import { Problem } from '../core/failure.ts'
import { meaningOf } from './request-queues.ts'

const tokenUnknown: number = GatewayCloseCodes.AuthenticationFailed
const intentsRefused: number = GatewayCloseCodes.DisallowedIntents

/** Why a login will never work like this; null when it may work later. */
export function refusalOf(error: unknown, api: string | null): Problem | null {
  // Discord has a code for everything that is not there; whoever has none is somebody else.
  if (api !== null && error instanceof DiscordAPIError && error.status === 404 && !(Number(error.code) > 0)) {
    const text = `There is no Discord at OMC_DISCORD_API (${api}): it answers 404. It ends with /api, without a version.`
    return new Problem('refused', text, { cause: error })
  }
  if (error instanceof DiscordAPIError && error.status === 401) return problemOfClose(tokenUnknown, error)
  return meaningOf(error).kind === 'rejected' ? problemOfClose(null, error) : null
}

/** Discord's reason for closing for good, with what to do. */
export function problemOfClose(code: number | null, cause?: unknown): Problem {
  const advice =
    code === tokenUnknown
      ? 'Discord does not know this token. Copy it anew from the Developer Portal (Bot, Reset Token) into DISCORD_BOT_TOKEN.'
      : code === intentsRefused
        ? 'The bot may not read messages yet. Switch on "Message Content Intent" in the Developer Portal (Bot).'
        : `Discord closed the connection for good (${code ?? 'see the log'}). Look at the bot in the Developer Portal.`
  return new Problem('refused', advice, cause === undefined ? undefined : { cause })
}
