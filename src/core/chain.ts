import type { EpochMs } from './clock.ts'
import type { Entry } from './event.ts'
import type { LetterId, PlaceId, SessionId } from './ids.ts'
import { isOpenRequest, isRequest, type Chain, type Letter } from './letter.ts'

/** How far agents may go by themselves. */
export interface ChainLimits {
  /** OMC_INTER_AGENT_HOP_MAX */
  readonly hops: number
  /** OMC_INTER_AGENT_TOKEN_BUDGET: of all runs that a chain's letters began. */
  readonly tokens: number
  /** OMC_INTER_AGENT_COOLDOWN_MS: between two requests of one session to another. */
  readonly cooldownMs: number
}

/** How agents may work with each other. */
export interface LetterRules extends ChainLimits {
  /** So long people have to consent to a delegation. */
  readonly consentMs: number
  /** OMC_APPROVER_ROLE_ID: who may consent beside owners; null: nobody. */
  readonly approverRole: string | null
  /** OMC_AUDIT_CHANNEL_ID: gets a copy of every decision; null: none does. */
  readonly auditChannel: PlaceId | null
}

/** Sessions that one broadcast reaches at the most: whoever consents reads their names. */
export const broadcastUpTo = 20
/** Between two broadcasts of one session, in whatever chain. */
export const broadcastEveryMs = 600_000

/** Requests of one chain, however they branch. */
export const requestsUpTo = 50

/** A request that an agent wants to write. */
export interface LetterWish {
  readonly kind: 'consult' | 'delegate'
  readonly from: SessionId
  readonly to: SessionId
  /** The request that it works on; null: what a person asked. */
  readonly parent: LetterId | null
  /** Which hop it would be: one more than that of the letter it is written upon, a request or an answer. */
  readonly hop: number
}

/** What is known of the chain by then; `chain` null: it would be its first letter. */
export interface ChainSoFar {
  readonly chain: Chain | null
  readonly letters: readonly Letter[]
  /** Tokens that its runs have used. */
  readonly spent: number
  /** When the last request went the same way; null: none did. */
  readonly lastAt: EpochMs | null
}

/**
 * Why such a letter may not be written, in words for the agent; null: it may. Pure. Hops bound every path, also that of
 * two who ask each other for ever, because an answer does not begin the count anew.
 */
export function refuseLetter(wish: LetterWish, so: ChainSoFar, limits: ChainLimits, now: EpochMs): string | null {
  const { chain, letters, spent, lastAt } = so
  if (wish.from === wish.to) return 'that is you.'
  if (wish.hop > limits.hops) return `this chain has had its ${limits.hops} hops. Finish with what you have.`
  if (letters.filter(isRequest).length >= requestsUpTo) return `this chain has had its ${requestsUpTo} letters.`
  if (spent >= limits.tokens) return `this chain has used ${spent} of its ${limits.tokens} tokens.`
  const above = ancestors(wish.parent, letters)
  if (wasAskedBack(above, chain)) return 'you were asked about work that you handed over: answer with what you know.'
  const asker = above[0]
  const asksBack = wish.kind === 'consult' && asker?.kind === 'delegate' && asker.from.session === wish.to
  const isAbove =
    chain?.session === wish.to || above.some(({ from, to }) => from.session === wish.to || to.session === wish.to)
  if (isAbove && !asksBack) return 'that session waits for this very work, so it would go round in a circle.'
  // A clock that was set back must not keep anybody waiting for longer than that.
  const since = lastAt === null ? limits.cooldownMs : Math.max(0, now - lastAt)
  if (since < limits.cooldownMs)
    return `you wrote to that session just now. Wait ${Math.ceil((limits.cooldownMs - since) / 1000)} s.`
  return null
}

/**
 * Why nothing may be told to that many sessions, in words for the agent; null: it may. Pure. One for each chain: whoever
 * has heard a broadcast, or works on anything that came of it, can make none.
 */
export function refuseBroadcast(
  wish: { readonly hop: number; readonly to: number },
  so: ChainSoFar,
  limits: ChainLimits,
  now: EpochMs,
): string | null {
  const { letters, spent, lastAt } = so
  if (wish.to === 0) return 'there is nobody to tell it to.'
  if (wish.to > broadcastUpTo)
    return `it would reach ${wish.to} sessions, and ${broadcastUpTo} is the most. Write to those that need it.`
  if (letters.some(({ kind }) => kind === 'broadcast')) return 'this chain has had its broadcast.'
  if (wish.hop > limits.hops) return `this chain has had its ${limits.hops} hops. Finish with what you have.`
  if (spent >= limits.tokens) return `this chain has used ${spent} of its ${limits.tokens} tokens.`
  const since = lastAt === null ? broadcastEveryMs : Math.max(0, now - lastAt)
  if (since < broadcastEveryMs)
    return `you told everybody something just now. Wait ${Math.ceil((broadcastEveryMs - since) / 1000)} s.`
  return null
}

/** Whether what is worked on is a question to somebody who waits for the work of whoever asks: it goes no further. */
function wasAskedBack([asking, ...above]: readonly Letter[], chain: Chain | null): boolean {
  // A task's chain begins in the very session that has it.
  if (asking === undefined || asking.kind === 'task') return false
  const asked = asking.to.session
  return chain?.session === asked || above.some(({ from, to }) => from.session === asked || to.session === asked)
}

/** The request that is worked on, the one that this belongs to, and so on up to the first. */
function ancestors(parent: LetterId | null, letters: readonly Letter[]): readonly Letter[] {
  const above: Letter[] = []
  for (let at = parent; at !== null;) {
    const found = letters.find(({ id }) => id === at)
    if (found === undefined || above.includes(found)) break
    above.push(found)
    at = found.parent
  }
  return above
}

/** Whether a person has consented to all that goes this way in this chain. */
export function isConsented(wish: LetterWish, letters: readonly Letter[]): boolean {
  return letters.some(
    ({ kind, from, to, consent }) =>
      kind === 'delegate' && from.session === wish.from && to.session === wish.to && consent?.lasting === true,
  )
}

/**
 * The letters whose runs are the work on a request: itself, and the answers to what it asked in turn, in their order;
 * null: some of them are still to come. Pure.
 */
export function workOn(request: Pick<Letter, 'id'>, letters: readonly Letter[]): readonly LetterId[] | null {
  const asked = letters.filter(({ parent }) => parent === request.id)
  if (asked.some(isOpenRequest)) return null
  const answers = letters.filter((each) => asked.some(({ id }) => id === each.answers))
  return answers.some(({ state }) => state === 'waiting') ? null : [request.id, ...answers.map(({ id }) => id)]
}

/**
 * What a run has used of its chain's tokens by now, at work or over. What its model's service had kept from the request
 * before is not counted again: an agent sends its whole conversation with each.
 */
export function tokensOf(entries: readonly Entry[]): number {
  let told: number | null = null
  let ended = 0
  for (const { event } of entries) {
    if (event.type === 'used') {
      const { input, cacheWrite, output } = event.spend.tokens
      told = (told ?? 0) + input + cacheWrite + output
    }
    if (event.type === 'finished') ended = event.outcome.usage.inputTokens + event.outcome.usage.outputTokens
  }
  return told ?? ended
}
