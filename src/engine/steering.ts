import type { Checkpoint } from '../core/checkpoint.ts'
import { pause, type Clock } from '../core/clock.ts'
import type { Asked, Request, Result, Steered, SteerWish } from '../core/desk.ts'
import type { Entry } from '../core/event.ts'
import type { PromptKey, RunId } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import { isLive } from '../core/lifecycle.ts'
import type { Person } from '../core/person.ts'
import type { Place } from '../core/place.ts'
import { isBlank } from '../core/prompt.ts'
import { reaches } from '../core/right.ts'
import type { Session } from '../core/session.ts'
import type { EventBus } from './bus.ts'
import type { Gate } from '../core/gate.ts'
import type { Steering } from './intents.ts'

/** So long somebody waits to be told whether their word was heard; it is kept anyway. */
const tellWithinMs = 5_000

export interface SteeringTools {
  readonly gate: Gate
  readonly journal: Journal
  readonly bus: EventBus
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly checkpoint: Checkpoint
  /** The live session of a place. */
  readonly sessionOf: (place: Place) => Promise<Session | null>
  readonly ask: (request: Request) => Promise<Asked>
}

type Heard = 'heard' | 'not-heard' | 'unknown'

/**
 * A word to the turn that is at work. That turn acts with the rights of its own speaker, so whoever is less than they
 * were may not lead it: nobody gets more than they were given.
 */
export async function steer(
  by: Person,
  place: Place,
  { key, text, run, memo }: SteerWish,
  tools: SteeringTools,
): Promise<Result<Steered>> {
  const { gate, journal, sessionOf, ask } = tools
  const verdict = await gate.judge(by, 'run.steer', place)
  if (!verdict.allowed) return { ok: false, refusal: verdict.refusal }
  const session = await sessionOf(place)
  if (session === null) return { ok: false, refusal: { code: 'no-session' } }
  const noted = memo?.read() ?? null
  if (noted !== null && (await hasHeard(journal, noted as RunId, key)))
    return { ok: true, value: { how: 'steered', text } }
  const target = (await journal.openOf(session.id)).find(
    (open) => isLive(open.state) && (run === undefined || open.run === run),
  )
  const isNew = (await journal.find(key)) === null
  if (target !== undefined && isNew && !isBlank(text)) {
    // Attached places have tiers of their own: both count.
    const there = await gate.judge(by, 'run.steer', target.prompt.place)
    if (!there.allowed) return { ok: false, refusal: there.refusal }
    const { tier } = reaches(verdict.tier, there.tier) ? there : verdict
    const needs = target.prompt.tier
    if (!reaches(tier, needs)) return { ok: false, refusal: { code: 'steer-above', tier, needs } }
    await memo?.keep(target.run)
    const word = { type: 'steered', steer: { key, text, by: by.name }, speaker: by, place, heard: false } as const
    const heard = await put(target.run, word, tools)
    if (heard === 'heard') return { ok: true, value: { how: 'steered', text } }
    if (heard === 'unknown') return { ok: true, value: { how: 'kept', text } }
  }
  const asked = await ask({ key, place, speaker: by, text, message: null })
  return asked.kind === 'refused' ? { ok: false, refusal: asked.refusal } : { ok: true, value: { how: 'asked', text } }
}

/** Writes the word for whoever conducts the run, once, and waits a while to hear what came of it. */
async function put(run: RunId, word: Steering, tools: SteeringTools): Promise<Heard> {
  const { journal, bus, clock, signal, checkpoint } = tools
  const told = Promise.withResolvers<Heard>()
  const hear = (entry: Entry): void => {
    const heard = entry.run === run ? outcomeIn(entry, word.steer.key) : null
    if (heard !== null) told.resolve(heard)
  }
  const listening = bus.subscribe(hear)
  const waited = new AbortController()
  try {
    const before = await journal.read(run)
    const isKnown = before.some(({ event }) => event.type === 'steered' && event.steer.key === word.steer.key)
    if (isKnown) before.forEach(hear)
    else if ((await journal.append(run, [word], clock.now())).length === 0) return 'not-heard'
    else checkpoint('run-steered')
    const late = pause(clock, tellWithinMs, AbortSignal.any([signal, waited.signal])).then((): Heard => 'unknown')
    return await Promise.race([told.promise, late])
  } finally {
    waited.abort()
    listening[Symbol.dispose]()
  }
}

/** What an entry of its run says of a word; null: nothing. */
function outcomeIn({ event }: Entry, key: PromptKey): Heard | null {
  if (event.type === 'steered' && event.steer.key === key && event.heard) return 'heard'
  if (event.type === 'declined' && event.steer === key) return 'not-heard'
  // Whether a next attempt hears it is known later.
  return event.type === 'finished' ? 'not-heard' : null
}

/** Whether a turn, perhaps over by now, has heard a word. */
async function hasHeard(journal: Journal, run: RunId, key: PromptKey): Promise<boolean> {
  return (await journal.read(run)).some((entry) => outcomeIn(entry, key) === 'heard')
}
