import { plain } from '../../core/markdown.ts'

/** So many names are written out. */
const namesUpTo = 20

export const en = {
  commands: {
    broadcast: { description: 'Ask every open session the same thing', options: { text: 'What every agent is asked' } },
  },
  deeds: { broadcast: 'ask every session at once' },
  sent(reached: readonly string[], missed: readonly string[], text: string): string {
    if (reached.length === 0 && missed.length === 0) return 'No session is open. `/session start` begins one.'
    const to = reached.length === 0 ? 'Asked nobody.' : `Asked ${counted(reached.length)}: ${listed(reached)}.`
    const rest = missed.length === 0 ? '' : `\nNot asked, because they accept nothing right now: ${listed(missed)}.`
    return `${to}${rest}\n> ${plain(text, 300)}`
  },
}

export const ko: typeof en = {
  commands: {
    broadcast: {
      description: '열려 있는 모든 세션에 같은 것을 물어요',
      options: { text: '모든 에이전트에게 물을 내용' },
    },
  },
  deeds: { broadcast: '모든 세션에 한꺼번에 묻는 것' },
  sent(reached, missed, text) {
    if (reached.length === 0 && missed.length === 0) return '열려 있는 세션이 없어요. `/session start`로 시작해 보세요.'
    const to =
      reached.length === 0 ? '아무에게도 묻지 못했어요.' : `세션 ${reached.length}개에 물었어요: ${listed(reached)}`
    const rest = missed.length === 0 ? '' : `\n지금 받을 수 없어서 묻지 못했어요: ${listed(missed)}`
    return `${to}${rest}\n> ${plain(text, 300)}`
  },
}

function counted(sessions: number): string {
  return sessions === 1 ? 'one session' : `${sessions} sessions`
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, namesUpTo).map((name) => `**${plain(name, 40)}**`)
  return [...shown, ...(names.length > namesUpTo ? [`+${names.length - namesUpTo}`] : [])].join(', ')
}
