import type { Checkpoint } from '../core/checkpoint.ts'
import { pause, type Clock } from '../core/clock.ts'
import type { Entry, RunEvent } from '../core/event.ts'
import { messageOf } from '../core/failure.ts'
import type { Gate } from '../core/gate.ts'
import type { RunId, ToolCallId } from '../core/ids.ts'
import type { Journal, OpenRun } from '../core/journal.ts'
import type { Log } from '../core/log.ts'
import type { Outbox } from '../core/message.ts'
import type { ActionName } from '../core/right.ts'
import type { Session } from '../core/session.ts'
import { inputOf, refuses, toolAnswerLimit, type Tool, type ToolAnswer } from '../core/tool.ts'
import type { ToolCall } from '../core/tool-call.ts'
import type { Vault } from '../core/vault.ts'
import { retry } from '../system/back-off.ts'
import { background } from '../system/background.ts'
import { Mutex } from '../system/mutex.ts'
import type { EventBus } from './bus.ts'
import { sayEffects } from './effects.ts'

/** So long Discord may take to say who somebody is by now: no call stays open for more than 25 s. */
const standingWithinMs = 10_000

export interface ToolDeskTools {
  readonly journal: Journal
  readonly vault: Vault
  readonly gate: Gate
  readonly bus: EventBus
  readonly outbox: Outbox
  readonly clock: Clock
  readonly log: Log
  readonly checkpoint: Checkpoint
  readonly signal: AbortSignal
  /** All tools there are. */
  readonly tools: () => readonly Tool[]
}

type Told = Extract<RunEvent, { type: 'told' }>

/**
 * Answers what agents call: once each, whoever reads the call, and whatever dies. What a call changes is kept with its
 * answer in one transaction, before the CLI hears it; whoever conducts the run reads it in the journal.
 */
export class ToolDesk {
  readonly #tools: ToolDeskTools
  /** In which calls are answered: what one changes the next one sees. */
  readonly #order = new Mutex()
  readonly #listening: Disposable

  constructor(tools: ToolDeskTools) {
    this.#tools = tools
    this.#listening = tools.bus.subscribe(({ run, event }) => {
      if (event.type === 'called') this.#answerInOrder(run, event.call)
    })
  }

  /** Answers what an earlier life has not. */
  async resume(): Promise<void> {
    const { journal } = this.#tools
    for (const { run } of await journal.open()) {
      const entries = await journal.read(run)
      for (const call of unanswered(entries)) this.#answerInOrder(run, call)
    }
  }

  /** Resolves when nothing is written any more (the signal has fired). */
  async close(): Promise<void> {
    this.#listening[Symbol.dispose]()
    await this.#order.idle()
  }

  #answerInOrder(run: RunId, call: ToolCall): void {
    const { log } = this.#tools
    background(
      this.#order.run(() => this.#answerSafely(run, call)),
      log,
      'tool.answer',
    )
  }

  async #answerSafely(run: RunId, call: ToolCall): Promise<void> {
    const { log, signal, checkpoint } = this.#tools
    try {
      checkpoint('tool-called')
      if (!signal.aborted) await this.#answer(run, call)
    } catch (error) {
      if (signal.aborted) return
      log.error({ run, tool: call.tool, error: messageOf(error) }, 'tool.failed')
      const answer = refuses('the bot could not do that. A person can see why in its log.')
      await this.#tell(run, call, answer, false)
    }
  }

  async #answer(run: RunId, call: ToolCall): Promise<void> {
    const { journal, log } = this.#tools
    const open = await retry(this.#tools, 'tool', () => journal.run(run))
    const entries = await retry(this.#tools, 'tool', () => journal.read(run))
    if (open === null || !unanswered(entries).some(({ id }) => id === call.id)) return
    const before = toldBefore(entries, call)
    if (before !== null) {
      // A model that does not remember it must not wonder.
      const text = before.again ? before.told.text : `Already done in an earlier attempt: ${before.told.text}`
      return this.#tell(run, call, { text, failed: before.told.failed, effects: [] }, before.told.did)
    }
    const answer = await this.#work(open, call)
    log.info({ run, tool: call.tool, failed: answer.failed, effects: answer.effects.length }, 'tool.called')
    await this.#tell(run, call, answer, answer.effects.length > 0)
  }

  async #work(open: OpenRun, call: ToolCall): Promise<ToolAnswer> {
    const tool = this.#tools.tools().find(({ name }) => name === call.tool)
    if (tool === undefined) return refuses(`there is no tool ${call.tool} here.`)
    const session = await this.#tools.vault.session(open.session)
    if (session === null) return refuses('this session is no more.')
    const given = inputOf(tool, call.input)
    if ('fault' in given) return refuses(`${given.fault}.`)
    const no = await this.#refusalFor(tool.right, open, session)
    return no ?? tool.run({ call, run: open, session, input: given.input })
  }

  /** The rights of a call are those of the run's speaker at this moment, where they asked and where the session is. */
  async #refusalFor(right: ActionName, { prompt }: OpenRun, session: Session): Promise<ToolAnswer | null> {
    const { gate, clock, signal } = this.#tools
    const places = prompt.place.id === session.place.id ? [prompt.place] : [prompt.place, session.place]
    const waited = new AbortController()
    const late = pause(clock, standingWithinMs, AbortSignal.any([waited.signal, signal])).then(() => null)
    try {
      for (const place of places) {
        const judged = gate.judgeNow(prompt.speaker, right, place).catch(() => null)
        const verdict = await Promise.race([judged, late])
        if (verdict === null) return refuses('Discord does not say just now who is who. Try it again in a minute.')
        if (verdict.allowed) continue
        const { tier, needs } = verdict
        return refuses(
          `the person you work for is ${tier} here, and this takes ${needs}. They would have to ask an owner.`,
        )
      }
      return null
    } finally {
      waited.abort()
    }
  }

  async #tell(run: RunId, call: ToolCall, answer: ToolAnswer, did: boolean): Promise<void> {
    const { journal, clock, checkpoint, outbox } = this.#tools
    const { failed, effects } = answer
    const text = cutAnswer(answer.text)
    const event = { type: 'told', call: call.id, text, failed, did } as const
    const entries = await retry(this.#tools, 'tool', () => journal.append(run, [event], clock.now(), { effects }))
    if (entries.length === 0) {
      // It was stopped, or the CLI took the call back: then nothing has come of it. Or somebody else was faster.
      if (effects.length > 0)
        await this.#tell(run, call, refuses('that was settled by somebody else meanwhile.'), false)
      return
    }
    checkpoint('tool-answered')
    await sayEffects(effects, outbox, this.#tools)
  }
}

/** The calls of a run that nobody has answered. */
function unanswered(entries: readonly Entry[]): readonly ToolCall[] {
  const open = new Map<ToolCallId, ToolCall>()
  for (const { event } of entries) {
    if (event.type === 'admitted') open.clear()
    if (event.type === 'called') open.set(event.call.id, event.call)
    if (event.type === 'told' || event.type === 'revoked') open.delete(event.call)
  }
  return [...open.values()]
}

/**
 * What such a call was told before. `again`: the very same one, read twice. Otherwise an earlier attempt of this prompt
 * has done it: a resumed model does not know that it did, and calls anew. Twice in one attempt may be meant, so each
 * call of an earlier attempt stands for one of this. Pure.
 */
function toldBefore(
  entries: readonly Entry[],
  call: ToolCall,
): { readonly told: Told; readonly again: boolean } | null {
  const calls = new Map<ToolCallId, ToolCall>()
  let earlier: readonly Told[] = []
  let now: Told[] = []
  for (const { event } of entries) {
    if (event.type === 'admitted') {
      // What an attempt was told that it had been done already stands in its list as well.
      earlier = now.length > earlier.length ? now : earlier
      now = []
    }
    if (event.type === 'called') calls.set(event.call.id, event.call)
    if (event.type !== 'told') continue
    if (event.call === call.id) return { told: event, again: true }
    const other = calls.get(event.call)
    if (event.did && other?.tool === call.tool && other.input === call.input) now.push(event)
  }
  const told = earlier[now.length]
  return told === undefined ? null : { told, again: false }
}

/** Signs that take six bytes each in a line, and say nothing, are left out: the line must fit into a pipe whole. */
function cutAnswer(whole: string): string {
  const text = whole.toWellFormed().replaceAll(/(?![\n\t])\p{Cc}/gu, ' ')
  return text.length <= toolAnswerLimit
    ? text
    : `${text.slice(0, toolAnswerLimit - 40).toWellFormed()}\n(The rest was left out.)`
}
