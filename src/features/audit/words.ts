import { exact } from '../../core/figures.ts'
import { plain } from '../../core/markdown.ts'

/** What was exported. */
export interface Exported {
  readonly days: number
  readonly lines: number
  readonly hidden: number
  readonly cut: boolean
  readonly last: string
}

export const en = {
  groups: { audit: 'Who did what' },
  commands: {
    'audit export': {
      description: 'Export the audit trail',
      options: { days: 'How far back; 30 if left out' },
    },
  },
  deeds: { 'audit.export': 'take the audit trail away' },
  exported: ({ days, lines, hidden, cut, last }: Exported): string =>
    [
      `${exact(lines)} lines of the last ${days === 1 ? 'day' : `${days} days`}. \`discord-orchestrator audit <file>\` says whether they are whole; the hash of the last is`,
      `\`${last}\``,
      ...(hidden === 0 ? [] : [`${exact(hidden)} lines are about places that you cannot see, and left out.`]),
      ...(cut ? ['Earlier ones did not fit into one file; ask for fewer days more often.'] : []),
    ].join('\n'),
  audited: (by: string, lines: number, last: string): string =>
    `@${plain(by, 60)} took the audit trail away: ${exact(lines)} lines, the hash of the last is \`${last}\`.`,
}

export const ko: typeof en = {
  groups: { audit: '누가 무엇을 했는지 보여 줘요' },
  commands: {
    'audit export': {
      description: '감사 기록을 파일로 받아요',
      options: { days: '며칠 전까지. 비워 두면 30일' },
    },
  },
  deeds: { 'audit.export': '감사 기록을 내보내는 것' },
  exported: ({ days, lines, hidden, cut, last }) =>
    [
      `최근 ${days}일의 기록 ${exact(lines)}줄이에요. \`discord-orchestrator audit <파일>\`로 온전한지 확인할 수 있어요. 마지막 줄의 해시:`,
      `\`${last}\``,
      ...(hidden === 0 ? [] : [`볼 수 없는 곳의 기록 ${exact(hidden)}줄은 뺐어요.`]),
      ...(cut ? ['그 전의 기록은 파일 하나에 담기에 너무 많아요. 더 짧은 기간으로 더 자주 받아 주세요.'] : []),
    ].join('\n'),
  audited: (by, lines, last) =>
    `@${plain(by, 60)} 님이 감사 기록 ${exact(lines)}줄을 받았어요. 마지막 줄의 해시는 \`${last}\`예요.`,
}
