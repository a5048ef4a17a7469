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
  readonly owners: () => Promise<readonly PersonId[]>
  storeTrouble(): StoreTrouble | null
}

/** A full disk takes a little now and then: what comes back within this time, in milliseconds, is what it was. */
const sameWithinMs = 600_000

/**
 * Tells the owners, once for each time, that the store has taken nothing for a while. By the chat itself: what says
 * everything else keeps it in that store first. Ends with the signal.
 */
export async function watchStore(tools: StoreWatchTools): Promise<void> {
  const { clock, log, timings, signal } = tools
  /** What the owners know of, and when it was there last. */
  let known: { readonly since: EpochMs; readonly seenAt: EpochMs } | null = null
  while (!signal.aborted) {
    const trouble = tools.storeTrouble()
    const now = clock.now()
    if (trouble !== null && isSame(trouble, known)) known = { since: trouble.since, seenAt: now }
    else if (trouble !== null && now - trouble.since >= timings.ownerToldAfterMs) {
      try {
        await tell(trouble, tools)
        known = { since: trouble.since, seenAt: now }
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'store.owner-untold')
      }
    }
    await pause(clock, timings.ownerToldAfterMs / 4, signal)
  }
}

function isSame({ since }: StoreTrouble, known: { readonly since: EpochMs; readonly seenAt: EpochMs } | null): boolean {
  return known !== null && (since === known.since || Math.abs(since - known.seenAt) < sameWithinMs)
}

async function tell(trouble: StoreTrouble, tools: StoreWatchTools): Promise<void> {
  const { chat, catalogue, locale, log, owners } = tools
  log.error({ since: trouble.since, error: trouble.message }, 'store.takes-nothing')
  const text = catalogue[locale].inbox.storeTrouble(trouble)
  for (const owner of await owners()) {
    const place = await chat.dm(owner)
    if (place !== null) await chat.tell(place, text, { nonce: `store.${trouble.since}`, replyTo: null, mention: null })
  }
}
