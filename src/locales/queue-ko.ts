import type { LinePlace } from '../core/chat.ts'
import type { QueuePhrases } from '../core/queue-phrases.ts'
import { fitting } from '../core/fitting.ts'
import { jump } from '../core/jump.ts'
import { plain } from '../core/markdown.ts'

const steeredHow = {
  steered: '진행 중인 작업에 전했어요',
  kept: '받아 두었어요. 진행 중인 작업에 곧 전할게요',
  asked: '지금은 바로 전할 수 없어서, 따로 요청으로 넣어 두었어요',
} as const

/** The queue in Korean. `stands` says where a run is in it. */
export function koreanQueue(stands: (line: LinePlace) => string): QueuePhrases {
  return {
    waits(waits) {
      if (waits.length === 0) return '기다리는 요청이 없어요.'
      const lines = waits.map(({ session, place, message, line }) =>
        [
          `› <#${place.id}>의 **${plain(session, 40)}**`,
          line === null ? '곧 시작해요' : stands(line),
          jump(place, message, '바로 가기'),
        ].join(' · '),
      )
      return fitting(`요청 ${waits.length}개가 기다리고 있어요.`, lines, (count) => `그 밖에 ${count}개`)
    },
    steered: ({ how, text }) => `» ${steeredHow[how]}: ${plain(text, 1_500)}`,
    steerForm: { title: '덧붙이기', label: '진행 중인 작업에 전할 말', placeholder: '에이전트가 일하는 중에 들어요' },
  }
}
