import type { ServiceTrouble } from '../core/failure.ts'
import type { Hold } from '../core/quota.ts'
import type { AccountState } from '../core/account.ts'
import type { Held } from '../core/chat.ts'
import { moment } from '../core/durations.ts'
import { plain } from '../core/markdown.ts'
import { nameOf, whenIn } from './quota-en.ts'

/** What is the matter with the model's service. */
export const servicesInKorean: Readonly<Record<ServiceTrouble, string>> = {
  overloaded: '모델 서비스에 요청이 몰리고 있어요.',
  failing: '모델 서비스에 문제가 있어요.',
  unreachable: '모델 서비스에 연결할 수 없어요.',
  slower: '모델 서비스가 요청을 천천히 보내 달라고 해요.',
}

function windowInKorean(name: string): string {
  const known: Readonly<Record<string, string>> = {
    five_hour: '5시간 한도',
    seven_day: '주간 한도',
    seven_day_opus: '주간 Opus 한도',
    seven_day_sonnet: '주간 Sonnet 한도',
    seven_day_overage_included: '추가 사용을 포함한 주간 한도',
    overage: '추가 사용 한도',
  }
  return known[name] ?? `${plain(name.replaceAll('_', ' '), 40)} 한도`
}

function fullInKorean({ runtime, window }: Pick<Hold, 'runtime' | 'window'>): string {
  return window === null
    ? `${nameOf(runtime)} 사용 한도에 도달했어요`
    : `${nameOf(runtime)}의 ${windowInKorean(window)}를 다 썼어요`
}

export function parkedInKorean(hold: Hold, held: Held | null): string {
  if (hold.service !== undefined)
    return `⏸ ${servicesInKorean[hold.service]} ${moment(hold.until, 'R')}에 제가 알아서 이어 갈게요`
  return `⏸ ${fullInKorean(hold)}. ${whenIn(hold)}에 제가 알아서 이어 갈게요${placeInKorean(held)}`
}

export function heldInKorean(held: Held): string {
  return `${fullInKorean(held.hold)}. ${whenIn(held.hold)}에 저절로 시작해요${placeInKorean(held)}`
}

export function quotaFullInKorean(until: number | null, because: string): string {
  const moments = until === null ? '' : ` ${moment(until, 'f')}(${moment(until, 'R')})에 풀려요.`
  return `에이전트 계정의 사용 한도를 다 썼어요${because}${moments} 그 뒤에 요청을 다시 보내 주세요.`
}

export function quotaEndedInKorean(because: string): string {
  return (
    `에이전트 계정으로는 더 이상 쓸 수 없어요${because} 기다려도 풀리지 않아요. owner가 크레딧을 사거나 요금제를 ` +
    '바꿔야 해요. 그 뒤에 다시 쓰면 거기서부터 이어서 해요.'
  )
}

export function accountInKorean(account: AccountState, now: number): string {
  const { runtime, account: name, windows, paid, rests, ended } = account
  const whose = name === 'default' ? nameOf(runtime) : `${nameOf(runtime)} (${plain(name, 40)})`
  if (ended !== null) return `⚠ **${whose}** · 누군가 조치할 때까지 쓸 수 없어요: ${plain(ended.detail, 200)}`
  const full = rests
    .filter(({ until }) => until > now)
    .map((rest) => `${rest.window === null ? '한도' : windowInKorean(rest.window)} 소진, ${whenIn(rest)}에 풀려요`)
  if (full.length > 0) return `⏸ **${whose}** · ${full.join(' · ')}`
  const open = windows
    .filter(({ used, resetsAt }) => used !== null && (resetsAt === null || resetsAt > now))
    .map(({ name: window, used, resetsAt }) => {
      const anew = resetsAt === null ? '' : `, ${moment(resetsAt, 'R')} 초기화`
      return `${windowInKorean(window)} ${Math.round((used ?? 0) * 100)}% 사용${anew}`
    })
  const more = paid ? ['유료 추가 사용 중'] : []
  return `**${whose}** · ${[...(open.length === 0 ? ['한도를 아직 몰라요'] : open), ...more].join(' · ')}`
}

function placeInKorean(held: Held | null): string {
  return held === null || held.of < 2 ? '' : ` (${held.of}개 중 ${held.place}번째)`
}
