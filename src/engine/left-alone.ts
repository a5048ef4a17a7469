import type { Chat, ChatMessage } from '../core/chat.ts'
import type { Clock } from '../core/clock.ts'
import type { Desk } from '../core/desk.ts'
import type { Outbox } from '../core/message.ts'
import type { Catalogue } from '../core/phrases.ts'
import type { Verdict } from '../core/policy.ts'
import type { Vault } from '../core/vault.ts'

export interface LeftAloneTools {
  readonly vault: Pick<Vault, 'saidAt' | 'once'>
  readonly desk: Pick<Desk, 'refused'>
  readonly chat: Pick<Chat, 'react' | 'dm'>
  readonly outbox: Pick<Outbox, 'say'>
  readonly catalogue: Catalogue
  readonly clock: Clock
}

/** Stands on a message that was left alone: others see no more of it. */
const sign = '🚫'

/**
 * A message of somebody who may not ask gets a sign, and its author is told why in a direct message, once a day for each
 * place: who is never answered again takes the bot for dead. In a thread, where people also write to each other, the sign
 * is put on what is said to the bot, and on the first message of the day.
 */
export async function leaveAlone(
  message: ChatMessage,
  { tier, refusal }: Extract<Verdict, { allowed: false }>,
  { vault, desk, chat, outbox, catalogue, clock }: LeftAloneTools,
): Promise<void> {
  const { id, place, author, at } = message
  const say = catalogue[author.locale]
  const key = `not-for-you:${place.id}:${author.id}:${Math.floor(at / 86_400_000)}`
  const buttons = await desk.refused(author, place, id, refusal)
  const isTold = (await vault.saidAt(key)) !== null
  if (place.kind !== 'dm' && (message.addressed || !isTold)) await chat.react(place, id, sign)
  if (isTold) return
  if (place.kind === 'dm') {
    await outbox.say({ key, place, text: say.refusal(refusal), buttons, replyTo: id, mention: null })
  } else {
    const direct = await chat.dm(author.id)
    const forAll = { key: `${key}:here`, place, text: say.leftAloneForAll(), replyTo: id, mention: null }
    const text = say.leftAlone(place, id, tier)
    const toThem = { key, place: direct ?? place, text, buttons, replyTo: null, mention: null, otherwise: forAll }
    await outbox.say(direct === null ? forAll : toThem)
  }
  await vault.once(key, clock.now())
}
