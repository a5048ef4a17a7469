import type { Steered, Stopped } from '../../core/desk.ts'
import { clockTime } from '../../core/durations.ts'
import { plain } from '../../core/markdown.ts'

const howInEnglish = {
  steered: 'Passed on to the run at work',
  kept: 'Kept for the run at work, which hears it as soon as it can',
  asked: 'Nothing at work here could take that, so it waits as a prompt of its own',
} as const

const howInKorean = {
  steered: '진행 중인 작업에 전했어요',
  kept: '받아 두었어요. 진행 중인 작업에 곧 전할게요',
  asked: '지금은 바로 전할 수 없어서, 따로 요청으로 넣어 두었어요',
} as const

export const en = {
  commands: {
    cancel: { description: 'Stop what runs here, or take a waiting prompt back', options: {} },
    steer: {
      description: 'Add a word to the run at work here',
      options: { text: 'What the agent should know now' },
    },
  },
  deeds: {
    prompt: 'ask an agent',
    'run.stop': "stop somebody else's run",
    'run.stop-own': 'stop a run',
    'run.steer': 'steer a run',
  },
  /** What became of a run, or of a waiting prompt. */
  stopped: (stopped: Stopped): string =>
    stopped.waiting
      ? '■ Taken out of the queue. It had not begun.'
      : `■ Stopped after ${clockTime(stopped.afterMs)}. What it had done stays. Write again to go on.`,
  /** What became of a word to a running turn, for all to see. */
  steered: ({ how, text }: Steered, by: string): string =>
    `» @${plain(by, 60)} · ${howInEnglish[how]}: ${plain(text, 1_500)}`,
  steerForm: {
    title: 'Steer',
    label: 'A word for the run at work',
    placeholder: 'The agent hears it while it works',
  },
}

export const ko: typeof en = {
  commands: {
    cancel: { description: '여기에서 진행 중인 작업을 멈추거나 대기 중인 요청을 취소해요', options: {} },
    steer: {
      description: '여기에서 진행 중인 작업에 말을 덧붙여요',
      options: { text: '에이전트가 지금 알아야 할 것' },
    },
  },
  deeds: {
    prompt: '에이전트에게 요청하는 것',
    'run.stop': '다른 사람의 작업을 멈추는 것',
    'run.stop-own': '작업을 멈추는 것',
    'run.steer': '진행 중인 작업에 말을 덧붙이는 것',
  },
  stopped: (stopped) =>
    stopped.waiting
      ? '■ 대기열에서 뺐어요. 아직 시작하기 전이었어요.'
      : `■ ${clockTime(stopped.afterMs)} 만에 멈췄어요. 그때까지 한 작업은 남아 있어요. 다시 쓰면 이어서 해요.`,
  steered: ({ how, text }, by) => `» @${plain(by, 60)} 님 · ${howInKorean[how]}: ${plain(text, 1_500)}`,
  steerForm: { title: '덧붙이기', label: '진행 중인 작업에 전할 말', placeholder: '에이전트가 일하는 중에 들어요' },
}
