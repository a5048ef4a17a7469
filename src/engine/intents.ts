import type { Entry, RunEvent } from '../core/event.ts'
import type { Hold } from '../core/quota.ts'
import type { PromptKey, ToolCallId } from '../core/ids.ts'

/** A word for a turn at work, as the journal has it. */
export type Steering = Extract<RunEvent, { type: 'steered' }>
type Answering = Extract<RunEvent, { type: 'answered' }>
type Telling = Extract<RunEvent, { type: 'told' }>

/** What people want of a run at work. */
export interface Intents {
  readonly stopped: boolean
  /** A budget is used up; null: none is. */
  readonly held: Hold | null
  readonly answered: readonly Answering[]
  /** Answers to calls, once each. */
  readonly told: readonly Telling[]
  /** The latest that is known of each word. */
  readonly steered: readonly Steering[]
}

/**
 * What these entries of one run want of whoever conducts its latest attempt. Decisions and Stop are about the attempt
 * they were made in; a word is said again in the next one, which begins from the prompt. Pure.
 */
export function intentsIn(entries: readonly Entry[]): Intents {
  let answered: Answering[] = []
  const told = new Map<ToolCallId, Telling>()
  let stopped = false
  let held: Hold | null = null
  const steered = new Map<PromptKey, Steering>()
  for (const { event } of entries) {
    if (event.type === 'admitted') {
      answered = []
      told.clear()
      stopped = false
      held = null
    }
    if (event.type === 'held') held = event.hold
    if (event.type === 'answered') answered.push(event)
    if (event.type === 'told') told.set(event.call, event)
    if (event.type === 'stopped') stopped = true
    if (event.type === 'declined') steered.delete(event.steer)
    if (event.type === 'steered') steered.set(event.steer.key, event)
  }
  return { stopped, held, answered, told: [...told.values()], steered: [...steered.values()] }
}

/** The words of a run that have to become prompts: declined, or unheard when it ended. Pure. */
export function owedWords(entries: readonly Entry[], isOver: boolean): readonly Steering[] {
  const words = new Map<PromptKey, { readonly word: Steering; readonly isDeclined: boolean }>()
  const heard = new Set<PromptKey>()
  for (const { event } of entries) {
    if (event.type === 'steered') {
      words.set(event.steer.key, { word: event, isDeclined: false })
      if (event.heard) heard.add(event.steer.key)
    }
    const word = event.type === 'declined' ? words.get(event.steer) : undefined
    if (word !== undefined) words.set(word.word.steer.key, { ...word, isDeclined: true })
  }
  return [...words.values()].flatMap(({ word, isDeclined }) =>
    !heard.has(word.steer.key) && (isDeclined || isOver) ? [word] : [],
  )
}
