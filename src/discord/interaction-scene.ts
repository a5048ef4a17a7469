import { ChannelType, type APIInteraction, type InteractionType } from 'discord-api-types/v10'
import type { Log } from '../core/log.ts'
import type { Person } from '../core/person.ts'
import type { Catalogue, Phrases } from '../core/phrases.ts'
import type { Place } from '../core/place.ts'
import { placeOf, type ChannelCache, type ChannelFacts } from './channel-cache.ts'
import type { People } from './people.ts'

/** What people do, but for Discord's own question whether we are there. */
export type AskedCommand = Exclude<APIInteraction, { type: InteractionType.Ping }>

/** Who did something where, in their language. */
export interface Scene {
  readonly id: string
  readonly token: string
  readonly application: string
  readonly person: Person
  readonly place: Place
  readonly say: Phrases
}

export interface SceneTools {
  readonly channelCache: ChannelCache
  readonly people: People
  readonly catalogue: Catalogue
  readonly log: Log
}

/** Null: nobody, or nowhere that we know. */
export function sceneOf(interaction: AskedCommand, { channelCache, people, catalogue, log }: SceneTools): Scene | null {
  const user = interaction.member?.user ?? interaction.user
  const { channel } = interaction
  if (user === undefined || channel == null) return null
  people.remember(user.id, interaction.locale)
  const place = channelCache.add({ ...(channel as ChannelFacts), guild_id: interaction.guild_id })
  if (place === null) {
    log.warn({ channel: channel.id }, 'discord.place-unknown')
    return null
  }
  const person = people.person(user, interaction.member ?? null, interaction.guild_locale)
  const { id, token, application_id: application } = interaction
  return { id, token, application, person, place, say: catalogue[person.locale] }
}

/**
 * The same with its channel, of which Discord may give the id alone, or leave out what a thread hangs in: as it is known
 * here, else asked for. Rejects when nobody can say now.
 */
export async function located(interaction: AskedCommand, channelCache: ChannelCache): Promise<AskedCommand> {
  const { channel, channel_id: id = channel?.id } = interaction
  const facts = { ...(channel as ChannelFacts | null | undefined), guild_id: interaction.guild_id } as ChannelFacts
  if (id === undefined || (channel != null && placeOf(facts) !== null)) return interaction
  const place = channelCache.known(id) ?? (await channelCache.place(id))
  return place === null ? interaction : ({ ...interaction, channel: factsOf(place) } as AskedCommand)
}

function factsOf(place: Place): ChannelFacts {
  const { id } = place
  if (place.kind === 'dm') return { id, type: ChannelType.DM }
  return place.kind === 'channel'
    ? { id, type: ChannelType.GuildText }
    : { id, type: ChannelType.PublicThread, parent_id: place.channel }
}
