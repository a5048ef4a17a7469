import type { RunEvent } from '../core/event.ts'
import type { RunId } from '../core/ids.ts'
import type { EndReader, Journal } from '../core/journal.ts'
import { retry, type RetryTools } from '../system/back-off.ts'
import { Rounds } from '../system/rounds.ts'
import type { EventBus } from './bus.ts'

export interface EndedRunsTools extends RetryTools {
  readonly journal: Journal
  readonly bus: EventBus
}

export interface EndedRunsReader {
  /** Whose list it is, for good: what is done with stands under this name. */
  readonly name: EndReader
  /** Events that may put a run on the list. */
  readonly after: readonly RunEvent['type'][]
  /** Works on some of them, oldest first, and takes each off by `done`. What throws is tried again from the list. */
  readonly work: (ended: readonly RunId[], done: (runs: readonly RunId[]) => Promise<void>) => Promise<void>
}

const atOnce = 50

/** Reads the runs that are over, from a list that holds each until its reader is done with it: a death loses none. */
export class EndedRuns {
  readonly #tools: EndedRunsTools
  readonly #reader: EndedRunsReader
  readonly #listening: Disposable
  readonly #rounds: Rounds

  constructor(tools: EndedRunsTools, reader: EndedRunsReader) {
    this.#tools = tools
    this.#reader = reader
    const { name, after } = reader
    this.#rounds = new Rounds({ ...tools, name, work: () => retry(tools, name, () => this.#read()) })
    this.#listening = tools.bus.subscribe(({ event }) => {
      if (after.includes(event.type)) this.wake()
    })
  }

  /** Looks whether a run has ended. */
  wake(): void {
    this.#rounds.wake()
  }

  /** Resolves when nothing is worked on any more. */
  async close(): Promise<void> {
    this.#listening[Symbol.dispose]()
    await this.#rounds.idle()
  }

  async #read(): Promise<void> {
    const { journal, signal } = this.#tools
    const { name, work } = this.#reader
    for (;;) {
      const ended = await journal.ended(name, atOnce)
      await work(ended, (runs) => journal.doneWith(name, runs))
      if (signal.aborted || ended.length < atOnce) return
    }
  }
}
