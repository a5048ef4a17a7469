import { setImmediate, setTimeout as delay } from 'node:timers/promises'
import { askModel, ModelRefusal, type ModelAnswer } from '../events.ts'
import type { Mischief } from '../mischief.ts'
import { Answer } from './answer.ts'
import { Leaves } from './leave.ts'
import { limitOf, refusalText } from './limits.ts'
import { nothingSpent, sum, type Ending, type Json, type Spent, type Voice } from './lines.ts'
import { scanned } from './scan.ts'
import { failure, interruption, needsLeave, use, type Bench, type Call, type Outcome } from './tools.ts'
import type { Transcript } from './transcript.ts'
import { notLoggedIn, troubleOf, type ServiceTrouble } from './trouble.ts'

/** A message of the host, as it was written to stdin. */
export interface Message {
  readonly uuid: string
  readonly message: Json
}

/** What all turns of a process share. */
export interface Ground {
  readonly voice: Voice
  readonly transcript: Transcript
  readonly bench: Bench
  readonly mischief: Mischief
  readonly model: Model
  /** Messages that arrived meanwhile: the end of a tool lets them into the running turn. */
  readonly waiting: Message[]
  /** The host has asked to be asked before each tool. */
  standsStill: boolean
  /** What the process has cost so far. */
  total: Spent
}

export interface Model {
  readonly url: string
  readonly name: string
  /** Whether the login is a subscription: then its quota is told. */
  readonly isSubscription: boolean
  /** Null: nobody has logged in. */
  readonly key: string | null
  readonly retries: number
}

interface Wanted {
  readonly call: Call
  /** Null: it was broken off. */
  readonly outcome: Promise<Outcome | null>
}

/** One turn: from a person's message to the line that says how it ended. */
export class Turn {
  readonly #ground: Ground
  readonly #leaves: Leaves
  readonly #aborted = new AbortController()
  #wanted: Wanted[] = []
  #acknowledge: () => void = () => {}
  /** Messages that are no answers of the model, the person's included. */
  #messages = 1
  #spent = nothingSpent
  #stopReason: string | null = null

  constructor(ground: Ground) {
    this.#ground = ground
    this.#leaves = new Leaves(ground.voice, ground.bench)
  }

  /** Breaks it off; its last lines come a little later. */
  abort(): void {
    this.#leaves.withdraw()
    this.#aborted.abort()
  }

  answer(line: Json): void {
    this.#leaves.answer(line)
  }

  /** `batch`: all that had come in by then is one turn. Gives whether it ended well. */
  async run(batch: readonly Message[]): Promise<boolean> {
    const { voice, transcript, bench, mischief } = this.#ground
    await setImmediate()
    voice.init(bench.mode)
    let isTold = false
    this.#acknowledge = () => {
      if (isTold) return
      isTold = true
      for (const { message, uuid } of batch) voice.replay(message, uuid)
    }
    const { content, command } = scanned(batch.map(({ message }) => message['content']))
    for (const { uuid } of batch) transcript.known.add(uuid)
    transcript.add({ role: 'user', content }, batch.at(-1)?.uuid)
    await mischief.at('prompt')
    if (command !== null) return this.#succeed(`Unknown command: ${command}`)
    for (;;) {
      const answer = await this.#ask()
      if (typeof answer === 'boolean') return answer
      if (this.#wanted.length === 0) return this.#succeed(answer.text)
      if (!(await this.#finishTools())) return this.#breakOff('aborted_tools')
      this.#takeIn()
    }
  }

  /** Asks the model until it has answered; gives how the turn ended when it did not. */
  async #ask(): Promise<Answer | boolean> {
    const { voice, transcript, model } = this.#ground
    voice.requesting()
    if (model.key === null) return this.#fail(notLoggedIn)
    for (let attempt = 1; ; attempt++) {
      const answer = new Answer(voice, this.#acknowledge, (call) => {
        this.#wanted.push({ call, outcome: this.#begin(call) })
      })
      try {
        await this.#listen(answer)
      } catch (error) {
        if (this.#aborted.signal.aborted) return this.#breakOffAnswer(answer)
        if (model.isSubscription && error instanceof ModelRefusal && error.status === 429) return this.#refused(error)
        const trouble = troubleOf(error, new URL(model.url).host)
        if (attempt > model.retries) return this.#fail(trouble)
        voice.retry(attempt, model.retries, 20, trouble.status, trouble.retry)
        await delay(20)
        continue
      }
      const { broken, requestId } = answer
      if (broken !== null)
        return this.#fail({ text: `API Error: ${broken}`, retry: '', final: 'unknown', status: null, requestId })
      transcript.add({ role: 'assistant', content: answer.blocks })
      this.#stopReason = answer.stopReason
      this.#spent = sum(this.#spent, answer.spent)
      this.#ground.total = sum(this.#ground.total, answer.spent, answer.unreported)
      return answer
    }
  }

  async #listen(answer: Answer): Promise<void> {
    const { signal } = this.#aborted
    const { requestId, events, headers } = await this.#request(true)
    answer.requestId = requestId
    if (this.#ground.model.isSubscription) this.#ground.voice.limit(limitOf(headers, false))
    try {
      for await (const event of events) {
        signal.throwIfAborted()
        answer.take(event)
        if (event.type === 'content_block_delta') await this.#ground.mischief.at('delta')
      }
    } catch (error) {
      if (signal.aborted || answer.message === null) throw error
    }
    if (answer.isWhole || answer.broken !== null) return
    // The connection broke in the middle: the CLI asks for the whole in one piece.
    for await (const message of (await this.#request(false)).events) answer.takeWhole(message)
  }

  #request(stream: boolean): Promise<ModelAnswer> {
    const { model, transcript } = this.#ground
    const headers = { 'x-api-key': model.key ?? '', 'x-claude-code-session-id': transcript.session }
    const body = { model: model.name, max_tokens: 64_000, stream, messages: transcript.messages }
    return askModel(`${model.url}/v1/messages?beta=true`, headers, body, this.#aborted.signal)
  }

  async #begin(call: Call): Promise<Outcome | null> {
    const { bench, mischief } = this.#ground
    const { signal } = this.#aborted
    let { input } = call
    if (this.#ground.standsStill && !(await this.#leaves.point(call))) return null
    if (signal.aborted) return null
    if (needsLeave(call, bench)) {
      const asking = this.#leaves.ask(call)
      await mischief.at('asking')
      const leave = await asking
      if (signal.aborted) return null
      if ('refused' in leave) {
        if (leave.interrupts) this.#aborted.abort()
        return failure(call, leave.refused)
      }
      ;({ input } = leave)
    }
    const using = use({ ...call, input }, bench, signal)
    await mischief.at('tool')
    const outcome = await using
    return signal.aborted ? null : outcome
  }

  /** Waits for all tools of an answer, and tells what came of them. Gives whether the turn goes on. */
  async #finishTools(): Promise<boolean> {
    const { voice, transcript } = this.#ground
    const wanted = this.#wanted
    this.#wanted = []
    const content: Json[] = []
    for (const { call, outcome } of wanted) {
      const { block, told } = (await outcome) ?? failure(call, interruption, 'User rejected tool use')
      if (content.length === 0 && this.#aborted.signal.aborted && this.#leaves.wasWithdrawn) voice.state('running')
      this.#messages++
      content.push(block)
      voice.user(block, told)
    }
    transcript.add({ role: 'user', content })
    return !this.#aborted.signal.aborted
  }

  /** What was said meanwhile is for the turn at work, between two requests. */
  #takeIn(): void {
    const { voice, transcript, waiting } = this.#ground
    for (const { message, uuid } of waiting.splice(0)) {
      if (transcript.known.has(uuid)) continue
      voice.replay(message, uuid)
      const { content } = scanned([message['content']])
      const text = content.map((block) => (block['text'] as string | undefined) ?? '').join('\n')
      transcript.add({ role: 'system', content: `The user sent a new message while you were working:\n${text}` }, uuid)
    }
  }

  async #breakOffAnswer(answer: Answer): Promise<boolean> {
    answer.breakOff()
    if (answer.blocks.length > 0) this.#ground.transcript.add({ role: 'assistant', content: answer.blocks })
    if (this.#wanted.length === 0) return this.#breakOff('aborted_streaming')
    await this.#finishTools()
    return this.#breakOff('aborted_tools')
  }

  #breakOff(reason: 'aborted_streaming' | 'aborted_tools'): boolean {
    const { voice } = this.#ground
    const text = `[Request interrupted by user${reason === 'aborted_tools' ? ' for tool use' : ''}]`
    this.#messages++
    voice.user({ type: 'text', text })
    voice.aborted(reason, this.#ending())
    return false
  }

  #fail({ text, final, status, requestId }: ServiceTrouble): boolean {
    this.#acknowledge()
    this.#ground.voice.failure(text, final, requestId)
    this.#ground.voice.failed(text, status, this.#ending())
    return false
  }

  /** A quota is told with its refusal, and nothing is tried again. */
  #refused({ message, requestId, headers }: ModelRefusal): boolean {
    const limit = limitOf(headers, true)
    this.#ground.voice.limit(limit)
    const text = refusalText(limit, message)
    return this.#fail({ text, retry: '', final: 'rate_limit', status: 429, requestId })
  }

  async #succeed(text: string): Promise<boolean> {
    await this.#ground.mischief.at('result')
    this.#acknowledge()
    this.#ground.voice.success(text, this.#ending())
    return true
  }

  #ending(): Ending {
    return {
      turns: this.#messages,
      stopReason: this.#stopReason,
      spent: this.#spent,
      total: this.#ground.total,
      denials: this.#leaves.denials,
    }
  }
}
