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

/** The words around an approval, in polite Korean. `home` is the folder that paths are shown relative to. */
export function approvalsInKorean(home: string | null): ApprovalPhrases {
  return {
    title: (ask, who) => `**${wants(ask)}** (${who} 님의 요청)`,
    reason: (text) => plain(text, 250),
    where: (path) => `위치: ${folder(path, home)}`,
    runs: (files) => `지금 내용 그대로일 때만 승인돼요: ${paths(files)}`,
    changed: (files) => `⚠ 그 뒤로 바뀌어서 다시 물어봐요: ${paths(files)}`,
    hostHolds: '이번만: 이 턴이 끝날 때까지. 여기서: 세션이 끝날 때까지.',
    risks: {
      network: '⚠ 네트워크에 접속해요',
      push: '⚠ 외부에 게시해요',
      outside: '⚠ 작업 폴더 밖을 건드려요',
      unconfined: '⚠ 샌드박스로 막혀 있지 않아요',
      obeyed: '⚠ 나중에 다른 프로그램이 따르는 파일을 써요',
    },
    inFile: (file, length) => `전체 ${exact(length)}자는 아래 ${code(file)} 파일에 있어요.`,
    unseen: '⚠ 눈에 보이지 않는 문자가 들어 있어서 ⟨U+…⟩로 적었어요.',
    mayAnswer: (speaker, until) => `${speaker ? '요청한 분이나 ' : ''}owner가 ${moment(until, 't')}까지 답할 수 있어요`,
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
      `? ${speaker ?? named(ask.prompt.speaker.name)} 님의 요청으로 ${plain(ask.runtime, 40)} 에이전트가 ${moment(ask.expiresAt, 't')}까지 답을 기다려요. ` +
      (direct ? 'owner에게 DM으로 물어봤어요.' : `${own ? '요청한 분이나 ' : ''}owner가 여기에서 보고 답할 수 있어요.`),
    lineOver: (over) => ended(over, false),
    reminder: (who, until) => `${who === null ? '' : `${who} 님, `}${moment(until, 't')}까지 답을 기다리고 있어요.`,
    expired: (ask) => `■ 답이 없어서 ${plain(ask.runtime, 40)} 에이전트에게 안 된다고 전했어요. 이것 없이 이어서 해요.`,
    audit: (ask) =>
      [
        fate(ask),
        `${plain(ask.runtime, 40)} · **${plain(ask.session.name)}** · ${named(ask.prompt.speaker.name)} 님의 요청 · ` +
          `${plain(toolName(ask.approval.action.tool, 'ko'), 60)} ${code(titleOf(ask), 300)}`,
        `run ${code(ask.run)} · input ${code(ask.inputHash)}`,
      ].join('\n'),
    standing: (grantor) => `${named(grantor)} 님이 이 세션 동안 승인`,
    pointer: (url) => `? [여기에서 답을 기다려요](${url})`,
    many: {
      title: (runtime, count, who) =>
        `**${plain(runtime, 40)} 에이전트가 ${exact(count)}가지를 물어봐요** (${who} 님의 요청)`,
      item: (ask) => item(ask),
      owners: 'owner만 답할 수 있어요',
      more: (count) => `답하면 ${exact(count)}개가 더 올라와요.`,
      tally: (asks) => tally(asks),
      inFile: (file, open) =>
        `전체 내용은 아래 ${code(file)} 파일에 있어요.${open ? ' 하나를 고르면 따로 볼 수 있어요.' : ''}`,
      line: (ask, count, until, direct, speaker) =>
        `? ${speaker ?? named(ask.prompt.speaker.name)} 님의 요청으로 ${plain(ask.runtime, 40)} 에이전트가 ${moment(until, 't')}까지 답 ${exact(count)}개를 기다려요. ` +
        (direct ? 'owner에게 DM으로 물어봤어요.' : '답할 수 있는 분은 여기에서 볼 수 있어요.'),
      lineOver: (count) => `✓ ${exact(count)}개 모두 답했어요.`,
      expired: (runtime, count) =>
        `■ ${exact(count)}개는 답이 없어서 ${plain(runtime, 40)} 에이전트에게 안 된다고 전했어요. 그것 없이 이어서 해요.`,
      approve: (count) => `${exact(count)}개 모두 승인`,
      deny: (count) => `${exact(count)}개 모두 거절…`,
      look: '하나 보기',
    },
    buttons: {
      approve: '승인',
      approveForSession: '이 세션 동안 승인',
      allowOnce: '이번만 허용',
      allowHere: '여기서 허용',
      deny: '거절…',
      goAhead: '진행',
      change: '고치기…',
      other: (header) => (header === '' ? '직접 입력…' : `직접 입력: ${header}…`),
      send: '보내기',
      decline: '답하지 않기…',
      look: '보기',
      choose: (header) => (header === '' ? '골라 주세요' : header),
    },
  }
}

function wants({ runtime, approval }: Ask): string {
  const agent = `${plain(runtime, 40)} 에이전트가`
  const { subject, action } = approval
  switch (subject.kind) {
    case 'command':
      return `${agent} 명령을 실행하려고 해요`
    case 'change':
      return `${agent} 파일 ${exact(subject.changes.length)}개를 바꾸려고 해요`
    case 'host':
      return `${agent} ${code(authorityOf(subject))}에 접속하려고 해요`
    case 'tool':
      return `${agent} ${plain(toolName(action.tool, 'ko'), 60)} 도구를 쓰려고 해요`
    case 'questions':
      return `${agent} ${exact(subject.questions.length)}가지를 물어봐요`
    case 'plan':
      return `${agent} 계획을 세웠어요`
  }
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
  const who = `${named(grantor ?? by)} 님이`
  switch (decision.verdict) {
    case 'approve':
      if (grantor !== null) return `✓ ${who} 이 세션 동안 승인해 두어서 승인했어요`
      return `✓ ${who} ${lasting ? '이 세션 동안 ' : ''}승인했어요`
    case 'deny':
      return `■ ${who} ${isPlan ? '돌려보냈어요' : '거절했어요'}: ${plain(decision.reason, 300)}`
    case 'reply':
      return `✓ ${who} 답했어요: ${list(Object.values(decision.answers).flat(), 300)}`
  }
}

/** `who`: whether names may be said. */
function ended(fate: Fate, who: boolean): string {
  switch (fate.kind) {
    case 'open':
      return ''
    case 'answered':
      if (fate.by === null) return '■ 제때 답이 없어서 거절한 것으로 했어요.'
      return `${fate.decision.verdict === 'deny' ? '■' : '✓'} ${named(grantorIn(fate.by) ?? fate.by)} 님이 답했어요.`
    case 'withdrawn':
      return '■ 에이전트가 질문을 거두어서 이제 답하지 않아도 돼요.'
    case 'stopped':
      return `■ 답하기 전에 ${who && fate.by !== null ? `${named(fate.by)} 님이 ` : ''}작업을 멈췄어요.`
    case 'lost':
      return '■ 답하기 전에 에이전트 프로세스가 끝났어요. 아직 필요하면 다시 물어볼 거예요.'
    case 'ended':
      return '■ 답하기 전에 작업이 끝났어요.'
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
  const tool = plain(toolName(action.tool, 'ko'), 40)
  const what =
    subject.kind === 'host' ? `접속 ${code(authorityOf(subject), 80)}` : `${tool} ${code(titleOf(ask), 80)}`.trim()
  return [what, ...risks.map((risk) => shortRisks[risk])].join(' ')
}

const shortRisks: Readonly<Record<Risk, string>> = {
  network: '⚠ 네트워크',
  push: '⚠ 외부 게시',
  outside: '⚠ 폴더 밖',
  unconfined: '⚠ 샌드박스 없음',
  obeyed: '⚠ 설정 파일',
}

function tally(asks: readonly Ask[]): string {
  const counts = new Map<string, number>()
  for (const { fate } of asks) {
    if (fate.kind === 'open') continue
    const word = tallied(fate)
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return [...counts].map(([word, count]) => `${word} ${exact(count)}개`).join(' · ')
}

function tallied(fate: Exclude<Fate, { kind: 'open' }>): string {
  if (fate.kind === 'stopped') return `■ ${fate.by === null ? '' : `${named(fate.by)} 님이 `}멈춤`
  if (fate.kind !== 'answered') return fate.kind === 'withdrawn' ? '■ 거둠' : '■ 사라짐'
  if (fate.by === null) return '■ 제때 답이 없음'
  const who = named(grantorIn(fate.by) ?? fate.by)
  return fate.decision.verdict === 'deny' ? `■ ${who} 님이 거절` : `✓ ${who} 님이 승인`
}

function named(name: string): string {
  return `@${plain(name, 60)}`
}

function paths(files: readonly string[]): string {
  const shown = files.slice(0, 4).map((path) => code(path, 60))
  return shown.join(', ') + (files.length > 4 ? ` 외 ${exact(files.length - 4)}개` : '')
}

function list(answers: readonly string[], limit: number): string {
  return plain(answers.join(', '), limit)
}
