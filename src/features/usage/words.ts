import type { WindowPart } from '../../core/account.ts'
import type { BudgetStanding } from '../../core/budget.ts'
import { moment } from '../../core/durations.ts'
import type { SpendForecast, WindowForecast } from '../../core/forecast.ts'
import { amountIn, money, short } from '../../core/figures.ts'
import { fitting } from '../../core/fitting.ts'
import { code, plain } from '../../core/markdown.ts'

/** By what the sums are told apart. */
export type UsageKey = 'person' | 'channel' | 'model' | 'day'

/** What was used of one thing. */
export interface UsageSum {
  /** '': a model that nobody told of, or the channels that whoever looks cannot see. */
  readonly name: string
  readonly tokens: number
  /** At list price, of all that has one; null: nothing has. */
  readonly costUsd: number | null
  /** Tokens without a price, and those that are an estimate. */
  readonly unpriced: number
  readonly estimated: number
}

/** What `/usage` shows. */
export interface UsageReport {
  /** What is known of the accounts, in lines. */
  readonly accounts: readonly string[]
  readonly sums: readonly UsageSum[]
  readonly by: UsageKey
  /** Days, today included. */
  readonly span: number
  /** Everybody's; false: only that of whoever asked. */
  readonly all: boolean
}

/** What `/forecast` shows: where things go at the pace until now. */
export interface ForecastReport {
  readonly windows: readonly (WindowForecast & { readonly title: string })[]
  /** What this month comes to, in dollars. Here and below, no forecast: the period is too young for one, or nothing was spent. */
  readonly month: { readonly spent: number; readonly forecast: SpendForecast | null }
  readonly limits: readonly { readonly standing: BudgetStanding; readonly forecast: SpendForecast | null }[]
  readonly all: boolean
}

export const en = {
  commands: {
    usage: {
      description: 'Show what the agents’ accounts have left, and what was used',
      options: {
        by: 'How the sums are told apart: by model unless you say so',
        days: 'Of how many days, today included',
      },
    },
    forecast: { description: 'Show when quotas and limits are used up at this pace', options: {} },
  },
  deeds: { usage: 'see what was used', 'usage.all': 'see what others used' },
  picture: (by: UsageKey): string => `A bar chart of the list above, by ${by}.`,
  forecast({ windows, month, limits, all }: ForecastReport): string {
    const lines = [
      ...windows.map(({ title, used, fullAt, resetsAt }) =>
        fullAt === null
          ? `› ${title}: ${percent(used)} used · at this pace it lasts until it begins anew ${moment(resetsAt, 'R')}`
          : `› ${title}: ${percent(used)} used · at this pace full on ${moment(fullAt, 'f')} (${moment(fullAt, 'R')}); it begins anew ${moment(resetsAt, 'R')}`,
      ),
      ...limits.filter(isBegun).map(({ standing, forecast }) => {
        const { budget, limit, spent } = standing
        const of = `${amountIn(budget.limit.unit, spent, englishTokens)} of ${amountIn(budget.limit.unit, limit, englishTokens)}`
        if (spent >= limit) return `› Limit ${budget.id}: ${of} · used up`
        const period = budget.span === 'month' ? 'this month' : 'today'
        if (forecast === null) return `› Limit ${budget.id}: ${of} · too early ${period} to say how long it lasts`
        const { reachedAt } = forecast
        const goes = reachedAt === null ? 'it lasts' : `used up ${moment(reachedAt, 'R')} (${moment(reachedAt, 'f')})`
        return `› Limit ${budget.id}: ${of} · at this pace ${goes}`
      }),
      ...(month.spent > 0
        ? [
            `› ${all ? 'Everybody' : 'You'} this month: ≈ ${money(month.spent)} · ${
              month.forecast === null
                ? 'too early to say what it comes to'
                : `at this pace ≈ ${money(month.forecast.atEnd)} by its end`
            }`,
          ]
        : []),
    ]
    if (lines.length === 0)
      return 'Nothing can be said yet: too little was used, or no account has told of its windows.'
    return fitting('**At this pace**', lines, (count) => `and ${count} more`)
  },
  /** `title`: `Claude's 5-hour window` */
  part({ own, each, people, until }: WindowPart, title: string): string {
    const kept = each > 0 ? ` · ${percent(each)} kept for each of ${people} people` : ''
    const waits = until === null ? '' : ` · the rest of it is for others until ${moment(until, 'R')}`
    return `› ${title}: about ${percent(own)} of it was yours${kept}${waits}`
  },
  usage({ accounts, sums, by, span, all }: UsageReport) {
    const when = span === 1 ? 'today' : `in the last ${span} days`
    const whose = all ? 'Used' : 'Used by you'
    const total = totalOf(sums)
    const head = [
      ...accounts,
      sums.length === 0 ? `${whose} ${when}: nothing.` : `**${whose} ${when}** · ${englishSum(total)}`,
    ].join('\n')
    const notes = [
      ...(total.costUsd === null
        ? []
        : ['Dollars are list prices, not what a subscription pays. Days are those of UTC.']),
      ...(total.unpriced > 0 ? [`${short(total.unpriced)} tokens are of models without a known price.`] : []),
      ...(total.estimated > 0
        ? [
            `${short(total.estimated)} tokens are of calls that were broken off: what they had been given is billed all the same.`,
          ]
        : []),
    ]
    const lines = sums.map((sum, at) => `${mark(by, at)} ${nameOf(by, sum.name, unnamed)} · ${englishSum(sum)}`)
    return [fitting(head, lines, (count) => `and ${count} more`), ...notes].join('\n')
  },
}

export const ko: typeof en = {
  commands: {
    usage: {
      description: '에이전트 계정에 남은 한도와 사용량을 보여 줘요',
      options: { by: '무엇으로 나누어 볼지 (비워 두면 모델별)', days: '오늘을 포함해 며칠 치를 볼지' },
    },
    forecast: { description: '이대로 가면 한도를 언제 다 쓰는지 보여 줘요', options: {} },
  },
  deeds: { usage: '사용량을 보는 것', 'usage.all': '다른 사람의 사용량을 보는 것' },
  picture: (by) =>
    `위 목록을 ${{ person: '사람', channel: '채널', model: '모델', day: '날짜' }[by]}별로 나타낸 막대그래프예요.`,
  forecast({ windows, month, limits, all }) {
    const lines = [
      ...windows.map(({ title, used, fullAt, resetsAt }) =>
        fullAt === null
          ? `› ${title}: ${percent(used)} 사용 · 이대로면 ${moment(resetsAt, 'R')} 새로 시작할 때까지 충분해요`
          : `› ${title}: ${percent(used)} 사용 · 이대로면 ${moment(fullAt, 'f')} (${moment(fullAt, 'R')})에 다 써요. 새로 시작하는 때는 ${moment(resetsAt, 'R')}`,
      ),
      ...limits.filter(isBegun).map(({ standing, forecast }) => {
        const { budget, limit, spent } = standing
        const of = `${amountIn(budget.limit.unit, limit, koreanTokens)} 중 ${amountIn(budget.limit.unit, spent, koreanTokens)}`
        if (spent >= limit) return `› 한도 ${budget.id}: ${of} 사용 · 다 썼어요`
        const period = budget.span === 'month' ? '이번 달은' : '오늘은'
        if (forecast === null)
          return `› 한도 ${budget.id}: ${of} 사용 · ${period} 아직 일러서 언제 다 쓸지 알 수 없어요`
        const { reachedAt } = forecast
        const goes = reachedAt === null ? '충분해요' : `${moment(reachedAt, 'f')} (${moment(reachedAt, 'R')})에 다 써요`
        return `› 한도 ${budget.id}: ${of} 사용 · 이대로면 ${goes}`
      }),
      ...(month.spent > 0
        ? [
            `› 이번 달 ${all ? '모두' : '나'}: 약 ${money(month.spent)} · ${
              month.forecast === null
                ? '월말에 얼마가 될지 말하기에는 아직 일러요'
                : `이대로면 월말에 약 ${money(month.forecast.atEnd)}`
            }`,
          ]
        : []),
    ]
    if (lines.length === 0)
      return '아직 말할 수 있는 것이 없어요. 쓴 양이 너무 적거나, 계정이 한도를 알려 준 적이 없어요.'
    return fitting('**이대로 가면**', lines, (count) => `그 밖에 ${count}개`)
  },
  part({ own, each, people, until }, title) {
    const kept = each > 0 ? ` · ${people}명에게 각각 ${percent(each)}씩 남겨 둬요` : ''
    const waits = until === null ? '' : ` · 남은 양은 ${moment(until, 'R')}까지 다른 분들 몫이에요`
    return `› ${title}: 약 ${percent(own)}를 직접 쓰셨어요${kept}${waits}`
  },
  usage({ accounts, sums, by, span, all }) {
    const when = span === 1 ? '오늘' : `최근 ${span}일 동안`
    const whose = all ? '' : ' 내가'
    const total = totalOf(sums)
    const head = [
      ...accounts,
      sums.length === 0 ? `${when}${whose} 쓴 것이 없어요.` : `**${when}${whose} 쓴 양** · ${koreanSum(total)}`,
    ].join('\n')
    const notes = [
      ...(total.costUsd === null
        ? []
        : ['금액은 정가 기준이고 구독에서 실제로 내는 돈이 아니에요. 날짜는 UTC 기준이에요.']),
      ...(total.unpriced > 0 ? [`토큰 ${short(total.unpriced)}개는 가격을 모르는 모델의 것이에요.`] : []),
      ...(total.estimated > 0
        ? [`토큰 ${short(total.estimated)}개는 중간에 끊긴 호출의 추정치예요. 입력은 그래도 청구돼요.`]
        : []),
    ]
    const lines = sums.map((sum, at) => `${mark(by, at)} ${nameOf(by, sum.name, unnamedKo)} · ${koreanSum(sum)}`)
    return [fitting(head, lines, (count) => `그 밖에 ${count}개`), ...notes].join('\n')
  },
}

/** Of a limit that nobody has used anything of, there is nothing to say. */
function isBegun({ standing }: ForecastReport['limits'][number]): boolean {
  return standing.spent > 0
}

/** The numbers stand under the chart's bars; days stand there themselves. */
function mark(by: UsageKey, at: number): string {
  return by === 'day' ? '›' : `${at + 1} ›`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function englishTokens(count: string): string {
  return `${count} tokens`
}

function koreanTokens(count: string): string {
  return `토큰 ${count}개`
}

function englishSum({ tokens, costUsd }: UsageSum): string {
  return [`${short(tokens)} tokens`, ...(costUsd === null ? [] : [`≈ ${money(costUsd)}`])].join(' · ')
}

function koreanSum({ tokens, costUsd }: UsageSum): string {
  return [`토큰 ${short(tokens)}개`, ...(costUsd === null ? [] : [`약 ${money(costUsd)}`])].join(' · ')
}

const unnamed = { model: 'not told', channel: 'in places that you cannot see' }
const unnamedKo: typeof unnamed = { model: '알 수 없음', channel: '볼 수 없는 곳' }

function nameOf(by: UsageKey, name: string, unknown: typeof unnamed): string {
  if (name === '') return by === 'channel' ? unknown.channel : unknown.model
  if (by === 'person') return `<@${name}>`
  if (by === 'channel') return `<#${name}>`
  return by === 'day' ? plain(name, 10) : code(name, 60)
}

function totalOf(sums: readonly UsageSum[]): UsageSum {
  const nothing: UsageSum = { name: '', tokens: 0, costUsd: null, unpriced: 0, estimated: 0 }
  return sums.reduce(
    (sum, each) => ({
      name: '',
      tokens: sum.tokens + each.tokens,
      costUsd: each.costUsd === null ? sum.costUsd : (sum.costUsd ?? 0) + each.costUsd,
      unpriced: sum.unpriced + each.unpriced,
      estimated: sum.estimated + each.estimated,
    }),
    nothing,
  )
}
