import type { Found } from './finding.ts'
import type { StoreTrouble } from './health.ts'

/** What is said about what comes in. Part of the phrases. */
export interface InboxPhrases {
  /** The bot died after it had begun to work on a command; this is its answer now. */
  restarted(answer: string): string
  /** The answer came when Discord took none any more. `file`: one went with it, which cannot be brought here. */
  late(answer: string, file: boolean): string
  /** More has come in than can be kept in memory while the store takes nothing. */
  full(): string
  /** To the owner: nothing can be kept. */
  storeTrouble(trouble: StoreTrouble): string
  /** To an owner: what keeps everybody from using the bot. */
  nobodyCan(found: Found): string
  /** To the same: it is over. `text`: how it is now, or what it was; `all`: nothing else of the kind stands. */
  canAgain(text: string, all: boolean): string
  /** In the operators' channel: something has to be mended. */
  alert(found: Found): string
  /** There, too: it is over. `text`: how it is now, or what it was. */
  alertOver(text: string): string
  /** To who edited a message whose prompt is at work already. */
  editedLate(): string
  /** It was tried again and again, and failed inside. */
  failed(): string
}
