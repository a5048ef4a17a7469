import { code, plain } from '../core/markdown.ts'
import { folder } from '../core/paths.ts'
import type { Session, Worktree } from '../core/session.ts'
import type { BranchLeft } from '../core/work.ts'
import type { ObeyedFiles } from '../core/workspace.ts'

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

/** So many files are named. */
const namedUpTo = 12

/** What a session has committed waits for an owner, in Korean. `by`: who has consented to it. */
export function branchHeld(session: Session, worktree: Worktree, paths: readonly string[], by: string | null): string {
  const branch = code(worktree.branch, 80)
  const name = plain(session.name)
  const head =
    by === null
      ? `⚠ **${name}** 세션의 커밋이 나중에 다른 프로그램이 따르는 파일을 바꿨어요. ${branch} 브랜치로 가져올지 owner가 정해 주세요:`
      : `✓ @${plain(by, 60)} 님이 **${name}** 세션의 커밋을 ${branch} 브랜치로 가져왔어요. 나중에 다른 프로그램이 따르는 파일이 들어 있어요:`
  const foot = by === null ? ['`/diff`로 모두 볼 수 있어요. 그때까지는 세션 안에만 있어요.'] : []
  return [head, ...listed(paths), ...foot].join('\n')
}

/** A session works in a folder itself, where nothing waits for an owner, in Korean. */
export function obeyedChanged(session: Session, { paths, cut }: ObeyedFiles, home: string | null): string {
  const where = folder(session.workdir, home)
  const head = `⚠ **${plain(session.name)}** 세션이 일하는 동안 ${where} 폴더에서 나중에 다른 프로그램이 따르는 파일이 바뀌었어요. 여기서는 따로 막지 않으니 확인해 주세요:`
  return [head, ...listed(paths), ...(cut ? ['폴더가 너무 커서 다 보지 못했어요. 더 있을 수 있어요.'] : [])].join('\n')
}

/** A card that asks about commits is of no more use, in Korean. */
export function branchOver(session: Session): string {
  return `여기서 정할 것은 더 없어요. **${plain(session.name)}** 세션의 커밋은 다른 것과 함께 들어왔거나 이제 없어요.`
}

function listed(paths: readonly string[]): readonly string[] {
  const more = paths.length - namedUpTo
  const files = paths.slice(0, namedUpTo).map((path) => `- ${code(path, 100)}`)
  return more > 0 ? [...files, `- 그 밖에 ${more}개`] : files
}
