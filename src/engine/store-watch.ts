import type { Chat } from '../core/chat.ts'
import { pause, type Clock, type EpochMs } from '../core/clock.ts'
import { messageOf } from '../core/failure.ts'
import type { StoreTrouble } from '../core/health.ts'
import type { PersonId } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import type { Locale } from '../core/person.ts'
import type { Catalogue } from '../core/phrases.ts'
import type { Timings } from '../core/timings.ts'

export interface StoreWatchTools {
  readonly chat: Chat
  readonly catalogue: Catalogue
  readonly clock: Clock
  readonly log: Log
  readonly locale: Locale
  readonly timings: Timings
  readonly signal: AbortSignal
  /** OMC_OWNER_USER_ID; null: there is nobody to write to. */
  readonly owner: PersonId | null
  storeTrouble(): StoreTrouble | null
}

/**
 * Tells the owner, once for each time, that the store has taken nothing for a while. By the chat itself: what says
 * everything else keeps it in that store first. Ends with the signal.
 */
export async function watchStore(tools: StoreWatchTools): Promise<void> {
  const { clock, log, timings, signal } = tools
  let told: EpochMs | null = null
  while (!signal.aborted) {
    const trouble = tools.storeTrouble()
    if (trouble !== null && trouble.since !== told && clock.now() - trouble.since >= timings.ownerToldAfterMs) {
      try {
        await tell(trouble, tools)
        told = trouble.since
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'store.owner-untold')
      }
    }
    await pause(clock, timings.ownerToldAfterMs / 4, signal)
  }
}

async function tell(trouble: StoreTrouble, { chat, catalogue, locale, log, owner }: StoreWatchTools): Promise<void> {
  log.error({ since: trouble.since, error: trouble.message }, 'store.takes-nothing')
  const place = owner === null ? null : await chat.dm(owner)
  if (place === null) return
  const text = catalogue[locale].inbox.storeTrouble(trouble)
  await chat.tell(place, text, { nonce: `store.${trouble.since}`, replyTo: null, mention: null })
}
