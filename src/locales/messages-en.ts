import type { MessagePhrases } from '../core/message-phrases.ts'
import type { Place } from '../core/place.ts'
import { plain } from '../core/markdown.ts'

export const messagesInEnglish: MessagePhrases = {
  refusedInFile: () => 'I wrote an answer that Discord refused to show; here it is as a file.',
  refused: () => 'I wrote something here that Discord refused to show.',
  answerShutOut: (session, place, over) => {
    const state = over ? 'is ready' : 'is being written'
    return `Your answer from **${plain(session)}** ${state}; ${named(place)} is closed to me. I post it there as soon as I may.`
  },
  approvalShutOut: (session, place) =>
    `**${plain(session)}** needs an answer before it goes on; ${named(place)} is closed to me. I ask there as soon as I may.`,
  secretsHidden: (count) =>
    count === 1
      ? '⚠ One secret in this answer is hidden (•••).'
      : `⚠ ${count} secrets in this answer are hidden (•••).`,
  secretsFound: (place, kinds) =>
    `⚠ Something that looks like a secret (${kinds.join(', ')}) was about to be shown${place === null ? '' : ` in <#${place}>`}. ` +
    'I hid it. If it is real, an agent could read it: change it, and keep it out of the project. The operator’s page (`/page`) shows it to you.',
  secretsRevealed: (by, place, kinds) =>
    `@${plain(by, 60)} was shown on the operator's page what I hid in ${named(place)}: ${kinds.join(', ')}.`,
  putFirst: (by, speaker, place) =>
    `@${plain(by, 60)} put a prompt of @${plain(speaker, 60)} in ${named(place)} first in the queue.`,
  placeClosed: (place) => `${named(place)} is closed to me. What I have to say there waits until I may.`,
}

function named(place: Place): string {
  return place.kind === 'dm' ? 'a direct conversation' : `<#${place.id}>`
}
