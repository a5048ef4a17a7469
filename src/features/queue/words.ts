import type { LinePlace } from '../../core/chat.ts'
import type { Stopped } from '../../core/desk.ts'
import { clockTime } from '../../core/durations.ts'
import { fitting } from '../../core/fitting.ts'
import type { MessageId, RunId } from '../../core/ids.ts'
import { jump } from '../../core/jump.ts'
import { plain } from '../../core/markdown.ts'
import type { Place } from '../../core/place.ts'

/** A waiting run of somebody. */
export interface Wait {
  readonly run: RunId
  readonly session: string
  readonly place: Place
  /** The message that asked; null: it came by a command. */
  readonly message: MessageId | null
  /** Null: it is about to start. */
  readonly line: LinePlace | null
}

export const en = {
  commands: { wait: { description: 'Show where your prompts stand in the queue', options: {} } },
  deeds: { wait: 'see the queue' },
  /** Everything of one person that waits, with links; one message. `stands` says where a run is in the queue. */
  waits(waits: readonly Wait[], stands: (line: LinePlace) => string) {
    if (waits.length === 0) return 'Nothing of yours waits.'
    const lines = waits.map(({ session, place, message, line }) =>
      [
        `› **${plain(session, 40)}** in <#${place.id}>`,
        line === null ? 'about to start' : stands(line),
        jump(place, message, 'go there'),
      ].join(' · '),
    )
    const head = waits.length === 1 ? 'One prompt of yours waits.' : `${waits.length} prompts of yours wait.`
    return fitting(head, lines, (count) => `and ${count} more`)
  },
  /** A button, 80 characters at most. */
  withdraw: ({ session, line }: Wait): string => `Withdraw ${session}${line === null ? '' : ` · place ${line.place}`}`,
  withdrawn: ({ waiting, afterMs }: Stopped): string =>
    waiting
      ? '■ Taken out of the queue. It had not begun.'
      : `■ It had begun meanwhile and is stopped after ${clockTime(afterMs)}. What it had done stays.`,
}

export const ko: typeof en = {
  commands: { wait: { description: '내 요청이 대기열의 어디에 있는지 보여 줘요', options: {} } },
  deeds: { wait: '대기열을 보는 것' },
  waits(waits, stands) {
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
  withdraw: ({ session, line }) => `${session}${line === null ? '' : ` · ${line.place}번째`} 요청 취소`,
  withdrawn: ({ waiting, afterMs }) =>
    waiting
      ? '■ 대기열에서 뺐어요. 아직 시작하기 전이었어요.'
      : `■ 그사이 시작해서 ${clockTime(afterMs)} 만에 멈췄어요. 그때까지 한 작업은 남아 있어요.`,
}
