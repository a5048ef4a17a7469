import { code, plain } from '../core/markdown.ts'
import { folder } from '../core/paths.ts'
import type { Session, Worktree } from '../core/session.ts'
import type { BranchLeft } from '../core/work.ts'

/** What a session has committed did not come into its repository, in Korean. */
export function branchLeft(session: Session, worktree: Worktree, left: BranchLeft, home: string | null): string {
  const branch = code(worktree.branch, 80)
  const repository = folder(worktree.repository, home)
  return (
    `⚠ **${plain(session.name)}** 세션의 커밋을 아직 ${repository} 저장소의 ${branch} 브랜치로 가져오지 못했어요. ${reason(left)} ` +
    `커밋은 ${folder(worktree.folder, home)}에 그대로 있어요.`
  )
}

function reason({ why, detail }: BranchLeft): string {
  switch (why) {
    case 'moved':
      return '저장소에서 누군가 그 브랜치를 바꿔서 덮어쓰지 않았어요. 브랜치 이름을 바꾸거나 지우면 다음 작업이 끝난 뒤 다시 가져올게요.'
    case 'checked-out':
      return '저장소에서 그 브랜치를 체크아웃한 상태예요. 다른 브랜치로 옮기면 다음 작업이 끝난 뒤 다시 가져올게요.'
    case 'failed':
      return `git 오류: ${code(detail, 300)}. 다음 작업이 끝난 뒤 다시 시도할게요.`
  }
}
