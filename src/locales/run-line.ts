import type { Usage } from '../core/event.ts'
import type { Refusal, Trouble } from '../core/failure.ts'
import type { State } from '../core/lifecycle.ts'
import type { RunView } from '../core/view.ts'
import { clockTime } from '../core/durations.ts'
import { money, short } from '../core/figures.ts'
import { code, plain } from '../core/markdown.ts'

/** The words of one language that the lines of a run are put together from. */
export interface RunWords {
  readonly state: Readonly<Record<State, string>>
  steps(count: number): string
  /** A tool in people's words. */
  tool(name: string): string
  /** Of a step that went wrong. */
  readonly failed: string
  tokens(count: string): string
  /** A run that a person, or (null) the bot itself, stopped after this time. */
  stopped(by: string | null, after: string): string
  /** A prompt that was taken out of the queue before anything was done for it. */
  takenBack(by: string | null): string
  /** That what a stopped run had done is still there. */
  readonly stays: string
  trouble(trouble: Trouble): string
  refusal(refusal: Refusal): string
}

const signs: Readonly<Record<State, string>> = {
  new: '●',
  waiting: '●',
  starting: '●',
  running: '●',
  asking: '?',
  parked: '⏸',
  stopping: '■',
  over: '✓',
}

/** `● Working · 0:42 · Edit src/cart.ts — 7 steps`. What it cost is known only when it is over. */
export function workingLine(view: RunView, now: number, words: RunWords): string {
  const { state } = view.run
  const tool = view.steps.findLast((step) => step.phase === 'begun')
  const head = [
    `${signs[state]} ${words.state[state]}`,
    clockTime(now - (view.startedAt ?? view.askedAt) - view.restedMs),
    tool === undefined ? '' : toolLine(words.tool(tool.action.tool), tool.action.title, 80),
  ]
  return [joined(head), view.steps.length === 0 ? '' : words.steps(view.steps.length)].filter(Boolean).join(' — ')
}

/** `› Edit src/cart.ts`: one step of those that stand below. */
export function stepLine(tool: string, title: string, isFailed: boolean, words: RunWords): string {
  return `› ${toolLine(words.tool(tool), title, 120)}${isFailed ? ` ⚠ ${words.failed}` : ''}`
}

/** `✓ 1:12 · 9 steps · 12.4k tokens · $0.11`, or why there is no answer. */
export function overLine(view: RunView, words: RunWords): string {
  const since = view.startedAt ?? view.endedAt ?? view.askedAt
  const time = clockTime((view.endedAt ?? view.askedAt) - since - (view.startedAt === null ? 0 : view.restedMs))
  const { outcome } = view
  if (view.refusal !== null) return `⚠ ${words.refusal(view.refusal)}`
  if (outcome === null || outcome.kind === 'stopped') {
    if (view.startedAt === null) return `■ ${words.takenBack(view.stopped?.by ?? null)}`
    const line = joined([`■ ${words.stopped(view.stopped?.by ?? null, time)}`, ...costs(outcome?.usage ?? null, words)])
    return `${line} — ${words.stays}`
  }
  if (outcome.kind === 'failed') return `⚠ ${words.trouble(outcome.trouble)}`
  return joined([
    `✓ ${time}`,
    view.steps.length === 0 ? '' : words.steps(view.steps.length),
    ...costs(outcome.usage, words),
  ])
}

/** A tool with what it is done to: the title in code marks. */
function toolLine(tool: string, title: string, limit: number): string {
  return [plain(tool, 60), code(title, limit)].filter(Boolean).join(' ')
}

function costs(usage: Usage | null, words: RunWords): readonly string[] {
  if (usage === null) return []
  const tokens = usage.inputTokens + usage.outputTokens
  return [tokens > 0 ? words.tokens(short(tokens)) : '', usage.costUsd === null ? '' : money(usage.costUsd)]
}

function joined(parts: readonly string[]): string {
  return parts.filter(Boolean).join(' · ')
}
