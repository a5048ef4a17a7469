import type { Amount, Budget, BudgetHold, BudgetScope, BudgetSpan, BudgetStanding } from '../../core/budget.ts'
import { amountIn } from '../../core/figures.ts'
import { fitting } from '../../core/fitting.ts'
import { moment } from '../../core/durations.ts'
import { plain } from '../../core/markdown.ts'
import type { PersonId } from '../../core/ids.ts'

/** What became of a run that had used up a budget. */
export type BudgetFate =
  | { readonly kind: 'allowed'; readonly by: string }
  | { readonly kind: 'raised'; readonly by: string; readonly to: number }
  | { readonly kind: 'stopped'; readonly by: string }
  /** Nobody needed to decide: there is money again, or the run is over. */
  | { readonly kind: 'passed' }

/** What `/budget show` names: the limits that somebody's prompts count against, and others that whoever looks may see. */
export interface ShownBudgets {
  readonly standings: readonly BudgetStanding[]
  readonly others: readonly Budget[]
  /** How many are about places that do not exist for whoever looks. */
  readonly hidden: number
}

/** What people are asked. */
export interface BudgetQuestion {
  readonly hold: BudgetHold
  readonly session: string
  readonly speaker: PersonId
  /** When it goes on by itself; null: never. */
  readonly until: number | null
}

export const en = {
  groups: { budget: 'Limits on what agents may use' },
  commands: {
    'budget set': {
      description: 'Limit what agents may use: in dollars at list price, or in tokens',
      options: {
        limit: '$10, 200k tokens',
        each: 'What it is counted over: each run, chain of letters, day or month',
        person: 'Only this person’s prompts; everybody’s unless you name somebody',
        channel: 'Only prompts in this channel and its threads',
        role: 'Each person with this role, for themselves: @role',
      },
    },
    'budget show': {
      description: 'Show the limits that your prompts here count against, and what is left',
      options: { person: 'Somebody else’s; for owners' },
    },
    'budget remove': { description: 'Lift a limit', options: { budget: 'Which one: B1' } },
  },
  deeds: {
    'budget.set': 'set limits on what may be used',
    'budget.show': 'see their limits',
    'budget.all': 'see others’ limits',
    'budget.exceed': 'let a run exceed a limit',
    'budget.decide': 'answer when a limit is reached',
  },
  buttons: {
    once: 'Allow once',
    raise: {
      run: 'Raise for this run…',
      chain: 'Raise for this chain…',
      day: 'Raise today…',
      month: 'Raise this month…',
    } as Readonly<Record<BudgetSpan, string>>,
    stop: 'Stop',
  },
  raising: { title: 'Raise the limit', label: 'The new limit', placeholder: '$15, or 300k tokens' },
  badAmount: 'That is no amount. Write dollars like `$10` or `$2.50`, or tokens like `200k tokens`.',
  badRole: 'That is no role. Write it as `@role`, or give its id.',
  oneScope: 'Name a person, a channel or a role, but only one of them.',
  noChannel: 'Name a channel of this server.',
  notHigher: (hold: BudgetHold): string =>
    `The new limit has to be more than ${english(hold.unit, Math.max(hold.limit, hold.spent))}, and in the same unit.`,
  unknown: 'There is no such limit. `/budget show` names them.',
  set: (budget: Budget): string =>
    `Limit ${budget.id}: ${limitIn(budget)} ${whoseIn(budget.scope)}. When it is used up, runs wait where they are, and an owner is asked.${budget.limit.unit === 'usd' ? ' Dollars are list prices; tokens of models without a known price do not count.' : ''}`,
  removed: (id: string): string => `Limit ${id} is lifted.`,
  shown({ standings, others, hidden }: ShownBudgets, about: PersonId): string {
    if (standings.length + others.length + hidden === 0) return `No limit is set for <@${about}> here.`
    const lines = standings.map((each) => `› ${each.budget.id} · ${stands(each)}`)
    const rest = others.map((each) => `› ${each.id} · ${limitIn(each)} ${whoseIn(each.scope)}`)
    const head = `**Limits for <@${about}> here** · days and months are those of UTC`
    const unseen = hidden === 0 ? '' : `\n${hidden} more in places that you cannot see`
    return fitting(head, [...lines, ...rest], (count) => `and ${count} more`) + unseen
  },
  asking({ hold, session, speaker, until }: BudgetQuestion): string {
    const last = until === null ? '' : ` · it goes on by itself ${moment(until, 'R')}`
    return `⏸ **${plain(session, 40)}** has used up ${limitIn(asBudget(hold))} ${whoseIn(hold.scope)} (${english(hold.unit, hold.spent)} used), working for <@${speaker}>. It waits where it is.\nAn owner decides${last}`
  },
  fate(fate: BudgetFate, hold: BudgetHold): string {
    if (fate.kind === 'passed') return '■ Nobody has to decide any more.'
    const by = `@${plain(fate.by, 64)}`
    if (fate.kind === 'allowed') return `✓ ${by} lets this run exceed it`
    if (fate.kind === 'raised') return `✓ ${by} raised it to ${english(hold.unit, fate.to)} ${forNow[hold.span]}`
    return `■ Stopped by ${by}`
  },
  notYours: 'Only owners decide about limits. Ask one of them.',
  over: 'This has been decided already, or is no longer open. `/budget show` shows how it stands.',
  nearly: (standing: BudgetStanding): string =>
    `⚠ 80 % of ${limitIn(standing.budget)} ${whoseIn(standing.budget.scope)} is used: ${english(standing.budget.limit.unit, standing.spent)} of ${english(standing.budget.limit.unit, standing.limit)}. At the limit runs wait, and an owner is asked.`,
  nearlySomewhere: '⚠ 80 % of a limit that this counts against is used. `/budget show` says more.',
  unpriced: (budget: Budget): string =>
    `⚠ Limit ${budget.id} is in dollars, and this model has no known price: what it uses does not count. An owner can give its price (\`OMC_PRICES_JSON\`) or set a limit in tokens.`,
  audit: {
    asked: (hold: BudgetHold): string => `Limit ${hold.id}, ${limitIn(asBudget(hold))} ${whoseIn(hold.scope)}`,
    set: (budget: Budget): string =>
      `@${plain(budget.by, 64)} set limit ${budget.id}: ${limitIn(budget)} ${whoseIn(budget.scope)}`,
    removed: (id: string, by: string): string => `@${plain(by, 64)} lifted limit ${id}`,
  },
}

const forNow: Readonly<Record<BudgetSpan, string>> = {
  run: 'for this run',
  chain: 'for this chain',
  day: 'for today',
  month: 'for this month',
}
const spansEn: Readonly<Record<BudgetSpan, string>> = { run: 'a run', chain: 'a chain', day: 'a day', month: 'a month' }

export const ko: typeof en = {
  groups: { budget: '에이전트가 쓸 수 있는 한도' },
  commands: {
    'budget set': {
      description: '에이전트가 쓸 수 있는 한도를 정해요 (정가 기준 달러나 토큰)',
      options: {
        limit: '$10, 200k tokens',
        each: '무엇마다 셀지: 실행, 체인, 하루, 한 달',
        person: '이 사람의 요청만 (비워 두면 모두)',
        channel: '이 채널과 그 스레드의 요청만',
        role: '이 역할을 가진 사람마다 따로: @role',
      },
    },
    'budget show': {
      description: '여기서 보내는 요청에 걸린 한도와 남은 양을 보여 줘요',
      options: { person: '다른 사람의 것 (owner만)' },
    },
    'budget remove': { description: '한도를 없애요', options: { budget: '어느 것인지: B1' } },
  },
  deeds: {
    'budget.set': '사용 한도를 정하는 것',
    'budget.show': '자기 한도를 보는 것',
    'budget.all': '다른 사람의 한도를 보는 것',
    'budget.exceed': '한도를 넘도록 허락하는 것',
    'budget.decide': '한도에 이르렀을 때 답하는 것',
  },
  buttons: {
    once: '이번만 허락',
    raise: {
      run: '이 실행만 올리기…',
      chain: '이 체인만 올리기…',
      day: '오늘만 올리기…',
      month: '이번 달만 올리기…',
    },
    stop: '멈추기',
  },
  raising: { title: '한도 올리기', label: '새 한도', placeholder: '$15 또는 300k tokens' },
  badAmount: '금액이나 토큰 수로 읽을 수 없어요. `$10`, `$2.50`, `200k tokens`처럼 써 주세요.',
  badRole: '역할로 읽을 수 없어요. `@role`처럼 쓰거나 id를 넣어 주세요.',
  oneScope: '사람, 채널, 역할 가운데 하나만 골라 주세요.',
  noChannel: '이 서버의 채널을 골라 주세요.',
  notHigher: (hold) => `새 한도는 같은 단위로 ${korean(hold.unit, Math.max(hold.limit, hold.spent))}보다 커야 해요.`,
  unknown: '그런 한도가 없어요. `/budget show`에서 볼 수 있어요.',
  set: (budget) =>
    `한도 ${budget.id}: ${whoseKo(budget.scope)} ${limitKo(budget)}. 다 쓰면 실행은 그 자리에서 기다리고 owner에게 물어요.${budget.limit.unit === 'usd' ? ' 금액은 정가 기준이고, 가격을 모르는 모델의 토큰은 세지 않아요.' : ''}`,
  removed: (id) => `한도 ${id} 항목을 없앴어요.`,
  shown({ standings, others, hidden }, about) {
    if (standings.length + others.length + hidden === 0) return `여기서 <@${about}> 님에게 걸린 한도가 없어요.`
    const lines = standings.map((each) => `› ${each.budget.id} · ${standsKo(each)}`)
    const rest = others.map((each) => `› ${each.id} · ${whoseKo(each.scope)} ${limitKo(each)}`)
    const head = `**여기서 <@${about}> 님에게 걸린 한도** · 날짜와 달은 UTC 기준이에요`
    const unseen = hidden === 0 ? '' : `\n볼 수 없는 곳에 ${hidden}개 더`
    return fitting(head, [...lines, ...rest], (count) => `그 밖에 ${count}개`) + unseen
  },
  asking({ hold, session, speaker, until }) {
    const last = until === null ? '' : ` · 그대로 두면 ${moment(until, 'R')}에 저절로 이어 가요`
    return `⏸ <@${speaker}> 님의 요청을 하던 **${plain(session, 40)}** 세션이 ${whoseKo(hold.scope)} ${limitKo(asBudget(hold))} 한도를 다 썼어요 (${korean(hold.unit, hold.spent)} 사용). 그 자리에서 기다리고 있어요.\nowner가 정해요${last}`
  },
  fate(fate, hold) {
    if (fate.kind === 'passed') return '■ 이제 정하지 않아도 돼요.'
    const by = `@${plain(fate.by, 64)}`
    if (fate.kind === 'allowed') return `✓ ${by} 님이 이번 실행은 넘어도 된다고 했어요`
    if (fate.kind === 'raised') return `✓ ${by} 님이 ${forNowKo[hold.span]} ${korean(hold.unit, fate.to)}로 올렸어요`
    return `■ ${by} 님이 멈췄어요`
  },
  notYours: '한도는 owner만 정할 수 있어요. owner에게 부탁해 주세요.',
  over: '이미 정해졌거나 더는 없는 질문이에요. 지금 상태는 `/budget show`로 볼 수 있어요.',
  nearly: ({ budget, spent, limit }) =>
    `⚠ ${whoseKo(budget.scope)} ${limitKo(budget)} 한도의 80%를 썼어요: ${korean(budget.limit.unit, limit)} 중 ${korean(budget.limit.unit, spent)}. 다 쓰면 실행은 기다리고 owner에게 물어요.`,
  nearlySomewhere: '⚠ 여기에 걸린 한도의 80%를 썼어요. `/budget show`에서 볼 수 있어요.',
  unpriced: (budget) =>
    `⚠ 한도 ${budget.id} 항목은 달러 기준인데 이 모델은 가격을 몰라서 세지 못해요. owner가 가격을 알려 주거나(\`OMC_PRICES_JSON\`) 토큰 한도를 정할 수 있어요.`,
  audit: {
    asked: (hold) => `한도 ${hold.id}, ${whoseKo(hold.scope)} ${limitKo(asBudget(hold))}`,
    set: (budget) =>
      `@${plain(budget.by, 64)} 님이 한도를 정했어요. ${budget.id}: ${whoseKo(budget.scope)} ${limitKo(budget)}`,
    removed: (id, by) => `@${plain(by, 64)} 님이 한도 ${id} 항목을 없앴어요`,
  },
}

const forNowKo: Readonly<Record<BudgetSpan, string>> = {
  run: '이번 실행만',
  chain: '이번 체인만',
  day: '오늘만',
  month: '이번 달만',
}
const spansKo: Readonly<Record<BudgetSpan, string>> = {
  run: '실행마다',
  chain: '체인마다',
  day: '하루',
  month: '한 달',
}

/** `$10.00 a day` */
function limitIn({ limit, span }: Pick<Budget, 'limit' | 'span'>): string {
  return `**${english(limit.unit, limit.count)} ${spansEn[span]}**`
}

function limitKo({ limit, span }: Pick<Budget, 'limit' | 'span'>): string {
  return `**${spansKo[span]} ${korean(limit.unit, limit.count)}**`
}

function whoseIn(scope: BudgetScope): string {
  if (scope.kind === 'everyone') return 'for everybody together'
  if (scope.kind === 'person') return `for <@${scope.id}>`
  return scope.kind === 'channel' ? `in <#${scope.id}>` : `for each <@&${scope.id}>`
}

function whoseKo(scope: BudgetScope): string {
  if (scope.kind === 'everyone') return '모두 합쳐'
  if (scope.kind === 'person') return `<@${scope.id}> 님`
  return scope.kind === 'channel' ? `<#${scope.id}>에서` : `<@&${scope.id}>마다`
}

function stands({ budget, limit, spent, unpriced }: BudgetStanding): string {
  const raised = limit > budget.limit.count ? `, raised to ${english(budget.limit.unit, limit)}` : ''
  const blind = unpriced > 0 && budget.limit.unit === 'usd' ? ', and what has no known price' : ''
  return `${limitIn(budget)} ${whoseIn(budget.scope)}${raised}: ${english(budget.limit.unit, spent)} used${blind}`
}

function standsKo({ budget, limit, spent, unpriced }: BudgetStanding): string {
  const raised = limit > budget.limit.count ? ` (지금은 ${korean(budget.limit.unit, limit)})` : ''
  const blind = unpriced > 0 && budget.limit.unit === 'usd' ? ', 가격을 모르는 토큰은 빼고' : ''
  return `${whoseKo(budget.scope)} ${limitKo(budget)}${raised}: ${korean(budget.limit.unit, spent)} 썼어요${blind}`
}

/** A hold's limit is the one in force. */
function asBudget({ unit, limit, span }: BudgetHold): Pick<Budget, 'limit' | 'span'> {
  return { limit: { unit, count: limit }, span }
}

function english(unit: Amount['unit'], count: number): string {
  return amountIn(unit, count, (tokens) => `${tokens} tokens`)
}

function korean(unit: Amount['unit'], count: number): string {
  return amountIn(unit, count, (tokens) => `토큰 ${tokens}개`)
}
