import { code, plain } from '../../core/markdown.ts'

export const en = {
  commands: {
    skill: {
      description: 'Let the agent here do what a file of skills says',
      options: { name: 'Which skill', arguments: 'What it is to work on, if it asks for that' },
    },
  },
  deeds: { skill: 'run a skill' },
  /** Somebody had the agent do what a skill says. */
  asked: (skill: string, wanted: string, by: string): string =>
    `› @${plain(by, 60)} runs the skill ${code(skill, 70)}${wanted === '' ? '' : `: ${plain(wanted, 1000)}`}`,
}

export const ko: typeof en = {
  commands: {
    skill: {
      description: '스킬 파일에 적힌 일을 여기의 에이전트에게 맡겨요',
      options: { name: '실행할 스킬', arguments: '스킬이 필요로 하는 내용' },
    },
  },
  deeds: { skill: '스킬을 실행하는 것' },
  asked: (skill, wanted, by) =>
    `› @${plain(by, 60)} 님이 ${code(skill, 70)} 스킬을 실행해요${wanted === '' ? '' : `: ${plain(wanted, 1000)}`}`,
}
