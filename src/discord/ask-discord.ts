import { DiscordAPIError } from '@discordjs/rest'
import { Routes } from 'discord-api-types/v10'
import type { Reach } from '../core/reach.ts'
import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/failure.ts'
import { fine, type Finding } from '../core/finding.ts'
import type { Log } from '../core/log.ts'
import { secretScan } from '../core/secret-scan.ts'
import { usualTimings } from '../core/timings.ts'
import { Budgets } from './budgets.ts'
import { checkDiscord } from './check.ts'
import { refusalOf } from './refused.ts'
import { RequestQueues } from './request-queues.ts'
import { Leaving } from './leaving.ts'
import { createRest } from './rest.ts'
import { Skew } from './skew.ts'

export interface AskOptions {
  readonly token: string
  /** OMC_DISCORD_API; null: Discord's own. */
  readonly api: string | null
  readonly guild: string | null
  readonly clock: Clock
  readonly log: Log
}

/** What Discord says of the bot and its configuration, without connecting it. */
export async function askDiscord(options: AskOptions, reach: Omit<Reach, 'places'>): Promise<readonly Finding[]> {
  const { token, api, guild, clock, log } = options
  const skew = new Skew()
  const rest = createRest({
    token,
    api,
    log,
    clock,
    skew,
    budgets: new Budgets(clock),
    leaving: new Leaving(
      secretScan(() => [token]),
      () => {},
    ),
    answerWithinMs: usualTimings.answerWithinMs,
  })
  const queues = new RequestQueues(clock, log, [])
  try {
    await rest.get(Routes.user())
    const found = await checkDiscord({ rest, queues, guild, skewMs: () => skew.ms }, { ...reach, places: [] })
    return [fine('discord.token', 'Discord knows the token.'), ...found]
  } catch (error) {
    const refused = refusalOf(error, api)
    const unreached = `Discord cannot be reached${api === null ? '' : ` at ${api} (OMC_DISCORD_API)`}: ${said(error)}.`
    const text = refused?.message ?? unreached
    return [{ id: 'discord.token', level: 'error', text, mend: refused === null ? 'Check the network.' : null }]
  } finally {
    queues.close()
    rest.clearHashSweeper()
    rest.clearHandlerSweeper()
  }
}

function said(error: unknown): string {
  return error instanceof DiscordAPIError ? `it answers ${error.status}` : messageOf(error)
}
