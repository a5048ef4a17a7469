import type { EpochMs } from './clock.ts'
import type { RunId, SessionKey } from './ids.ts'
import { letterText } from './letter.ts'
import type { RunView } from './view.ts'
import { textOf } from './view.ts'

/** One turn as it is written down: who, when, what was asked, what came of it. */
export interface TranscriptLine {
  readonly run: RunId
  readonly session: string
  readonly asked: EpochMs
  readonly ended: EpochMs | null
  readonly by: { readonly id: string; readonly name: string }
  readonly text: string
  readonly attachments: readonly string[]
  readonly steers: readonly { readonly by: string; readonly text: string }[]
  readonly answer: string
  readonly tools: readonly { readonly tool: string; readonly title: string; readonly phase: string }[]
  readonly stopped: { readonly by: string | null } | null
  /** `done`, `stopped`, `failed` or `refused`, with what is known of it. */
  readonly outcome: object
}

/**
 * What was said in each place, for people to keep: one line of JSON a turn, only ever added to.
 * The journal is the truth; this is written from it.
 */
export interface Transcripts {
  /**
   * Adds a turn. The same one again (a crash hid that it was written), as long as no other came after it in that place,
   * adds nothing. Durable when resolved; rejects when it could not be written, and may be called again then.
   */
  append(key: SessionKey, line: TranscriptLine): Promise<void>
  /** The latest turns of a place, whole ones, at most so many bytes; null: there are none. `cut`: there was more. */
  read(key: SessionKey, most: number): Promise<{ readonly text: string; readonly cut: boolean } | null>
}

/** A run that is over as a turn. */
export function lineOf(view: RunView, session: string): TranscriptLine {
  const { prompt } = view
  return {
    run: view.id,
    session,
    asked: view.askedAt,
    ended: view.endedAt,
    by: { id: prompt.speaker.id, name: prompt.speaker.name },
    text: prompt.letter === undefined ? prompt.text : letterText(prompt.letter, prompt.text),
    attachments: prompt.attachments.map(({ name }) => name),
    steers: view.steers.map(({ by, text }) => ({ by, text })),
    answer: textOf(view),
    tools: view.steps.map(({ action, phase }) => ({ tool: action.tool, title: action.title, phase })),
    stopped: view.stopped,
    outcome: view.refusal === null ? (view.outcome ?? { kind: 'stopped' }) : { kind: 'refused', refusal: view.refusal },
  }
}
