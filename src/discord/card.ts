import type { Drawing } from '../core/chat.ts'
import type { EpochMs } from '../core/clock.ts'
import { grantorIn } from '../core/consent.ts'
import type { Phrases } from '../core/phrases.ts'
import { stepsShown, type Verbosity } from '../core/verbosity.ts'
import { discreet, type RunView } from '../core/view.ts'
import { steerId, stopId } from './custom-id.ts'
import { colours, markOf, type Body } from './rendering.ts'
import { urlOf } from './url.ts'
import { visible } from '../core/visible.ts'

/** Seconds on the card move in steps of this, so that a silent run costs one edit each five seconds. */
const tickMs = 5000
const shownNotices = 2

export type Card = Pick<Body, 'card' | 'button' | 'rows'>

/**
 * What stands under the last part of an answer: where the run is in the queue, what it does, or how it ended, and how
 * many secrets were hidden in it.
 */
export function cardOf(drawing: Drawing, part: number, say: Phrases, hidden: number): Card {
  const { view, line } = drawing
  const note = hidden === 0 ? '' : `\n${say.messages.secretsHidden(hidden)}`
  const button = (label: string): Body['button'] => ({ label, id: stopId(markOf(view.id, part)) })
  switch (view.run.state) {
    case 'new':
    case 'waiting':
      return {
        card: line === null ? null : still(colours.waiting, say.waiting(line)),
        button: button(say.buttons.withdraw),
      }
    case 'parked':
      return {
        card:
          view.parked === null ? null : still(colours.waiting, say.parked(line?.held?.hold ?? view.parked.hold, line)),
        button: button(say.buttons.withdraw),
      }
    case 'starting':
      return { card: workCard(drawing, say, note), button: button(say.buttons.stop) }
    case 'running':
    case 'asking': {
      const mark = markOf(view.id, part)
      const buttons = [
        { label: say.buttons.stop, id: stopId(mark), style: 'plain' },
        { label: say.buttons.steer, id: steerId(mark), style: 'plain' },
      ] as const
      return { card: workCard(drawing, say, note), button: null, rows: [{ kind: 'buttons', buttons }] }
    }
    case 'stopping':
      return { card: workCard(drawing, say, note), button: null }
    case 'over':
      return { card: still(overColour(view), overText(drawing, say) + note), button: null }
  }
}

function still(colour: number, text: string): NonNullable<Body['card']> {
  return { colour, text, steady: text }
}

/** An edit that is made anyway shows the second it is made in; the seconds alone are worth one only now and then. */
function workCard({ view, now, question, verbosity }: Drawing, say: Phrases, note: string): NonNullable<Body['card']> {
  const colour = view.run.state === 'asking' ? colours.asks : colours.work
  const pointer = view.run.state === 'asking' && question !== null ? `\n${say.approvals.pointer(urlOf(question))}` : ''
  const text = (at: EpochMs): string => workText(view, at, say, verbosity) + pointer + note
  return { colour, text: text(now), steady: text(ticked(view, now)) }
}

function workText(run: RunView, now: EpochMs, say: Phrases, verbosity: Verbosity): string {
  const view = legible(discreet(run))
  if (verbosity === 'quiet') return [say.working({ ...view, steps: [] }, now), ...notesOf(view, say)].join('\n')
  const lines = stepLines(view, stepsShown(verbosity, false), say)
  return [say.working(view, now), ...lines, ...notesOf(view, say)].join('\n')
}

/** One line when a run is over, and what it did where people want to read that. */
function overText({ view: run, verbosity }: Drawing, say: Phrases): string {
  const view = legible(discreet(run))
  const most = stepsShown(verbosity, true)
  return [say.over(run), ...(most === 0 ? [] : stepLines(view, most, say)), ...notesOf(run, say)].join('\n')
}

function stepLines(view: RunView, most: number, say: Phrases): readonly string[] {
  const steps = view.steps.slice(-most)
  const hidden = view.steps.length - steps.length
  return [
    ...(hidden > 0 ? [say.moreSteps(hidden)] : []),
    ...steps.map(({ action, phase }) => {
      const grantor = grantorIn(view.asked.find((each) => each.action === action.id)?.by ?? '')
      const line = say.step(action.tool, action.title, phase === 'failed')
      return grantor === null ? line : `${line} · ${say.approvals.standing(grantor)}`
    }),
  ]
}

/** Tools and titles are an agent's words: what would hide in them, or turn them around, is written out. */
function legible(view: RunView): RunView {
  const steps = view.steps.map(({ action, phase }) => ({
    phase,
    action: { ...action, tool: visible(action.tool), title: visible(action.title) },
  }))
  return { ...view, steps }
}

/** What there is to know of the CLI itself: what it does now, and the latest of what stays true. */
function notesOf({ forgotten, notice, notices }: RunView, say: Phrases): readonly string[] {
  return [
    ...(forgotten === null ? [] : [say.forgotten(forgotten)]),
    ...notices.slice(-shownNotices).map((each) => say.notice(each)),
    ...(notice === null ? [] : [say.notice(notice)]),
  ]
}

function ticked(view: RunView, now: EpochMs): EpochMs {
  const since = view.startedAt ?? view.askedAt
  return since + Math.max(0, Math.floor((now - since) / tickMs)) * tickMs
}

function overColour(view: RunView): number {
  if (view.refusal !== null || view.outcome?.kind === 'failed') return colours.failed
  return view.outcome?.kind === 'done' ? colours.done : colours.waiting
}
