import type { ApprovalPhrases } from '../core/approval-phrases.ts'
import type { Risk } from '../core/approval.ts'
import type { Ask, Fate } from '../core/ask.ts'
import { grantorIn } from '../core/consent.ts'
import { moment } from '../core/durations.ts'
import { authorityOf } from '../core/egress.ts'
import { exact } from '../core/figures.ts'
import { code, plain } from '../core/markdown.ts'
import { folder } from '../core/paths.ts'
import { toolName } from './tool-names.ts'

/** The words around an approval, in English. `home` is the folder that paths are shown relative to. */
export function approvalsInEnglish(home: string | null): ApprovalPhrases {
  return {
    title: (ask, who) => `**${wants(ask)}**${object(ask)} for ${who}`,
    reason: (text) => plain(text, 250),
    where: (path) => `in ${folder(path, home)}`,
    runs: (files) => `Holds for ${paths(files)} as it stands now.`,
    changed: (files) => `⚠ Asked again, because this has changed since: ${paths(files)}.`,
    hostHolds: 'Once: until this turn ends. Here: until the session ends.',
    risks: {
      network: '⚠ reaches the network',
      push: '⚠ publishes',
      outside: '⚠ touches what lies outside the folder',
      unconfined: '⚠ no sandbox holds it',
      obeyed: '⚠ writes what other programs obey later',
    },
    inFile: (file, length) => `All of it, ${exact(length)} characters, is in ${code(file)} below.`,
    unseen: '⚠ It holds characters that cannot be seen; they are written out as ⟨U+…⟩.',
    mayAnswer: (speaker, until) =>
      `${speaker ? 'they or an owner' : 'an owner'} may answer until ${moment(until, 't')}`,
    chosen: (draft, { questions }) =>
      questions
        .flatMap(({ id, header, text }) => {
          const answers = draft[id] ?? []
          return answers.length === 0 ? [] : [`✓ ${plain(header || text, 40)}: ${list(answers, 80)}`]
        })
        .slice(0, 6)
        .join('\n'),
    fate,
    line: (ask, direct, speaker, own) =>
      `? ${plain(ask.runtime, 40)} needs an answer for ${speaker ?? named(ask.prompt.speaker.name)}, until ${moment(ask.expiresAt, 't')}. ` +
      (direct
        ? 'An owner was asked in a direct message.'
        : `${own ? 'They or an owner' : 'An owner'} can look at it here and answer.`),
    lineOver: (over) => ended(over, false),
    reminder: (who, until) =>
      `${who === null ? 'This' : `${who}, this`} still needs an answer until ${moment(until, 't')}.`,
    expired: (ask) => `■ Nobody answered, so I told ${plain(ask.runtime, 40)} no. It goes on without it.`,
    audit: (ask) =>
      [
        fate(ask),
        `${plain(ask.runtime, 40)} · **${plain(ask.session.name)}** · for ${named(ask.prompt.speaker.name)} · ` +
          `${plain(toolName(ask.approval.action.tool, 'en'), 60)} ${code(titleOf(ask), 300)}`,
        `run ${code(ask.run)} · input ${code(ask.inputHash)}`,
      ].join('\n'),
    standing: (grantor) => `approved for this session by ${named(grantor)}`,
    pointer: (url) => `? [It waits for an answer here](${url})`,
    many: {
      title: (runtime, count, who) => `**${plain(runtime, 40)} asks for ${exact(count)} things** for ${who}`,
      item: (ask) => item(ask),
      owners: "an owner's to answer",
      more: (count) => `${exact(count)} more come up as these are answered.`,
      tally: (asks) => tally(asks),
      inFile: (file, open) =>
        `All of it, whole, is in ${code(file)} below.${open ? ' Choose one to see it by itself.' : ''}`,
      line: (ask, count, until, direct, speaker) =>
        `? ${plain(ask.runtime, 40)} needs ${exact(count)} answers for ${speaker ?? named(ask.prompt.speaker.name)}, until ${moment(until, 't')}. ` +
        (direct ? 'An owner was asked in a direct message.' : 'Whoever may answer can look at them here.'),
      lineOver: (count) => `✓ All ${exact(count)} were answered.`,
      expired: (runtime, count) =>
        `■ Nobody answered ${exact(count)} of these, so I told ${plain(runtime, 40)} no. It goes on without them.`,
      approve: (count) => `Approve these ${exact(count)}`,
      deny: (count) => `Deny these ${exact(count)}…`,
      look: 'Look at one',
    },
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
      return `${agent} wants to use ${plain(toolName(action.tool, 'en'), 60)}`
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
      return "■ The agent's process ended before anybody answered. It asks again if it still wants this."
    case 'ended':
      return '■ The run ended before anybody answered.'
  }
}

function titleOf({ approval }: Ask): string {
  const { subject, action } = approval
  if (subject.kind === 'command') return subject.command
  return action.title
}

/** One of a list: what it is, and what makes it risky. */
function item(ask: Ask): string {
  const { subject, action, risks } = ask.approval
  const tool = plain(toolName(action.tool, 'en'), 40)
  const what =
    subject.kind === 'host' ? `Reach ${code(authorityOf(subject), 80)}` : `${tool} ${code(titleOf(ask), 80)}`.trim()
  return [what, ...risks.map((risk) => shortRisks[risk])].join(' ')
}

const shortRisks: Readonly<Record<Risk, string>> = {
  network: '⚠ network',
  push: '⚠ publishes',
  outside: '⚠ outside',
  unconfined: '⚠ no sandbox',
  obeyed: '⚠ obeyed later',
}

function tally(asks: readonly Ask[]): string {
  const counts = new Map<string, number>()
  for (const { fate } of asks) {
    if (fate.kind === 'open') continue
    const word = tallied(fate)
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return [...counts].map(([word, count]) => `${word.slice(0, 1)} ${exact(count)} ${word.slice(2)}`).join(' · ')
}

function tallied(fate: Exclude<Fate, { kind: 'open' }>): string {
  if (fate.kind === 'stopped') return `■ stopped${fate.by === null ? '' : ` by ${named(fate.by)}`}`
  if (fate.kind !== 'answered') return fate.kind === 'withdrawn' ? '■ taken back' : '■ lost'
  if (fate.by === null) return '■ not answered in time'
  const grantor = grantorIn(fate.by)
  const verdict = fate.decision.verdict === 'deny' ? '■ denied' : '✓ approved'
  return `${verdict} by ${named(grantor ?? fate.by)}`
}

function named(name: string): string {
  return `@${plain(name, 60)}`
}

function paths(files: readonly string[]): string {
  const shown = files.slice(0, 4).map((path) => code(path, 60))
  return shown.join(', ') + (files.length > 4 ? ` and ${exact(files.length - 4)} more` : '')
}

function list(answers: readonly string[], limit: number): string {
  return plain(answers.join(', '), limit)
}
