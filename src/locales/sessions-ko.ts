import type { Ended } from '../core/desk.ts'
import type { CommandWords } from '../core/phrases.ts'
import type { SessionPhrases } from '../core/session-phrases.ts'
import type { Session, Worktree } from '../core/session.ts'
import type { Remains } from '../core/work.ts'
import { diffLines, diffSum } from './diff-lines.ts'
import type { refuseSession as english, sessionCommands as commands } from './sessions-en.ts'
import { exact } from '../core/figures.ts'
import { code, plain } from '../core/markdown.ts'
import { folder } from '../core/paths.ts'

export const sessionCommands: Pick<CommandWords, keyof typeof commands> = {
  'session export': { description: '여기에서 나눈 대화를 파일로 받아요', options: {} },
  resume: { description: '멈췄거나 실패한 곳부터 이어서 해요', options: {} },
  attach: {
    description: '다른 곳의 세션과 여기에서 이야기해요',
    options: { session: '세션 이름 또는 세션이 있는 스레드' },
  },
  diff: { description: '여기의 세션이 바꾼 것을 보여 줘요', options: {} },
  cd: { description: '여기의 세션이 작업할 폴더를 바꿔요', options: { path: '폴더' } },
  model: { description: '여기의 세션이 쓸 모델을 바꿔요', options: { name: '모델' } },
}

/** Where a session works. */
export function whereabouts({ workdir, worktree }: Session, home: string | null): string {
  if (worktree === null) return folder(workdir, home)
  const inside = workdir.slice(worktree.folder.length)
  return `${folder(worktree.repository + inside, home)} · ${code(worktree.branch, 80)} 브랜치`
}

export function sessionEnded({ session, remains, detached }: Ended, home: string | null): string {
  const name = `**${plain(session.name)}**`
  if (detached) return `■ 이제 여기는 ${name} 세션과 이어져 있지 않아요. 세션은 원래 있던 곳에서 계속돼요.`
  const { worktree } = session
  const stays =
    worktree === null || remains === null
      ? `${folder(session.workdir, home)} 폴더는 그대로 있어요.`
      : left(worktree, remains, home)
  return `■ ${name} 세션이 끝났어요. ${stays} \`/session start\`로 새로 시작할 수 있어요.`
}

const reasons = {
  uncommitted: '커밋하지 않은 작업이',
  unmerged: '아직 병합하지 않은 커밋이',
  unfinished: '끝나지 않은 병합이나 리베이스가',
  unknown: '확인하지 못한 것이',
}

function left(worktree: Worktree, remains: Remains, home: string | null): string {
  if (remains.kind === 'removed') return '한 일이 모두 병합되어 있어서 워크트리와 브랜치를 지웠어요.'
  if (remains.kind === 'gone') return `워크트리는 이미 없고, ${code(worktree.branch, 80)} 브랜치는 남아 있어요.`
  return (
    `워크트리에 ${reasons[remains.why]} 있어서 남겨 두었어요: ${folder(worktree.folder, home)} · ` +
    `${code(worktree.branch, 80)} 브랜치. 같은 이름으로 세션을 시작하면 이어서 쓸 수 있어요.`
  )
}

export function sessionPhrases(home: string | null): SessionPhrases {
  return {
    moved: ({ session, left: behind, trustEnded }) =>
      `**${plain(session.name)}** 세션은 다음 메시지부터 ${whereabouts(session, home)}에서 작업해요.` +
      (trustEnded ? '\n그곳은 신뢰하는 저장소가 아니에요. 저장소의 훅, 도구, 설정은 실행되지 않아요.' : '') +
      (behind === null ? '' : `\n${left(behind.worktree, behind.remains, home)}`),
    remodelled: ({ name, model }) =>
      `**${plain(name)}** 세션은 다음 메시지부터 ${model === null ? '기본 모델' : code(model, 60)} 모델을 써요.`,
    attached: ({ name, place }) =>
      `여기에 쓴 메시지는 **${plain(name)}** 세션(<#${place.id}>)으로 가고, 답은 여기로 와요. ` +
      '`/session stop`으로 연결을 풀 수 있어요.',
    resumed: ({ name }) => `**${plain(name)}** 세션이 하던 일을 이어서 해요.`,
    diff(session, diff) {
      const where = whereabouts(session, home)
      if (diff.files.length === 0) return `**${plain(session.name)}** 세션이 바꾼 것이 없어요: ${where}`
      const lines = diffLines(diff, { notText: '텍스트 아님:', more: (count) => `외 ${exact(count)}개` })
      return [
        `**${plain(session.name)}** · 파일 ${exact(diff.files.length)}개 · ${diffSum(diff)}`,
        `${where} · 기준: ${diff.base === null ? '없음' : code(diff.base.slice(0, 10))}`,
        ...lines,
        ...(diff.cut ? ['⚠ 패치가 파일 하나에 담기에 너무 커서 마지막 파일들은 빠졌어요.'] : []),
      ].join('\n')
    },
    exported: (turns, cut) =>
      `한 줄에 한 번씩, 모두 ${exact(turns)}번의 대화예요.` +
      (cut ? ' 그 전의 대화는 파일 하나에 담기에 너무 많아요. 운영자가 데이터 폴더에서 볼 수 있어요.' : ''),
    forgotten: () => '에이전트가 이전 대화를 찾지 못해서, 짧은 요약과 함께 새 대화를 시작했어요.',
  }
}

export function refuseSession(refusal: Parameters<typeof english>[0], home: string | null): string {
  switch (refusal.code) {
    case 'worktree-failed':
      return (
        `git이 워크트리를 만들지 못했어요: ${code(refusal.detail, 400)}. 문제를 고치거나, ` +
        '`worktree: False`로 시작해서 폴더에서 바로 작업해 주세요.'
      )
    case 'folder-taken':
      return (
        `**${plain(refusal.name)}** 세션이 이미 ${folder(refusal.path, home)}에서 작업하고 있어요. ` +
        '워크트리를 따로 쓰거나 다른 폴더를 골라 주세요.'
      )
    case 'program-folder':
      return (
        `${folder(refusal.path, home)}에는 이 봇의 프로그램이 있어서 에이전트가 바꿀 수 없어요. ` +
        '다른 폴더를 고르거나, git 저장소라면 워크트리를 따로 써 주세요.'
      )
    case 'no-repository':
      return `${folder(refusal.path, home)}: git 저장소가 아니라서 비교할 것이 없어요. 무엇을 했는지 에이전트에게 물어봐 주세요.`
    case 'git-failed':
      return `git이 하지 못했어요: ${code(refusal.detail, 400)}. 다시 해 보고, 계속 그러면 운영자에게 물어봐 주세요.`
    case 'session-busy':
      return (
        `**${plain(refusal.name)}** 세션이 작업 중이에요${refusal.waiting > 0 ? ` (${exact(refusal.waiting)}개 대기 중)` : ''}. ` +
        '끝난 뒤에 다시 하거나 먼저 `/cancel`로 멈춰 주세요.'
      )
    case 'nothing-to-resume':
      return `**${plain(refusal.name)}** 세션의 마지막 작업은 끝까지 마쳤어요. 이어서 원하는 것을 써 주세요.`
    case 'session-unknown':
      return `${code(refusal.name, 60)}: 그런 세션이 없어요. \`/session list\`에서 골라 주세요.`
    case 'attached-ended':
      return (
        `여기와 이어져 있던 **${plain(refusal.name)}** 세션이 끝났어요. \`/attach\`로 다른 세션과 잇거나 ` +
        '`/session start`로 시작해 보세요.'
      )
    case 'nothing-to-export':
      return '여기에서는 아직 에이전트와 나눈 대화가 없어요. 먼저 세션에 메시지를 보내 주세요.'
  }
}
