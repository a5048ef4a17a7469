import { plain } from '../../core/markdown.ts'
import type { Letter, LetterKind } from '../../core/letter.ts'
import type { ChainLimits } from '../../core/chain.ts'

/** What a panel about a delegation says. */
export interface Asking {
  readonly letter: Letter
  /** Titles of the agents of both sessions. */
  readonly from: string
  readonly to: string
  /** Tokens that the chain has used. */
  readonly spent: number
  readonly limits: ChainLimits
  /** The requests before this one, oldest first. */
  readonly before: readonly Letter[]
}

/** What became of a delegation. */
export type LetterFate =
  | { readonly kind: 'approved'; readonly by: string; readonly lasting: boolean }
  | { readonly kind: 'denied'; readonly by: string | null; readonly reason: string }
  | { readonly kind: 'withdrawn' }

/** Discord takes 2,000 characters. */
const shownUpTo = 1_600

export const en = {
  commands: {},
  deeds: {
    'letter.consult': 'let an agent ask another one',
    'letter.delegate': 'let an agent hand work to another one',
    'letter.reply': 'let an agent answer another one',
    'letter.decide': 'consent to what agents hand each other',
  },
  buttons: { yes: 'Approve', pair: 'This pair, this chain', no: 'Deny…', change: 'Change…' },
  deny: { title: 'Deny', label: 'Why not', placeholder: 'The agent is told. May be left empty.' },
  change: {
    title: 'Change it',
    label: 'What should be different',
    placeholder: 'The agent is told, and may ask again.',
  },
  asking({ letter, from, to, spent, limits, before }: Asking): string {
    const path = before.map((each) => `${plain(each.from.name, 40)} → ${plain(each.to.name, 40)}`)
    const so = path.length === 0 ? '' : `\nso far: ${path.join(', ')}`
    return `**${plain(letter.from.name, 40)}** (${from}, for <@${letter.speaker.id}>) asks **${plain(letter.to.name, 40)}** (${to}) to take this over:\n${quoted(letter.text)}\n${letter.chain} · hop ${letter.hop} of ${limits.hops} · ${thousands(spent)} of ${thousands(limits.tokens)} tokens${so}`
  },
  until: (moment: string): string => `An owner or approver may answer · until ${moment}`,
  fate(fate: LetterFate): string {
    if (fate.kind === 'withdrawn') return '■ Taken back: the run that asked was stopped.'
    if (fate.kind === 'approved')
      return `✓ Approved by @${plain(fate.by, 64)}${fate.lasting ? ', for this pair in this chain' : ''}`
    if (fate.by === null) return '■ Nobody answered in time, so it is not done.'
    return `■ Denied by @${plain(fate.by, 64)}${fate.reason === '' ? '' : `: ${plain(fate.reason, 300)}`}`
  },
  notYours: 'Only owners and approvers may answer this, and not whoever it was asked for. Ask one of them.',
  over: 'This has been answered already, or is no more.',
  /** The line in the place where a letter arrives. */
  arrived: ({ kind, from, to, id, chain, text }: Letter): string =>
    `✉ **${plain(from.name, 40)}** ${does[kind]} **${plain(to.name, 40)}** · ${id} of ${chain}:\n${quoted(text)}`,
}

const does: Readonly<Record<LetterKind, string>> = {
  consult: 'asks',
  delegate: 'hands work to',
  reply: 'answers',
  report: 'reports to',
  notice: 'is not there for',
}

export const ko: typeof en = {
  commands: {},
  deeds: {
    'letter.consult': '에이전트가 다른 에이전트에게 묻게 하는 것',
    'letter.delegate': '에이전트가 다른 에이전트에게 일을 넘기게 하는 것',
    'letter.reply': '에이전트가 다른 에이전트에게 답하게 하는 것',
    'letter.decide': '에이전트끼리 일을 넘기는 데 동의하는 것',
  },
  buttons: { yes: '승인', pair: '이 체인의 이 둘은 모두', no: '거절…', change: '바꾸기…' },
  deny: { title: '거절', label: '이유', placeholder: '에이전트에게 전해져요. 비워 둬도 돼요.' },
  change: { title: '바꾸기', label: '무엇을 바꿀까요', placeholder: '에이전트에게 전해지고, 다시 물을 수 있어요.' },
  asking({ letter, from, to, spent, limits, before }) {
    const path = before.map((each) => `${plain(each.from.name, 40)} → ${plain(each.to.name, 40)}`)
    const so = path.length === 0 ? '' : `\n지금까지: ${path.join(', ')}`
    return `**${plain(letter.from.name, 40)}**(${from}, <@${letter.speaker.id}> 님의 요청)이 **${plain(letter.to.name, 40)}**(${to})에 이 일을 맡기려고 해요.\n${quoted(letter.text)}\n${letter.chain} · ${limits.hops}단계 중 ${letter.hop}단계 · 토큰 ${thousands(limits.tokens)} 중 ${thousands(spent)}${so}`
  },
  until: (moment) => `소유자나 승인자가 답할 수 있어요 · ${moment}까지`,
  fate(fate) {
    if (fate.kind === 'withdrawn') return '■ 요청한 실행이 멈춰서 거둬들였어요.'
    if (fate.kind === 'approved')
      return `✓ @${plain(fate.by, 64)} 님이 승인했어요${fate.lasting ? ' (이 체인의 이 둘은 모두)' : ''}`
    if (fate.by === null) return '■ 제때 답한 사람이 없어서 하지 않아요.'
    return `■ @${plain(fate.by, 64)} 님이 거절했어요${fate.reason === '' ? '' : `: ${plain(fate.reason, 300)}`}`
  },
  notYours: '소유자와 승인자만 답할 수 있고, 요청한 본인은 답할 수 없어요. 다른 분께 부탁해 주세요.',
  over: '이미 답했거나 더는 없는 요청이에요.',
  arrived: ({ kind, from, to, id, chain, text }) =>
    `✉ **${plain(from.name, 40)}** → **${plain(to.name, 40)}** · ${whatKo[kind]} · ${chain}의 ${id}\n${quoted(text)}`,
}

const whatKo: Readonly<Record<LetterKind, string>> = {
  consult: '질문',
  delegate: '맡기는 일',
  reply: '답',
  report: '결과 보고',
  notice: '알림',
}

/** Each line marked, as much as one message holds. */
function quoted(text: string): string {
  const cut = text.length > shownUpTo ? `${text.slice(0, shownUpTo).toWellFormed()}…` : text
  return cut
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n')
}

function thousands(tokens: number): string {
  return tokens < 1_000 ? String(tokens) : `${Math.round(tokens / 1_000)}k`
}
