import { moment } from '../../core/durations.ts'
import type { Freeze } from '../../core/freeze.ts'
import { plain } from '../../core/markdown.ts'
import { counted } from '../../core/plural.ts'

/** What was at work when everything was stopped. */
export interface Ran {
  readonly session: string
  readonly place: string
  readonly by: string
  readonly text: string
}

/** So many are written out. */
const shownUpTo = 15

export const en = {
  commands: {
    panic: {
      description: 'Stop every agent at once; nothing begins until an owner lifts it',
      options: { lift: 'Let everything go on' },
    },
  },
  deeds: { panic: 'bring everything to a stop' },
  lift: 'Let everything go on',
  /** `count`: of all that ran; `ran`: what of it the reader is told of. */
  frozen({ by, at }: Freeze, ran: readonly Ran[], count: number): string {
    return [
      `⛔ **Everything stands still**, since ${moment(at, 't')}, by @${plain(by, 60)}. Nothing begins until an owner presses ` +
        'the button below or uses `/panic lift:true`. What waits keeps its place; what is written meanwhile waits as well.',
      count === 0 ? 'Nothing was at work.' : `Stopped: ${counted(count, 'run')}`,
      ...listed(ran),
      ...(ran.length === 0 || ran.length === count ? [] : [`and ${count - ran.length} in places that you cannot see`]),
    ].join('\n')
  },
  frozenBy: ({ by }: Freeze): string =>
    `⛔ @${plain(by, 60)} brought everything to a stop. \`/panic lift:true\` lets it go on.`,
  lifted: (by: string): string => `▶ Everything goes on, by @${plain(by, 60)}. What waited begins in its order.`,
  nothingStands: 'Nothing stands still, so there is nothing to lift.',
  anotherStands: ({ by, at }: Freeze): string =>
    `That standstill is over. Another one began ${moment(at, 'R')}, by @${plain(by, 60)}: \`/panic lift:true\` lifts it.`,
}

export const ko: typeof en = {
  commands: {
    panic: {
      description: '모든 에이전트를 바로 멈춰요. owner가 풀 때까지 아무것도 시작하지 않아요',
      options: { lift: '모두 다시 진행하기' },
    },
  },
  deeds: { panic: '모든 것을 멈추는 것' },
  lift: '모두 다시 진행하기',
  frozen({ by, at }, ran, count) {
    return [
      `⛔ **모두 멈췄어요.** ${moment(at, 't')}, @${plain(by, 60)} 님이 멈췄어요. owner가 아래 버튼을 누르거나 ` +
        '`/panic lift:true`를 쓸 때까지 아무것도 시작하지 않아요. 기다리던 요청은 순서를 지키고, 그동안 쓴 메시지도 기다려요.',
      count === 0 ? '진행 중인 작업은 없었어요.' : `멈춘 작업: ${count}개`,
      ...listed(ran),
      ...(ran.length === 0 || ran.length === count ? [] : [`볼 수 없는 곳에서 ${count - ran.length}개 더`]),
    ].join('\n')
  },
  frozenBy: ({ by }) => `⛔ @${plain(by, 60)} 님이 모두 멈췄어요. \`/panic lift:true\`로 다시 진행할 수 있어요.`,
  lifted: (by) => `▶ @${plain(by, 60)} 님이 다시 진행하게 했어요. 기다리던 요청이 순서대로 시작돼요.`,
  nothingStands: '멈춰 있는 것이 없어서 풀 것도 없어요.',
  anotherStands: ({ by, at }) =>
    `그 멈춤은 끝났어요. ${moment(at, 'R')} @${plain(by, 60)} 님이 다시 멈췄어요. \`/panic lift:true\`로 풀 수 있어요.`,
}

function listed(ran: readonly Ran[]): readonly string[] {
  const lines = ran.map(
    ({ session, place, by, text }) => `- **${plain(session, 40)}** <#${place}> · @${plain(by, 40)}: ${plain(text, 60)}`,
  )
  const rest = lines.length - shownUpTo
  return rest > 0 ? [...lines.slice(0, shownUpTo), `- +${rest}`] : lines
}
