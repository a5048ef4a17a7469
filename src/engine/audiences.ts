import type { Chat } from '../core/chat.ts'
import type { PersonId, PlaceId } from '../core/ids.ts'
import type { Audience } from './finding-post.ts'

/** Owners, in direct messages: they hear of what keeps everybody from using the bot. */
export function ownersIn(chat: Pick<Chat, 'dm'>, owners: () => Promise<readonly PersonId[]>): Audience {
  return {
    name: '',
    concerns: ({ stopsAll }) => stopsAll === true,
    async places() {
      const places = []
      for (const owner of await owners()) {
        const place = await chat.dm(owner)
        if (place !== null) places.push({ key: owner, place })
      }
      return places
    },
    told: (say, found) => say.nobodyCan(found),
    over: (say, text, all) => say.canAgain(text, all),
  }
}

/** A channel of the operators (OMC_ALERTS_CHANNEL_ID): everything that has to be mended is told there. */
export function alertsIn(channel: PlaceId): Audience {
  return {
    name: 'alert:',
    concerns: ({ level }) => level === 'error',
    places: async () => [{ key: channel, place: { kind: 'channel', id: channel, guild: '' } }],
    told: (say, found) => say.alert(found),
    over: (say, text) => say.alertOver(text),
  }
}
