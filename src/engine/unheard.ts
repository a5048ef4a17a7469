import type { Asked, Request } from '../core/desk.ts'
import { messageOf } from '../core/failure.ts'
import type { RunId } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import type { EventBus } from './bus.ts'
import { owedWords } from './intents.ts'
import { retry, type RetryTools } from '../system/back-off.ts'
import { Mutex } from '../system/mutex.ts'

export interface UnheardTools extends RetryTools {
  readonly journal: Journal
  readonly bus: EventBus
  ask(request: Request): Promise<Asked>
}

/** What was said longer ago than this is not brought up again. */
const owedForMs = 86_400_000

/** Sees to it that a word which no CLI took becomes a prompt of who said it, whoever died in between. */
export class UnheardWords {
  readonly #tools: UnheardTools
  /** Runs with words of which it is not known yet what comes of them. */
  readonly #runs = new Set<RunId>()
  readonly #order = new Mutex()
  readonly #listening: Disposable

  constructor(tools: UnheardTools) {
    this.#tools = tools
    this.#listening = tools.bus.subscribe(({ run, event }) => {
      if (event.type === 'steered' && !event.heard) this.#runs.add(run)
      else if (this.#runs.has(run) && mayOwe.has(event.type)) this.#look(run)
    })
  }

  /** Goes on with words that an earlier life left. Call when the live runs are taken over. */
  async resume(): Promise<void> {
    const { journal, clock } = this.#tools
    const since = clock.now() - owedForMs
    for (const run of await retry(this.#tools, 'words', () => journal.unheard(since))) {
      this.#runs.add(run)
      this.#look(run)
    }
  }

  /** Resolves when nothing is being asked any more. */
  async close(): Promise<void> {
    this.#listening[Symbol.dispose]()
    await this.#order.idle()
  }

  #look(run: RunId): void {
    const { log, signal } = this.#tools
    this.#order
      .run(() => this.#settle(run))
      .catch((error: unknown) => {
        if (!signal.aborted) log.error({ run, error: messageOf(error) }, 'words.failed')
      })
  }

  async #settle(run: RunId): Promise<void> {
    const { journal, log } = this.#tools
    const open = await retry(this.#tools, 'words', () => journal.run(run))
    const isOver = open === null || open.state === 'over'
    const entries = await retry(this.#tools, 'words', () => journal.read(run))
    for (const { steer, speaker, place } of owedWords(entries, isOver)) {
      const { key, text } = steer
      const request = { key, place, speaker, text, message: null }
      // One that has become a prompt already is not asked a second time.
      const asked = await retry(this.#tools, 'words', () => this.#tools.ask(request))
      log.info({ run, key, kind: asked.kind }, 'steer.became-prompt')
    }
    if (isOver) this.#runs.delete(run)
  }
}

/** After these a word may have to become a prompt. */
const mayOwe: ReadonlySet<string> = new Set([
  'declined',
  'finished',
  'stopped',
  'refused',
  'lost',
  'forgotten',
  'parked',
])
