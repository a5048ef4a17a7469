import type { Finding } from './finding.ts'

/**
 * Where the package is wrong about Discord, or Discord's description about itself. Nothing else is let through: one
 * entry, one reason, one source.
 */
export interface Defect {
  id: string
  reason: string
  source: string
  /** whether a finding is only this defect showing */
  explains(finding: Finding): boolean
}

const asked = (finding: Finding, path: RegExp) => finding.part === 'request' && path.test(finding.at)

export const DEFECTS: readonly Defect[] = [
  {
    id: 'permission-strings',
    reason: 'Requests carry permission bits as strings of digits; the description says integer.',
    source: 'discord/discord-api-spec issue 11; Discord documentation, "Permissions are serialized as strings"',
    explains: (finding) =>
      asked(finding, /(^|\.)(default_member_permissions|permissions|allow|deny)$/) && /^"\d+"$/.test(finding.value),
  },
  {
    id: 'error-code-strings',
    reason: 'The code in errors.*._errors[] is a string such as BASE_TYPE_MAX_LENGTH; the description says integer.',
    source: 'Discord documentation, Reference, "Error Messages"',
    explains: (finding) => finding.part === 'response' && finding.status >= 400 && /^errors(\.|$)/.test(finding.at),
  },
  {
    id: 'rate-limit-code',
    reason: 'The body of a 429 has `code` only for some limits; the description requires it.',
    source: 'Discord documentation, Rate Limits, "Rate Limit Response Structure" (code?)',
    explains: (finding) => finding.part === 'response' && finding.status === 429 && finding.at === 'code',
  },
  {
    id: 'forum-first-message',
    reason: 'A new forum thread comes with its first message nested; the description leaves it out.',
    source: 'Discord documentation, Channel, "Start Thread in Forum or Media Channel"',
    explains: (finding) =>
      finding.where === 'POST /channels/{channel_id}/threads' && finding.message === 'unknown keys message',
  },
  {
    id: 'forward-reference',
    reason: 'A forward refers to its message with type 1; the description knows type 0 alone.',
    source: 'Discord documentation, Message, "Message Reference Types" (FORWARD)',
    explains: (finding) => /(^|\.)message_reference\.type$/.test(finding.at) && finding.value === '1',
  },
]
