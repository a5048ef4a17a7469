import type { Config } from '../config/config.ts'
import { Problem } from '../core/failure.ts'
import type { PersonId, PlaceId } from '../core/ids.ts'
import type { Person } from '../core/person.ts'
import type { Place } from '../core/place.ts'
import { hostClock } from '../system/host.ts'
import { notedPort, pageLinks } from '../web/page/links.ts'
import { runningBot } from './stop.ts'

export interface LinkOptions {
  readonly config: Pick<Config, 'dataFolder' | 'discordGuild' | 'healthPort' | 'owners'>
  /** Whose page it is, by their Discord id; null: the operator's own. */
  readonly as: string | null
  /** Tells the operator, a line at a time. */
  readonly say: (line: string) => void
}

/** Makes a link to the page of the bot that runs on the data folder. What its owner may do is judged by that bot. */
export async function page({ config, as, say }: LinkOptions): Promise<void> {
  const { dataFolder, discordGuild, healthPort, owners } = config
  const id = as ?? owners.user
  if (id === null) {
    throw new Problem(
      'refused',
      'Nobody is named whose page it would be: say --as <your Discord id>, or set OMC_OWNER_USER_ID in .env.',
    )
  }
  if (!/^\d{5,25}$/.test(id)) {
    throw new Problem('refused', `"${id}" is no Discord id: that is a number of 17 to 20 digits.`)
  }
  if ((await runningBot(dataFolder)) === null) {
    throw new Problem('refused', `No bot runs on ${dataFolder}, so there is no page. Start it first.`)
  }
  if (healthPort === null) {
    throw new Problem(
      'refused',
      'The page is switched off: give OMC_HEALTHZ_PORT a port in .env, and start the bot again.',
    )
  }
  const person: Person = { id: id as PersonId, name: as ?? 'operator', locale: localeHere(), roles: [] }
  // Where no server is named, the roles in the only one there is count, as for who writes directly.
  const nowhere = '0' as PlaceId
  const place: Place =
    discordGuild === null ? { kind: 'dm', id: nowhere } : { kind: 'channel', id: nowhere, guild: discordGuild }
  const link = await pageLinks(dataFolder, () => notedPort(dataFolder), hostClock).link({ person, place })
  if (link === null) throw new Problem('refused', 'The bot is still starting. Try again in a moment.')
  say(link.url)
  say('It opens once, within ten minutes, in a browser on this machine.')
}

function localeHere(): Person['locale'] {
  return Intl.DateTimeFormat().resolvedOptions().locale.startsWith('ko') ? 'ko' : 'en'
}
