import { inOneLine } from '../core/finding.ts'
import type { InboxPhrases } from '../core/inbox-phrases.ts'
import { plain } from '../core/markdown.ts'

/** What comes in, in English. */
export const englishInbox: InboxPhrases = {
  restarted: (answer) => `I was restarted in the middle of this. As it stands now: ${answer}`,
  late: (answer, file) => (file ? `${answer}\nThe file could not be sent any more: use the command again.` : answer),
  full: () =>
    '⚠ I cannot keep anything more right now: my own store takes nothing, and much is waiting. Send it again later.',
  storeTrouble: ({ message }) =>
    `⚠ I can keep nothing right now: ${plain(message, 500)}\nWhat people write is held in memory for as long as I run, and I ` +
    'go on by myself as soon as it works again. Do not end me before; `/health` says how it stands.',
  nobodyCan: (found) =>
    `⚠ Nobody can use me as it is: ${plain(inOneLine(found), 900)}\nI look again every few minutes; \`/health\` says how it stands.`,
  failed: () =>
    '⚠ Something went wrong on my side with this message. Send it again; an operator finds more in the log.',
}
