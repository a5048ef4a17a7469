import type { Refusal } from '../core/failure.ts'
import { exact } from '../core/figures.ts'
import { code, plain } from '../core/markdown.ts'
import { folder } from '../core/paths.ts'

type SessionRefusal = Extract<
  Refusal,
  {
    code:
      | 'worktree-failed'
      | 'folder-taken'
      | 'program-folder'
      | 'folder-too-wide'
      | 'no-repository'
      | 'git-failed'
      | 'session-busy'
      | 'nothing-to-resume'
      | 'session-unknown'
      | 'attached-ended'
      | 'nothing-to-export'
  }
>

export function refuseSession(refusal: SessionRefusal, home: string | null): string {
  switch (refusal.code) {
    case 'worktree-failed':
      return (
        `git could not make a worktree: ${code(refusal.detail, 400)}. Try again, or start with \`worktree: False\` to ` +
        'work in the folder itself.'
      )
    case 'folder-taken':
      return (
        `${refusal.name === null ? 'Another session' : `**${plain(refusal.name)}**`} works in ${folder(refusal.path, home)} already. Start with a worktree of its own, ` +
        'or choose another folder.'
      )
    case 'program-folder':
      return (
        `${folder(refusal.path, home)} holds my own program, and no agent may change that. Choose another folder, or, in a ` +
        'git repository, start with a worktree of its own.'
      )
    case 'folder-too-wide':
      return (
        `${folder(refusal.path, home)} holds my data, my settings or the operator's whole home, which no agent may see. Choose a ` +
        'folder below it.'
      )
    case 'no-repository':
      return `${folder(refusal.path, home)} is not in a git repository, so there is nothing to compare with. Ask the agent what it did.`
    case 'git-failed':
      return `git failed: ${code(refusal.detail, 400)}. Try again; if it keeps failing, ask the operator.`
    case 'session-busy':
      return (
        `**${plain(refusal.name)}** is at work${refusal.waiting > 0 ? ` and ${exact(refusal.waiting)} more wait` : ''}. ` +
        'Try again when it is done, or `/cancel` it first.'
      )
    case 'nothing-to-resume':
      return `**${plain(refusal.name)}** has nothing to resume: its last run finished. Write what you want next.`
    case 'session-unknown':
      return `There is no session called ${code(refusal.name, 60)}. Choose one of \`/session list\`.`
    case 'attached-ended':
      return (
        `${refusal.name === null ? 'The session' : `**${plain(refusal.name)}**,`} to which this place was attached${refusal.name === null ? '' : ','} ` +
        'has ended. `/attach` another, or begin one with `/session start`.'
      )
    case 'nothing-to-export':
      return 'Nothing was said here to an agent yet. Write to a session first.'
  }
}
