import { plain } from '../../core/markdown.ts'

export const en = {
  commands: {},
  deeds: {
    'agent.look': 'let an agent see the other sessions',
    'agent.post': 'let an agent post in between',
  },
  /** The line before what an agent posts by itself. */
  update: (session: string): string => `**${plain(session, 40)}**, the agent, in between:`,
}

export const ko: typeof en = {
  commands: {},
  deeds: {
    'agent.look': '에이전트가 다른 세션을 보게 하는 것',
    'agent.post': '에이전트가 중간에 글을 올리게 하는 것',
  },
  update: (session) => `에이전트 **${plain(session, 40)}**의 중간 소식이에요.`,
}
