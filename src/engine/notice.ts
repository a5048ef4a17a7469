import type { Chat } from '../core/chat.ts'
import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/failure.ts'
import type { ChannelRules } from '../core/listening.ts'
import type { Log } from '../core/log.ts'
import type { Locale } from '../core/person.ts'
import type { Catalogue } from '../core/phrases.ts'
import type { Place } from '../core/place.ts'
import type { Vault } from '../core/vault.ts'

export interface NoticeTools {
  readonly chat: Chat
  readonly vault: Vault
  readonly catalogue: Catalogue
  readonly channel: ChannelRules
  readonly clock: Clock
  readonly log: Log
}

/**
 * The one word in a channel about which messages reach the agent, at the first use there. Once for all lives of the
 * bot: that it is about to be said is kept before, that it was said after, and in between the same nonce (or, when that
 * is too old, a look at the channel) keeps it from being said twice. One call at a time for each channel.
 */
export async function sayNotice(place: Place, locale: Locale, tools: NoticeTools): Promise<void> {
  const { chat, vault, catalogue, channel, clock, log } = tools
  if (place.kind !== 'channel') return
  const said = `notice:${place.id}`
  const begun = `notice-begun:${place.id}`
  try {
    if ((await vault.saidAt(said)) !== null) return
    await vault.once(begun, clock.now())
    const since = (await vault.saidAt(begun)) ?? clock.now()
    const sheet = chat.note(catalogue[locale].channelNotice(channel))
    const lookFirst = clock.now() - since > chat.pace.nonceForMs
    const found = lookFirst ? await chat.find(place, sheet, since, []) : null
    if (found === 'later') return
    const nonce = `notice.${place.id}`.slice(0, 25)
    const stands = found ?? (await chat.post(place, sheet, { nonce, replyTo: null, mention: null }))
    // At the next use it is tried again.
    if (stands !== 'later') await vault.once(said, clock.now())
  } catch (error) {
    log.error({ place: place.id, error: messageOf(error) }, 'notice.failed')
  }
}
