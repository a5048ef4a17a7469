import type { ServiceTrouble } from '../core/failure.ts'
import type { Hold, MachineHold } from '../core/quota.ts'
import { restedByHand, restsAt, type AccountState } from '../core/account.ts'
import { never } from '../core/budget.ts'
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
  const [window = '', family] = name.split(':').toReversed()
  const own = known[window] ?? `${plain(window.replaceAll('_', ' '), 40)} 한도`
  const those = family?.replaceAll('_', ' ')
  return those === undefined ? own : `${plain(those, 40)} ${own}`
}

export function quotaInKorean({ runtime, window }: Pick<Hold, 'runtime' | 'window'>): string {
  return window === null ? `${nameOf(runtime)} 사용 한도` : `${nameOf(runtime)}의 ${windowInKorean(window)}`
}

function fullInKorean({ runtime, window }: Pick<Hold, 'runtime' | 'window'>): string {
  if (window === restedByHand) return `owner가 ${nameOf(runtime)} 계정을 쉬게 했어요`
  return window === null
    ? `${nameOf(runtime)} 사용 한도에 도달했어요`
    : `${nameOf(runtime)}의 ${windowInKorean(window)}를 다 썼어요`
}

export function parkedInKorean(hold: Hold, held: Held | null): string {
  if (hold.machine !== undefined) return `⏸ ${awayInKorean(hold.machine)}${placeInKorean(held)}`
  if (hold.budget !== undefined)
    return `⏸ 예산을 다 썼어요. 이어 갈지는 owner가 정해요${byItself(hold, '제가 알아서 이어 갈게요')}`
  if (hold.service !== undefined)
    return `⏸ ${hold.service === 'login' ? '에이전트 로그인이 거부됐어요.' : servicesInKorean[hold.service]} ${moment(hold.until, 'R')}에 제가 알아서 이어 갈게요`
  if (hold.until === never)
    return `⏸ ${fullInKorean(hold)}. 다시 쓸 수 있게 되면 제가 알아서 이어 갈게요${placeInKorean(held)}`
  return `⏸ ${fullInKorean(hold)}. ${whenIn(hold)}에 제가 알아서 이어 갈게요${placeInKorean(held)}`
}

export function heldInKorean(held: Held): string {
  if (held.isBehind === true) return `이 세션의 앞선 요청을 기다려요. ${stoppedInKorean(held.hold)}`
  if (held.hold.machine !== undefined) return `${awayInKorean(held.hold.machine)}${placeInKorean(held)}`
  if (held.hold.budget !== undefined)
    return `예산을 다 썼어요. 시작할지는 owner가 정해요${byItself(held.hold, '저절로 시작해요')}${placeInKorean(held)}`
  if (held.hold.reserve !== undefined)
    return `${quotaInKorean(held.hold)} 중 남은 약 ${Math.round(held.hold.reserve.left * 100)} %는 덜 쓴 분들을 위해 남겨 두고 있어요. ${whenIn(held.hold)}쯤 저절로 시작해요${placeInKorean(held)}`
  if (held.hold.until === never)
    return `${fullInKorean(held.hold)}. 다시 쓸 수 있게 되면 저절로 시작해요${placeInKorean(held)}`
  return `${fullInKorean(held.hold)}. ${whenIn(held.hold)}에 저절로 시작해요${placeInKorean(held)}`
}

function stoppedInKorean(hold: Hold): string {
  if (hold.budget !== undefined)
    return `그 요청이 도중에 예산을 다 썼고, 이어 갈지는 owner가 정해요${byItself(hold, '저절로 이어 가요')}`
  if (hold.service !== undefined)
    return `${hold.service === 'login' ? '에이전트 로그인이 거부됐어요.' : servicesInKorean[hold.service]} ${moment(hold.until, 'R')}에 저절로 이어 가요`
  return `${fullInKorean(hold)}. ${hold.until === never ? '다시 쓸 수 있게 되면' : `${whenIn(hold)}에`} 저절로 이어 가요`
}

function awayInKorean({ id, why }: MachineHold): string {
  if (id === null)
    return '이 세션이 있던 컴퓨터에는 이제 에이전트가 없어요. `/session stop`으로 끝내고 새로 시작해 주세요'
  const name = `세션이 있는 컴퓨터 ${plain(id, 40)}`
  return why === 'gone'
    ? `${name}에 연결되지 않아요. 돌아오면 저절로 이어 가요`
    : `${name}에서는 지금 아무것도 새로 시작하지 않아요. owner가 \`/worker resume\`을 쓰면 이어 가요`
}

function byItself({ until }: Hold, words: string): string {
  return until === never ? '' : `. 그대로 두면 ${moment(until, 'R')}에 ${words}`
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
  const { runtime, account: name, windows, paid, ended } = account
  const whose = name === 'default' ? nameOf(runtime) : `${nameOf(runtime)} (${plain(name, 40)})`
  if (ended !== null) return `⚠ **${whose}** · 누군가 조치할 때까지 쓸 수 없어요: ${plain(ended.detail, 200)}`
  const full = restsAt(account, now).map((rest) => restInKorean(rest))
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

function restInKorean({ window, until }: Pick<Hold, 'window' | 'until'>): string {
  const end = until === never ? 'owner가 풀 때까지' : `${whenIn({ until, window })}까지`
  if (window === restedByHand) return `쉬는 중, ${end}`
  return `${window === null ? '한도' : windowInKorean(window)} 소진, ${whenIn({ until, window })}에 풀려요`
}
