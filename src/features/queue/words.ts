import type { LinePlace } from '../../core/chat.ts'
import type { Stopped } from '../../core/desk.ts'
import { clockTime } from '../../core/durations.ts'
import type { MessageId, RunId } from '../../core/ids.ts'
import { jump } from '../../core/jump.ts'
import type { ListPage } from '../../core/list-page.ts'
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
  deeds: { wait: 'see the queue', 'queue.first': 'put a prompt first in the queue' },
  /** Above the list of what waits of one person. */
  waits({ count, page, pages }: ListPage<Wait>) {
    if (count === 0) return 'None of your prompts are waiting.'
    const head = count === 1 ? 'One of your prompts is waiting.' : `${count} of your prompts are waiting.`
    return pages === 1 ? head : `${head} Page ${page} of ${pages}.`
  },
  /** One of them, with a link. `stands` says where a run is in the queue. */
  waiting: ({ session, place, message, line }: Wait, stands: (line: LinePlace) => string): string =>
    [
      `› **${plain(session, 40)}** in <#${place.id}>`,
      line === null ? 'about to start' : stands(line),
      jump(place, message, 'go there'),
    ].join(' · '),
  withdrawn: ({ waiting, afterMs }: Stopped): string =>
    waiting
      ? '■ Taken out of the queue. It had not begun.'
      : `■ It had begun meanwhile and is stopped after ${clockTime(afterMs)}. What it had done stays.`,
}

export const ko: typeof en = {
  commands: { wait: { description: '내 요청이 대기열의 어디에 있는지 보여 줘요', options: {} } },
  deeds: { wait: '대기열을 보는 것', 'queue.first': '요청을 대기열의 맨 앞에 두는 것' },
  waits({ count, page, pages }) {
    if (count === 0) return '기다리는 요청이 없어요.'
    const head = `요청 ${count}개가 기다리고 있어요.`
    return pages === 1 ? head : `${head} ${pages}쪽 중 ${page}쪽이에요.`
  },
  waiting: ({ session, place, message, line }, stands) =>
    [
      `› <#${place.id}>의 **${plain(session, 40)}**`,
      line === null ? '곧 시작해요' : stands(line),
      jump(place, message, '바로 가기'),
    ].join(' · '),
  withdrawn: ({ waiting, afterMs }) =>
    waiting
      ? '■ 대기열에서 뺐어요. 아직 시작하기 전이었어요.'
      : `■ 그사이 시작해서 ${clockTime(afterMs)} 만에 멈췄어요. 그때까지 한 작업은 남아 있어요.`,
}
