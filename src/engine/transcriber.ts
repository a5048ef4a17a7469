import type { Checkpoint } from '../core/checkpoint.ts'
import type { RunId } from '../core/ids.ts'
import { lineOf, type Transcripts } from '../core/transcript.ts'
import type { Vault } from '../core/vault.ts'
import { viewOf } from '../core/view.ts'
import { EndedRuns, type EndedRunsTools } from './ended-runs.ts'

export interface TranscriberTools extends EndedRunsTools {
  readonly vault: Vault
  readonly transcripts: Transcripts
  readonly checkpoint: Checkpoint
}

/**
 * Writes every run that is over into the transcript of its session, once, in the order in which they ended. They
 * stand on a list until they are written, so a run that ended while nobody wrote is written later; a death between the
 * line and its end on the list is found out by the transcript itself (`Transcripts.append`).
 */
export class Transcriber {
  readonly #tools: TranscriberTools
  readonly #ended: EndedRuns

  constructor(tools: TranscriberTools) {
    this.#tools = tools
    this.#ended = new EndedRuns(tools, {
      name: 'transcripts',
      after: ['finished', 'stopped', 'refused', 'lost', 'forgotten', 'parked'],
      work: async (ended, done) => {
        for (const run of ended) {
          if (tools.signal.aborted) return
          await this.#write(run)
          await done([run])
        }
      },
    })
  }

  /** Looks whether something has ended that is not written yet. */
  wake(): void {
    this.#ended.wake()
  }

  /** Resolves when nothing is being written any more. */
  close(): Promise<void> {
    return this.#ended.close()
  }

  async #write(run: RunId): Promise<void> {
    const { journal, vault, transcripts, checkpoint } = this.#tools
    const view = viewOf(await journal.read(run))
    const session = view === null ? null : await vault.session(view.prompt.session)
    if (view === null || session === null) return
    await transcripts.append(session.key, lineOf(view, session.name))
    checkpoint('transcribed')
  }
}
