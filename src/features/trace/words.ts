import { moment } from '../../core/durations.ts'
import { plain } from '../../core/markdown.ts'
import type { LetterKind, LetterState } from '../../core/letter.ts'
import { letterVerbs } from '../../locales/letter-verbs.ts'

/** One letter of a chain as it is drawn. */
export interface TraceLine {
  /** How many requests it lies below. */
  readonly depth: number
  readonly id: string
  readonly kind: LetterKind
  readonly state: LetterState
  readonly from: string
  readonly to: string
  readonly at: number
  /** What its run has used; null: it has not begun. */
  readonly tokens: number | null
  readonly costUsd: number | null
  readonly consent: string | null
}

/** A chain as one person may see it. */
export interface Trace {
  readonly id: string
  readonly speaker: string
  readonly session: string
  readonly at: number
  readonly lines: readonly TraceLine[]
  /** Letters between places that the reader cannot see. */
  readonly hidden: number
  readonly tokens: number
  readonly budget: number
}

/** Discord takes 2,000 characters; the file holds it all. */
const shownUpTo = 1_700

export const en = {
  commands: {
    'show-trace': {
      description: 'Show what agents wrote to each other for one prompt',
      options: { chain: 'Its name, for example C7KX2PQ4' },
    },
  },
  deeds: { trace: 'see what agents write to each other' },
  unknown: (id: string): string =>
    `There is no chain called ${plain(id, 40)} that you can see. Its name stands on its letters and tasks.`,
  trace(trace: Trace): string {
    const { id, session, speaker, at, lines, hidden, tokens, budget } = trace
    const head = `**${id}** · from **${plain(session, 40)}** for @${plain(speaker, 64)} · ${moment(at, 'R')} · ${tokens} of ${budget} tokens`
    const drawn = lines.map((line) => lineOf(line, states, letterVerbs))
    return cut([head, ...drawn, ...(hidden === 0 ? [] : [`and ${hidden} in places that you cannot see`])])
  },
}

export const ko: typeof en = {
  commands: {
    'show-trace': {
      description: '한 요청으로 에이전트끼리 주고받은 편지를 보여 줘요',
      options: { chain: '체인 이름, 예를 들어 C7KX2PQ4' },
    },
  },
  deeds: { trace: '에이전트끼리 주고받은 편지를 보는 것' },
  unknown: (id) => `볼 수 있는 체인 중에 그런 이름이 없어요: ${plain(id, 40)}. 이름은 편지와 과제에 적혀 있어요.`,
  trace(trace) {
    const { id, session, speaker, at, lines, hidden, tokens, budget } = trace
    const head = `**${id}** · **${plain(session, 40)}**에서 @${plain(speaker, 64)} 님의 요청으로 시작 · ${moment(at, 'R')} · 토큰 ${budget} 중 ${tokens}`
    const drawn = lines.map((line) => lineOf(line, koStates, koKinds))
    return cut([head, ...drawn, ...(hidden === 0 ? [] : [`볼 수 없는 곳의 편지 ${hidden}통이 더 있어요`])])
  },
}

const states: Readonly<Record<LetterState, string>> = {
  asked: '? waits for consent',
  waiting: '⏸ on its way',
  delivered: '● at work',
  closed: '✓ done',
  denied: '■ denied',
  withdrawn: '■ taken back',
}
const koKinds: Readonly<Record<LetterKind, string>> = {
  consult: '질문 →',
  delegate: '맡김 →',
  broadcast: '모두에게 →',
  task: '과제 →',
  reply: '답 →',
  report: '보고 →',
  notice: '알림 →',
}
const koStates: Readonly<Record<LetterState, string>> = {
  asked: '? 동의를 기다림',
  waiting: '⏸ 가는 중',
  delivered: '● 작업 중',
  closed: '✓ 끝남',
  denied: '■ 거절됨',
  withdrawn: '■ 거둬들임',
}

function lineOf(line: TraceLine, state: typeof states, kind: typeof letterVerbs): string {
  const used =
    line.tokens === null ? '' : ` · ${line.tokens} tok${line.costUsd === null ? '' : ` · $${line.costUsd.toFixed(2)}`}`
  const by = line.consent === null ? '' : ` · @${plain(line.consent, 64)}`
  const names = `**${plain(line.from, 40)}** ${kind[line.kind]} **${plain(line.to, 40)}**`
  return `${'⠀⠀'.repeat(line.depth)}› ${names} · ${state[line.state]}${used}${by} · ${line.id}`
}

/** Whole lines, as many as one message holds. */
function cut(lines: readonly string[]): string {
  let text = ''
  for (const line of lines) {
    if (text.length + line.length > shownUpTo) return `${text}\n…`
    text += text === '' ? line : `\n${line}`
  }
  return text
}
