import { inOneLine } from '../core/finding.ts'
import type { InboxPhrases } from '../core/inbox-phrases.ts'
import { plain } from '../core/markdown.ts'

/** What comes in, in English. */
export const englishInbox: InboxPhrases = {
  restarted: (answer) => `I was restarted in the middle of this. As it stands now: ${answer}`,
  late: (answer, file) => (file ? `${answer}\nThe file could not be sent any more: use the command again.` : answer),
  full: () =>
    '⚠ I cannot keep anything more right now: my storage accepts nothing, and a lot is waiting. Send it again later.',
  storeTrouble: ({ message }) =>
    `⚠ I cannot save anything right now: ${plain(message, 500)}\nWhat people write is held in memory for as long as I run, and I ` +
    'go on by myself as soon as it works again. Do not stop me before that; `/health` shows how it is.',
  nobodyCan: (found) =>
    `⚠ Nobody can use me as it is: ${plain(inOneLine(found), 900)}\nI check again every few minutes; \`/health\` shows how it is.`,
  canAgain: (text, all) =>
    all
      ? `✓ I can be used again. ${plain(text, 900)}`
      : `✓ ${plain(text, 900)}\nSomething else still keeps me from working; \`/health\` says what.`,
  alert: (found) =>
    `⚠ ${plain(inOneLine(found), 900)}${found.stopsAll === true ? '\nUntil then nobody can use me.' : ''}`,
  alertOver: (text) => `✓ ${plain(text, 900)}`,
  editedLate: () =>
    'I had begun when you edited this, so I go on with what it said before. Write what changed, or tell the agent at once ' +
    'with `/steer`.',
  failed: () =>
    '⚠ Something went wrong on my side with this message. Send it again; an operator finds more in the log.',
}
