import type { PlaceId } from './ids.ts'
import type { Place } from './place.ts'

/** What is said where a message could not stand as it was meant to. */
export interface MessagePhrases {
  /** Discord refused a message: its words are in a file beside this. */
  refusedInFile(): string
  /** Discord refused the file, too. */
  refused(): string
  /** To the speaker, direct: the place takes nothing of ours. `over`: the answer is ready. */
  answerShutOut(session: string, place: Place, over: boolean): string
  approvalShutOut(session: string, place: Place): string
  /** Under an answer: so many secrets in it are blotted out. */
  secretsHidden(count: number): string
  /** To an owner, direct: secrets were about to be shown. `place` null: nobody knows where; `kinds`: English names. */
  secretsFound(place: PlaceId | null, kinds: readonly string[]): string
  /** In the audit channel: an owner was shown what was hidden in a run of that place. */
  secretsRevealed(by: string, place: Place, kinds: readonly string[]): string
  /** In the audit channel: a waiting prompt of somebody was put first. */
  putFirst(by: string, speaker: string, place: Place): string
  /** The same to an owner, when it concerns nobody else. */
  placeClosed(place: Place): string
}
