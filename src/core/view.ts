import type { Hold } from './quota.ts'
import type { Action } from './action.ts'
import type { EpochMs } from './clock.ts'
import { type CliNotice, bothUsages, noUsage, type Entry, type Outcome, type Steer, type Usage } from './event.ts'
import type { Refusal } from './failure.ts'
import type { ApprovalId, RunId } from './ids.ts'
import { newRun, step, type Run } from './lifecycle.ts'
import type { Prompt } from './prompt.ts'

/** What a person sees of a run: the fold of its entries. */
export interface RunView {
  readonly id: RunId
  readonly run: Run
  readonly prompt: Prompt
  readonly blocks: readonly Block[]
  readonly steps: readonly Step[]
  /** What was asked of people, also what is answered since. */
  readonly asked: readonly AskedOf[]
  /** What people put into the turn while it was at work, and the CLI took. */
  readonly steers: readonly Steer[]
  readonly askedAt: EpochMs
  /** When the first attempt's CLI took the prompt; null before. */
  readonly startedAt: EpochMs | null
  readonly endedAt: EpochMs | null
  /** Its account's quota was used up at that moment; null: it is not parked. */
  readonly parked: { readonly hold: Hold; readonly at: EpochMs } | null
  /** How long it was parked before: no part of the time it took. */
  readonly restedMs: number
  /** What its parked attempts have used. */
  readonly before: Usage
  readonly refusal: Refusal | null
  readonly outcome: Outcome | null
  /** The CLI began a new conversation for this run: it no longer knew the old one, or that was full. */
  readonly forgotten: 'lost' | 'full' | null
  /** What the CLI says of itself now; null: nothing, or it has gone on since. */
  readonly notice: CliNotice | null
  /** What it said that stays true: once each. */
  readonly notices: readonly CliNotice[]
  /** Who pressed Stop; `by` null: the bot itself. */
  readonly stopped: { readonly by: string | null } | null
}

/** An approval of a run, as far as its answer is known. */
export interface AskedOf {
  readonly approval: ApprovalId
  /** Id of the tool call it is about. */
  readonly action: string
  /** Who answered; null: nobody yet, or nobody in time. */
  readonly by: string | null
}

/** A stretch of the answer's text. */
export interface Block {
  readonly id: string
  readonly text: string
  readonly whole: boolean
}

/** One tool call with how it went. */
export interface Step {
  readonly action: Action
  readonly phase: 'begun' | 'done' | 'failed'
}

/** The view after one more entry. The first entry must be `asked`. Entries that cannot happen change nothing. */
export function see(view: RunView | null, entry: Entry): RunView | null {
  const { event } = entry
  if (view === null) {
    const run = event.type === 'asked' ? step(newRun, event) : null
    if (event.type !== 'asked' || run === null) return null
    return {
      id: entry.run,
      run,
      prompt: event.prompt,
      blocks: [],
      steps: [],
      asked: [],
      steers: [],
      askedAt: entry.at,
      startedAt: null,
      endedAt: null,
      parked: null,
      restedMs: 0,
      before: noUsage,
      refusal: null,
      outcome: null,
      forgotten: null,
      notice: null,
      notices: [],
      stopped: null,
    }
  }
  const run = step(view.run, event)
  if (run === null) return view
  const next: RunView = { ...view, run, endedAt: run.state === 'over' ? entry.at : null }
  switch (event.type) {
    case 'asked':
    case 'withdrawn':
    case 'metered':
    case 'used':
    case 'held':
    case 'allowed':
    case 'declined':
    case 'promoted':
    case 'called':
    case 'told':
    case 'revoked':
      return next
    case 'wanted': {
      const { id: approval, action } = event.approval
      const others = view.asked.filter((each) => each.approval !== approval)
      return { ...next, asked: [...others, { approval, action: action.id, by: null }] }
    }
    case 'answered':
      return {
        ...next,
        asked: view.asked.map((each) => (each.approval === event.approval ? { ...each, by: event.by } : each)),
      }
    case 'reworded':
      return { ...next, prompt: { ...view.prompt, text: event.text, attachments: event.attachments } }
    case 'steered':
      return event.heard && view.steers.every(({ key }) => key !== event.steer.key)
        ? { ...next, steers: [...view.steers, event.steer] }
        : next
    case 'refused':
      return { ...rested(next, entry.at), refusal: event.refusal }
    case 'admitted':
      return rested(next, entry.at)
    case 'parked': {
      const steps = view.steps.filter(isOver)
      const at = { hold: event.hold, at: entry.at }
      return { ...next, steps, notice: null, parked: at, before: bothUsages(view.before, event.usage) }
    }
    case 'started':
      // It goes on where it was stopped.
      if (view.run.goesOn) return next
      // An attempt speaks for itself: what a lost one had said would stand before its answer as if it were a part of it.
      return { ...next, blocks: [], notice: null, startedAt: view.startedAt ?? entry.at }
    case 'said':
      return { ...next, notice: null, blocks: say(view.blocks, event) }
    case 'acted':
      return { ...next, notice: null, steps: act(view.steps, { action: event.action, phase: event.phase }) }
    case 'noticed':
      return { ...next, ...notice(view, event.notice) }
    case 'stopped':
      return { ...rested(next, entry.at), stopped: { by: event.by } }
    case 'lost':
    case 'forgotten':
      // What was whole stands until another attempt begins: there may be none.
      return {
        ...next,
        blocks: view.blocks.filter((block) => block.whole),
        steps: view.steps.filter(isOver),
        notice: null,
        forgotten: event.type === 'forgotten' ? (event.full === true ? 'full' : 'lost') : view.forgotten,
      }
    case 'finished':
      return { ...next, outcome: { ...event.outcome, usage: bothUsages(view.before, event.outcome.usage) } }
  }
}

/**
 * The view as everybody in the run's place may read it. In a channel nobody reads what is asked of an owner (SPEC F7):
 * there, a step is its tool's name alone until it is over without anybody having been asked. When it begins, nobody
 * knows yet whether it needs leave, and what was shown once stays in a message's history.
 */
export function discreet(view: RunView): RunView {
  if (view.prompt.place.kind !== 'channel') return view
  const mayBeRead = ({ action, phase }: Step): boolean =>
    phase !== 'begun' && view.asked.every((each) => each.action !== action.id)
  const steps = view.steps.map((step) => (mayBeRead(step) ? step : { ...step, action: { ...step.action, title: '' } }))
  return { ...view, steps }
}

/** The answer's text so far. */
export function textOf(view: RunView): string {
  return view.blocks
    .map((block) => block.text)
    .filter((text) => text.trim() !== '')
    .join('\n\n')
}

/** The view of a run from all its entries, or null when there are none. */
export function viewOf(entries: Iterable<Entry>): RunView | null {
  let view: RunView | null = null
  for (const entry of entries) view = see(view, entry)
  return view
}

function say(
  blocks: readonly Block[],
  said: { readonly block: string; readonly text: string; readonly whole: boolean },
): readonly Block[] {
  const last = blocks.findLastIndex((block) => block.id === said.block)
  if (last === -1) return [...blocks, { id: said.block, text: said.text, whole: said.whole }]
  const before = blocks[last] as Block
  if (before.whole && !said.whole) return blocks
  return blocks.with(last, {
    id: said.block,
    text: said.whole ? said.text : before.text + said.text,
    whole: said.whole,
  })
}

/** What stays true is kept; what is so only now is said until the CLI goes on. */
function notice(view: RunView, said: CliNotice): Pick<RunView, 'notice' | 'notices'> {
  const { notices } = view
  if (said.kind === 'retrying' || said.kind === 'compacting') return { notice: said, notices }
  const isKnown = notices.some((each) => JSON.stringify(each) === JSON.stringify(said))
  return { notice: null, notices: isKnown ? notices : [...notices, said] }
}

function act(steps: readonly Step[], step: Step): readonly Step[] {
  const at = steps.findIndex((each) => each.action.id === step.action.id)
  return at === -1 ? [...steps, step] : steps.with(at, step)
}

/** It is parked no more. */
function rested(view: RunView, now: EpochMs): RunView {
  if (view.parked === null) return view
  return { ...view, parked: null, restedMs: view.restedMs + Math.max(0, now - view.parked.at) }
}

function isOver(step: Step): boolean {
  return step.phase !== 'begun'
}
