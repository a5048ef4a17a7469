import { exact } from '../core/figures.ts'
import { code, plain } from '../core/markdown.ts'
import { folder } from '../core/paths.ts'
import type { refuseSession as english } from './session-refusals-en.ts'

export function refuseSession(refusal: Parameters<typeof english>[0], home: string | null): string {
  switch (refusal.code) {
    case 'worktree-failed':
      return (
        `git이 워크트리를 만들지 못했어요: ${code(refusal.detail, 400)}. 다시 해 보거나, ` +
        '`worktree: False`로 시작해서 폴더에서 바로 작업해 주세요.'
      )
    case 'folder-taken':
      return (
        `${refusal.name === null ? '다른 세션이' : `**${plain(refusal.name)}** 세션이`} 이미 ${folder(refusal.path, home)}에서 작업하고 있어요. ` +
        '워크트리를 따로 쓰거나 다른 폴더를 골라 주세요.'
      )
    case 'program-folder':
      return (
        `${folder(refusal.path, home)}에는 이 봇의 프로그램이 있어서 에이전트가 바꿀 수 없어요. ` +
        '다른 폴더를 고르거나, git 저장소라면 워크트리를 따로 써 주세요.'
      )
    case 'folder-too-wide':
      return (
        `${folder(refusal.path, home)}에는 이 봇의 데이터나 설정, 또는 운영자의 홈 전체가 있어서 에이전트에게 보여 줄 수 없어요. ` +
        '그 아래의 폴더를 골라 주세요.'
      )
    case 'no-repository':
      return `${folder(refusal.path, home)}: git 저장소가 아니라서 비교할 것이 없어요. 무엇을 했는지 에이전트에게 물어봐 주세요.`
    case 'git-failed':
      return `git에서 오류가 났어요: ${code(refusal.detail, 400)}. 다시 해 보고, 계속되면 운영자에게 물어봐 주세요.`
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
        `여기와 이어져 있던 ${refusal.name === null ? '' : `**${plain(refusal.name)}** `}세션이 끝났어요. \`/attach\`로 다른 세션과 잇거나 ` +
        '`/session start`로 시작해 보세요.'
      )
    case 'nothing-to-export':
      return '여기에서는 아직 에이전트와 나눈 대화가 없어요. 먼저 세션에 메시지를 보내 주세요.'
  }
}
