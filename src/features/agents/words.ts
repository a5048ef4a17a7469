import { code, plain } from '../../core/markdown.ts'

export const en = {
  commands: {},
  deeds: {
    'agent.look': 'let an agent see the other sessions',
    'agent.post': 'let an agent post in between',
    'agent.ask': 'let an agent ask people something',
    'agent.answer': 'answer what an agent asks',
  },
  /** The line before what an agent posts by itself. */
  update: (session: string): string => `**${plain(session, 40)}**, the agent, in between:`,
  /** The line before a file that an agent shows. */
  attached: (session: string, name: string): string =>
    `**${plain(session, 40)}**, the agent, shows ${code(name, 100)}:`,
  /** The line before what an agent asks. */
  asks: (session: string, person: string): string => `? **${plain(session, 40)}**, the agent, asks <@${person}>:`,
  other: 'Other…',
  form: { title: 'Your answer', label: 'Your answer', placeholder: 'The agent reads it as a message of yours.' },
  answered: (by: string, answer: string): string => `✓ @${plain(by, 64)}: ${plain(answer, 300)}`,
  passedOn: '✓ Passed on.',
  over: 'This was answered already, or is no longer open. Write to the agent if you have more to say.',
}

/** The words of one language. */
export type AgentWords = typeof en

export const ko: typeof en = {
  commands: {},
  deeds: {
    'agent.look': '에이전트가 다른 세션을 보게 하는 것',
    'agent.post': '에이전트가 중간에 글을 올리게 하는 것',
    'agent.ask': '에이전트가 사람에게 묻게 하는 것',
    'agent.answer': '에이전트의 질문에 답하는 것',
  },
  update: (session) => `에이전트 **${plain(session, 40)}**의 중간 소식이에요.`,
  attached: (session, name) => `에이전트 **${plain(session, 40)}**이(가) 보여 주는 파일이에요: ${code(name, 100)}`,
  asks: (session, person) => `? 에이전트 **${plain(session, 40)}**의 질문이에요, <@${person}> 님.`,
  other: '직접 쓰기…',
  form: { title: '답', label: '답', placeholder: '에이전트는 이 글을 보낸 분의 메시지로 읽어요.' },
  answered: (by, answer) => `✓ @${plain(by, 64)}: ${plain(answer, 300)}`,
  passedOn: '✓ 전했어요.',
  over: '이미 답했거나 더는 없는 질문이에요. 더 할 말이 있으면 에이전트에게 써 주세요.',
}
