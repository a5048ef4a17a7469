import type { ApprovalPhrases } from '../core/approval-phrases.ts'
import type { Ask, Fate } from '../core/ask.ts'
import { grantorIn } from '../core/consent.ts'
import { moment } from '../core/durations.ts'
import { authorityOf } from '../core/egress.ts'
import { exact } from '../core/figures.ts'
import { code, plain } from '../core/markdown.ts'
import { folder } from '../core/paths.ts'

/** The words around an approval, in English. `home` is the folder that paths are shown relative to. */
export function approvalsInEnglish(home: string | null): ApprovalPhrases {
  return {
    title: (ask, who) => `**${wants(ask)}**${object(ask)} for ${who}`,
    reason: (text) => plain(text, 250),
    where: (path) => `in ${folder(path, home)}`,
    hostHolds: 'Once: until this turn ends. Here: until the session ends.',
    risks: {
      network: '⚠ reaches the network',
      push: '⚠ publishes',
      outside: '⚠ touches what lies outside the folder',
      unconfined: '⚠ no sandbox holds it',
    },
    inFile: (file, length) => `All of it, ${exact(length)} characters, is in ${code(file)} below.`,
    unseen: '⚠ It holds characters that cannot be seen; they are written out as ⟨U+…⟩.',
    mayAnswer: (speaker) => (speaker === null ? 'An owner may answer' : `${speaker} or an owner may answer`),
    until: (at) => `until ${moment(at, 't')}`,
    chosen: (draft, { questions }) =>
      questions
        .flatMap(({ id, header, text }) => {
          const answers = draft[id] ?? []
          return answers.length === 0 ? [] : [`✓ ${plain(header || text, 40)}: ${list(answers, 80)}`]
        })
        .slice(0, 6)
        .join('\n'),
    fate,
    line: (ask, direct, speaker) =>
      `? ${plain(ask.runtime, 40)} needs an answer for ${speaker ?? named(ask.prompt.speaker.name)}, until ${moment(ask.expiresAt, 't')}. ` +
      (direct ? 'An owner was asked in a direct message.' : 'Whoever may answer can look at it here.'),
    lineOver: (over) => ended(over, false),
    reminder: (who, until) =>
      `${who === null ? 'This' : `${who}, this`} still needs an answer until ${moment(until, 't')}.`,
    expired: (ask) => `■ Nobody answered, so I told ${plain(ask.runtime, 40)} no. It goes on without it.`,
    audit: (ask) =>
      [
        fate(ask),
        `${plain(ask.runtime, 40)} · **${plain(ask.session.name)}** · for ${named(ask.prompt.speaker.name)} · ` +
          `${plain(ask.approval.action.tool, 60)} ${code(titleOf(ask), 300)}`,
        `run ${code(ask.run)} · input ${code(ask.inputHash)}`,
      ].join('\n'),
    standing: (grantor) => `approved for this session by ${named(grantor)}`,
    pointer: (url) => `? [It waits for an answer here](${url})`,
    buttons: {
      approve: 'Approve',
      approveForSession: 'Approve for this session',
      allowOnce: 'Allow once',
      allowHere: 'Allow here',
      deny: 'Deny…',
      goAhead: 'Go ahead',
      change: 'Change it…',
      other: (header) => (header === '' ? 'Other…' : `Other: ${header}…`),
      send: 'Send',
      decline: 'No answer…',
      look: 'Look',
      choose: (header) => (header === '' ? 'Choose' : header),
    },
  }
}

function wants({ runtime, approval }: Ask): string {
  const agent = plain(runtime, 40)
  const { subject, action } = approval
  switch (subject.kind) {
    case 'command':
      return `${agent} wants to run a command`
    case 'change':
      return `${agent} wants to change ${subject.changes.length === 1 ? 'a file' : `${exact(subject.changes.length)} files`}`
    case 'host':
      return `${agent} wants to reach`
    case 'tool':
      return `${agent} wants to use ${plain(action.tool, 60)}`
    case 'questions':
      return `${agent} has ${subject.questions.length === 1 ? 'a question' : `${exact(subject.questions.length)} questions`}`
    case 'plan':
      return `${agent} has a plan`
  }
}

/** What is not said in bold. */
function object({ approval: { subject } }: Ask): string {
  return subject.kind === 'host' ? ` ${code(authorityOf(subject))}` : ''
}

function fate({ fate, lasting, approval }: Ask): string {
  return fate.kind === 'answered' && fate.by !== null
    ? answered(fate.decision, fate.by, lasting, approval.subject.kind === 'plan')
    : ended(fate, true)
}

function answered(
  decision: Extract<Fate, { kind: 'answered' }>['decision'],
  by: string,
  lasting: boolean,
  isPlan: boolean,
): string {
  const grantor = grantorIn(by)
  const who = named(grantor ?? by)
  switch (decision.verdict) {
    case 'approve':
      if (grantor !== null) return `✓ Approved, as ${who} approved it for this session`
      return `✓ Approved${lasting ? ' for this session' : ''} by ${who}`
    case 'deny':
      return `■ ${isPlan ? 'Sent back' : 'Denied'} by ${who}: ${plain(decision.reason, 300)}`
    case 'reply':
      return `✓ Answered by ${who}: ${list(Object.values(decision.answers).flat(), 300)}`
  }
}

/** `who`: whether names may be said. */
function ended(fate: Fate, who: boolean): string {
  switch (fate.kind) {
    case 'open':
      return ''
    case 'answered':
      if (fate.by === null) return '■ Nobody answered in time, so the answer was no.'
      return `${fate.decision.verdict === 'deny' ? '■' : '✓'} It was answered by ${named(grantorIn(fate.by) ?? fate.by)}.`
    case 'withdrawn':
      return '■ The agent took this back; nobody needs to answer it any more.'
    case 'stopped':
      return `■ The run was stopped${who && fate.by !== null ? ` by ${named(fate.by)}` : ''} before anybody answered.`
    case 'lost':
      return '■ The agent was lost before anybody answered. If it still wants this, it asks again.'
    case 'ended':
      return '■ The run ended before anybody answered.'
  }
}

function titleOf({ approval }: Ask): string {
  const { subject, action } = approval
  if (subject.kind === 'command') return subject.command
  return action.title
}

function named(name: string): string {
  return `@${plain(name, 60)}`
}

function list(answers: readonly string[], limit: number): string {
  return plain(answers.join(', '), limit)
}
