import type { Checkpoint } from '../core/checkpoint.ts'
import { messageOf } from '../core/failure.ts'
import type { Journal } from '../core/journal.ts'
import { lineOf, type Transcripts } from '../core/transcript.ts'
import type { Vault } from '../core/vault.ts'
import { viewOf } from '../core/view.ts'
import type { EventBus } from './bus.ts'
import { retry, type RetryTools } from '../system/back-off.ts'

export interface TranscriberTools extends RetryTools {
  readonly journal: Journal
  readonly vault: Vault
  readonly transcripts: Transcripts
  readonly bus: EventBus
  readonly checkpoint: Checkpoint
}

/** Its mark in the journal. */
const reader = 'transcripts'
const atOnce = 50

/**
 * Writes every run that is over into the transcript of its session, once, in the order in which they ended. It reads
 * the journal behind a mark of its own, so a run that ended while nobody wrote is written later; a death between the
 * line and the mark is found out by the transcript itself (`Transcripts.append`).
 */
export class Transcriber {
  readonly #tools: TranscriberTools
  readonly #listening: Disposable
  #round: Promise<void> | null = null
  #again = false

  constructor(tools: TranscriberTools) {
    this.#tools = tools
    this.#listening = tools.bus.subscribe(({ event }) => {
      const mayEnd = ['finished', 'stopped', 'refused', 'lost', 'forgotten', 'parked'].includes(event.type)
      if (mayEnd) this.wake()
    })
  }

  /** Looks whether something has ended that is not written yet. */
  wake(): void {
    if (this.#tools.signal.aborted) return
    this.#again = true
    this.#round ??= this.#rounds()
  }

  /** Resolves when nothing is being written any more. */
  async close(): Promise<void> {
    this.#listening[Symbol.dispose]()
    await this.#round
  }

  async #rounds(): Promise<void> {
    try {
      while (this.#again && !this.#tools.signal.aborted) {
        this.#again = false
        await retry(this.#tools, 'transcript', () => this.#write())
      }
    } catch (error) {
      // Let go, or a row that cannot be read: the mark stays before it, and the rest of the bot is unharmed.
      if (!this.#tools.signal.aborted) this.#tools.log.error({ error: messageOf(error) }, 'transcript.failed')
    } finally {
      this.#round = null
    }
  }

  async #write(): Promise<void> {
    const { journal, vault, transcripts, checkpoint, signal } = this.#tools
    for (;;) {
      const ended = await journal.endedAfter(await vault.reached(reader), atOnce)
      for (const { run, ended: seq } of ended) {
        if (signal.aborted) return
        const view = viewOf(await journal.read(run))
        const session = view === null ? null : await vault.session(view.prompt.session)
        if (view !== null && session !== null) {
          await transcripts.append(session.key, lineOf(view, session.name))
          checkpoint('transcribed')
        }
        await vault.reach(reader, seq)
      }
      if (ended.length < atOnce) return
    }
  }
}
