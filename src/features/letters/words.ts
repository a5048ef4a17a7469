import { cut, plain } from '../../core/markdown.ts'
import { literal, quoted } from '../../core/visible.ts'
import type { Letter, LetterKind } from '../../core/letter.ts'
import type { ChainLimits } from '../../core/chain.ts'
import type { SessionId } from '../../core/ids.ts'
import { letterVerbs } from '../../locales/letter-verbs.ts'

/** What a panel about a delegation says. */
export interface Asking {
  readonly letter: Letter
  /** Titles of the agents of both sessions. */
  readonly from: string
  readonly to: string
  /** All sessions that are asked for at once. */
  readonly names: readonly string[]
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

/**
 * Who wrote to whom before, as much as there is room for beside a letter: what the session that writes it had to do with.
 * The others are counted, since they may be where its readers cannot see; `/show-trace` names them to whoever can.
 */
function pathOf(before: readonly Letter[], here: SessionId, elsewhere: (count: number) => string): string {
  const own = before.filter(({ from, to }) => from.session === here || to.session === here)
  const rest = before.length - own.length
  const steps = own.map(({ from, to }) => `${plain(from.name, 24)} → ${plain(to.name, 24)}`)
  return cut([...(rest === 0 ? [] : [elsewhere(rest)]), ...steps].join(', '), 250)
}

export const en = {
  commands: {},
  deeds: {
    'letter.consult': 'let an agent ask another one',
    'letter.delegate': 'let an agent hand work to another one',
    'letter.reply': 'let an agent answer another one',
    'letter.broadcast': 'let an agent tell all others something',
    'letter.decide': 'consent to what agents hand each other',
  },
  buttons: { yes: 'Approve', pair: 'This pair, this chain', no: 'Deny…', change: 'Change…' },
  deny: { title: 'Deny', label: 'Why not', placeholder: 'The agent is told. May be left empty.' },
  change: {
    title: 'Change it',
    label: 'What should be different',
    placeholder: 'The agent is told, and may ask again.',
  },
  asking({ letter, from, to, names, spent, limits, before }: Asking): string {
    const so =
      before.length === 0 ? '' : `\nso far: ${pathOf(before, letter.from.session, (count) => `${count} elsewhere`)}`
    const what =
      letter.kind === 'broadcast'
        ? `wants to tell ${listed(names)}:`
        : `asks **${plain(letter.to.name, 40)}** (${to}) to take this over:`
    return `**${plain(letter.from.name, 40)}** (${from}, for <@${letter.speaker.id}>) ${what}\n${quoted(literal(letter.text))}\n${letter.chain} · hop ${letter.hop} of ${limits.hops} · ${thousands(spent)} of ${thousands(limits.tokens)} tokens${so}`
  },
  until: (moment: string): string => `An owner or approver may answer · until ${moment}`,
  fate(fate: LetterFate): string {
    if (fate.kind === 'withdrawn') return '■ Taken back: the run that asked was stopped.'
    if (fate.kind === 'approved')
      return `✓ Approved by @${plain(fate.by, 64)}${fate.lasting ? ', for this pair in this chain' : ''}`
    if (fate.by === null) return '■ Nobody answered in time, so nothing was sent.'
    return `■ Denied by @${plain(fate.by, 64)}${fate.reason === '' ? '' : `: ${plain(fate.reason, 300)}`}`
  },
  notYours: 'Only owners and approvers may answer this, and not whoever it was asked for. Ask one of them.',
  over: 'This was answered already, or is no longer open. `/show-trace` shows what became of it.',
  /** The line in the place where a letter arrives. */
  arrived: ({ kind, from, to, id, chain, text }: Letter): string =>
    `✉ **${plain(from.name, 40)}** ${letterVerbs[kind]} **${plain(to.name, 40)}** · ${id} of ${chain}:\n${cut(quoted(text), shownUpTo)}`,
}

export const ko: typeof en = {
  commands: {},
  deeds: {
    'letter.consult': '에이전트가 다른 에이전트에게 묻게 하는 것',
    'letter.delegate': '에이전트가 다른 에이전트에게 일을 넘기게 하는 것',
    'letter.reply': '에이전트가 다른 에이전트에게 답하게 하는 것',
    'letter.broadcast': '에이전트가 다른 모든 에이전트에게 알리게 하는 것',
    'letter.decide': '에이전트끼리 일을 넘기는 데 동의하는 것',
  },
  buttons: { yes: '승인', pair: '이 체인의 이 둘은 모두', no: '거절…', change: '바꾸기…' },
  deny: { title: '거절', label: '이유', placeholder: '에이전트에게 전해져요. 비워 둬도 돼요.' },
  change: { title: '바꾸기', label: '무엇을 바꿀까요', placeholder: '에이전트에게 전해지고, 다시 물을 수 있어요.' },
  asking({ letter, from, to, names, spent, limits, before }) {
    const so =
      before.length === 0 ? '' : `\n지금까지: ${pathOf(before, letter.from.session, (count) => `다른 곳 ${count}건`)}`
    const what =
      letter.kind === 'broadcast'
        ? `이 ${listed(names)}에 알리려고 해요.`
        : `이 **${plain(letter.to.name, 40)}**(${to})에 이 일을 맡기려고 해요.`
    return `**${plain(letter.from.name, 40)}**(${from}, <@${letter.speaker.id}> 님의 요청)${what}\n${quoted(literal(letter.text))}\n${letter.chain} · ${limits.hops}단계 중 ${letter.hop}단계 · 토큰 ${thousands(limits.tokens)} 중 ${thousands(spent)}${so}`
  },
  until: (moment) => `owner나 승인자가 답할 수 있어요 · ${moment}까지`,
  fate(fate) {
    if (fate.kind === 'withdrawn') return '■ 요청한 작업이 멈춰서 취소했어요.'
    if (fate.kind === 'approved')
      return `✓ @${plain(fate.by, 64)} 님이 승인했어요${fate.lasting ? ' (이 체인의 이 둘은 모두)' : ''}`
    if (fate.by === null) return '■ 제때 답한 사람이 없어서 보내지 않았어요.'
    return `■ @${plain(fate.by, 64)} 님이 거절했어요${fate.reason === '' ? '' : `: ${plain(fate.reason, 300)}`}`
  },
  notYours: 'owner와 승인자만 답할 수 있고, 요청한 본인은 답할 수 없어요. 다른 분께 부탁해 주세요.',
  over: '이미 답했거나 더는 없는 요청이에요. 어떻게 됐는지는 `/show-trace`로 볼 수 있어요.',
  arrived: ({ kind, from, to, id, chain, text }) =>
    `✉ **${plain(from.name, 40)}** → **${plain(to.name, 40)}** · ${whatKo[kind]} · ${chain}의 ${id}\n${cut(quoted(text), shownUpTo)}`,
}

const whatKo: Readonly<Record<LetterKind, string>> = {
  consult: '질문',
  delegate: '맡기는 일',
  broadcast: '모두에게 알림',
  task: '과제',
  reply: '답',
  report: '결과 보고',
  notice: '알림',
}

function thousands(tokens: number): string {
  return tokens < 1_000 ? String(tokens) : `${Math.round(tokens / 1_000)}k`
}

/** Names of sessions, all of them: people consent to each. */
function listed(names: readonly string[]): string {
  return names.map((name) => `**${plain(name, 24)}**`).join(', ')
}
