import type { LetterKind } from '../core/letter.ts'

/** What a letter does, between the names of whom it is from and whom it is to. The page has them again, for a browser. */
export const letterVerbs: Readonly<Record<LetterKind, string>> = {
  consult: 'asks',
  delegate: 'hands work to',
  broadcast: 'tells',
  task: 'gives a task to',
  reply: 'answers',
  report: 'reports to',
  notice: 'is not available to',
}
