import { exact } from '../../core/figures.ts'
import { code, plain } from '../../core/markdown.ts'
import type { Session } from '../../core/session.ts'
import type { Diff } from '../../core/work.ts'
import { diffLines, diffSum } from './lines.ts'

export const en = {
  commands: {
    diff: { description: 'Show what the session here has changed', options: { share: 'Show it to all here' } },
  },
  deeds: {
    diff: 'see the changes of a session',
  },
  /** A summary: how much, against what, and the files that changed most. */
  diff(session: Session, diff: Diff, where: string): string {
    if (diff.files.length === 0) return `**${plain(session.name)}** has changed nothing in ${where}.`
    const files = diff.files.length === 1 ? '1 file' : `${exact(diff.files.length)} files`
    const lines = diffLines(diff, { notText: 'binary:', more: (count) => `and ${exact(count)} more` })
    return [
      `**${plain(session.name)}** · ${files} · ${diffSum(diff)}`,
      `${where}, against ${diff.base === null ? 'nothing' : code(diff.base.slice(0, 10))}`,
      ...lines,
      ...(diff.cut ? ['⚠ The patch is too big for one file: the last files are missing from it.'] : []),
    ].join('\n')
  },
}

export const ko: typeof en = {
  commands: {
    diff: { description: '여기의 세션이 바꾼 것을 보여 줘요', options: { share: '여기 있는 모두에게 보여 줘요' } },
  },
  deeds: {
    diff: '세션의 변경 내용을 보는 것',
  },
  diff(session, diff, where) {
    if (diff.files.length === 0) return `**${plain(session.name)}** 세션이 바꾼 것이 없어요: ${where}`
    const lines = diffLines(diff, { notText: '바이너리:', more: (count) => `외 ${exact(count)}개` })
    return [
      `**${plain(session.name)}** · 파일 ${exact(diff.files.length)}개 · ${diffSum(diff)}`,
      `${where} · 기준: ${diff.base === null ? '없음' : code(diff.base.slice(0, 10))}`,
      ...lines,
      ...(diff.cut ? ['⚠ 패치가 파일 하나에 담기에 너무 커서 마지막 파일들은 빠졌어요.'] : []),
    ].join('\n')
  },
}
