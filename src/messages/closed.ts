import type { Chat } from '../core/chat.ts'
import type { EpochMs } from '../core/clock.ts'
import type { PersonId } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import type { Note } from '../core/note.ts'
import type { Locale } from '../core/person.ts'
import type { Catalogue, Phrases } from '../core/phrases.ts'
import type { Place } from '../core/place.ts'
import type { Concern } from './source.ts'

export interface ClosedTools {
  readonly chat: Chat
  readonly catalogue: Catalogue
  readonly log: Log
  readonly owner: PersonId | null
  readonly locale: Locale
  say(note: Note): Promise<void>
}

/**
 * A place has taken nothing of ours for a while: who waits for it is told in a direct message, an owner when they take
 * none (or when it concerns nobody else). Once for each time it is closed. Rejects when nobody can be reached now.
 */
export async function tellClosed(
  place: Place,
  since: EpochMs,
  concern: Concern | null,
  tools: ClosedTools,
): Promise<void> {
  const { owner, catalogue, locale } = tools
  const toOwner = await noteTo(owner, place, since, concern?.text(catalogue[locale], place) ?? null, tools)
  if (concern === null || concern.person === owner) {
    if (toOwner !== null) await tools.say(toOwner)
    return
  }
  const text = concern.text(catalogue[concern.locale], place)
  const toSpeaker = await noteTo(concern.person, place, since, text, tools)
  if (toSpeaker !== null) await tools.say(toOwner === null ? toSpeaker : { ...toSpeaker, otherwise: toOwner })
  else if (toOwner !== null) await tools.say(toOwner)
}

/** The note for one person; null when they cannot be told anywhere but in the place that is closed. */
async function noteTo(
  person: PersonId | null,
  place: Place,
  since: EpochMs,
  text: string | null,
  { chat, catalogue, locale }: ClosedTools,
): Promise<Note | null> {
  const direct = person === null ? null : await chat.dm(person)
  if (direct === null || direct.id === place.id) return null
  const say: Phrases = catalogue[locale]
  return {
    key: `closed:${place.id}:${person}:${since}`,
    place: direct,
    text: text ?? say.messages.placeClosed(place),
    replyTo: null,
    mention: null,
  }
}
