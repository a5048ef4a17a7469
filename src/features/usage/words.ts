import { money, short } from '../../core/figures.ts'
import { fitting } from '../../core/fitting.ts'
import { code, plain } from '../../core/markdown.ts'

/** By what the sums are told apart. */
export type UsageKey = 'person' | 'channel' | 'model' | 'day'

/** What was used of one thing. */
export interface UsageSum {
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

export const en = {
  commands: {
    usage: {
      description: 'Show what the agents’ accounts have left, and what was used',
      options: {
        by: 'How the sums are told apart: by model unless you say so',
        days: 'Of how many days, today included',
      },
    },
  },
  deeds: { usage: 'see what was used', 'usage.all': 'see what others used' },
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
    const lines = sums.map((sum) => `› ${nameOf(by, sum.name, 'not told')} · ${englishSum(sum)}`)
    return [fitting(head, lines, (count) => `and ${count} more`), ...notes].join('\n')
  },
}

export const ko: typeof en = {
  commands: {
    usage: {
      description: '에이전트 계정에 남은 한도와 사용량을 보여 줘요',
      options: { by: '무엇으로 나누어 볼지 (말하지 않으면 모델별)', days: '오늘을 포함해 며칠 치를 볼지' },
    },
  },
  deeds: { usage: '사용량을 보는 것', 'usage.all': '다른 사람의 사용량을 보는 것' },
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
    const lines = sums.map((sum) => `› ${nameOf(by, sum.name, '알 수 없음')} · ${koreanSum(sum)}`)
    return [fitting(head, lines, (count) => `그 밖에 ${count}개`), ...notes].join('\n')
  },
}

function englishSum({ tokens, costUsd }: UsageSum): string {
  return [`${short(tokens)} tokens`, ...(costUsd === null ? [] : [`≈ ${money(costUsd)}`])].join(' · ')
}

function koreanSum({ tokens, costUsd }: UsageSum): string {
  return [`토큰 ${short(tokens)}개`, ...(costUsd === null ? [] : [`약 ${money(costUsd)}`])].join(' · ')
}

function nameOf(by: UsageKey, name: string, unknown: string): string {
  if (name === '') return unknown
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
