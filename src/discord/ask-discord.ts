import { DiscordAPIError } from '@discordjs/rest'
import { Routes } from 'discord-api-types/v10'
import type { Reach } from '../core/reach.ts'
import type { Clock } from '../core/clock.ts'
import { messageOf, Problem } from '../core/failure.ts'
import { fine, type Finding } from '../core/finding.ts'
import { noMeter } from '../core/meter.ts'
import type { Log } from '../core/log.ts'
import { secretScan } from '../core/secret-scan.ts'
import { usualTimings } from '../core/timings.ts'
import { Budgets } from './budgets.ts'
import { checkDiscord, type CheckTools } from './check.ts'
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
  try {
    return await withDiscord(options, async (tools) => {
      const found = await checkDiscord(tools, { ...reach, places: [] })
      return [fine('discord.token', 'Discord knows the token.'), ...found]
    })
  } catch (error) {
    const isRefused = error instanceof Problem && error.kind === 'refused'
    return [
      { id: 'discord.token', level: 'error', text: messageOf(error), mend: isRefused ? null : 'Check the network.' },
    ]
  }
}

/**
 * Asks Discord over REST alone, for as long as the work takes.
 * @throws {Problem} `refused`: it does not take the token; `wire`: it cannot be reached.
 */
export async function withDiscord<Value>(
  { token, api, guild, clock, log }: AskOptions,
  work: (tools: CheckTools) => Promise<Value>,
): Promise<Value> {
  const skew = new Skew()
  const budgets = new Budgets(clock)
  const rest = createRest({
    token,
    api,
    log,
    clock,
    skew,
    meter: noMeter,
    budgets,
    leaving: new Leaving(
      secretScan(() => [token]),
      () => {},
    ),
    answerWithinMs: usualTimings.answerWithinMs,
  })
  const queues = new RequestQueues(clock, budgets, log, [])
  try {
    await rest.get(Routes.user())
    return await work({ rest, queues, guild, skewMs: () => skew.ms })
  } catch (error) {
    const unreached = `Discord cannot be reached${api === null ? '' : ` at ${api} (OMC_DISCORD_API)`}: ${said(error)}.`
    throw refusalOf(error, api) ?? new Problem('wire', unreached, { cause: error })
  } finally {
    queues.close()
    rest.clearHashSweeper()
    rest.clearHandlerSweeper()
  }
}

function said(error: unknown): string {
  return error instanceof DiscordAPIError ? `it answers ${error.status}` : messageOf(error)
}
