import type { Ended } from '../core/desk.ts'
import type { Refusal } from '../core/failure.ts'
import type { CommandWords } from '../core/phrases.ts'
import type { SessionPhrases } from '../core/session-phrases.ts'
import type { Session, Worktree } from '../core/session.ts'
import type { Remains } from '../core/work.ts'
import { diffLines, diffSum } from './diff-lines.ts'
import { exact } from '../core/figures.ts'
import { code, plain } from '../core/markdown.ts'
import { folder } from '../core/paths.ts'

type SessionCommand = 'session export' | 'resume' | 'attach' | 'diff' | 'cd' | 'model'

export const sessionCommands: Pick<CommandWords, SessionCommand> = {
  'session export': { description: 'Get what was said here as a file', options: {} },
  resume: { description: 'Go on where the session here was stopped or failed', options: {} },
  attach: {
    description: 'Talk from here to the session of another place',
    options: { session: 'Its name, or the thread it is in' },
  },
  diff: { description: 'Show what the session here has changed', options: {} },
  cd: { description: 'Change the folder the session here works in', options: { path: 'The folder' } },
  model: { description: 'Change the model of the session here', options: { name: 'The model' } },
}

/** Where a session works: `~/projects/shop` on `omc/shop`. */
export function whereabouts({ workdir, worktree }: Session, home: string | null): string {
  if (worktree === null) return folder(workdir, home)
  const inside = workdir.slice(worktree.folder.length)
  return `${folder(worktree.repository + inside, home)} on ${code(worktree.branch, 80)}`
}

export function sessionEnded({ session, remains, detached }: Ended, home: string | null): string {
  const name = `**${plain(session.name)}**`
  if (detached) return `■ This place is no longer attached to ${name}, which goes on where it is.`
  const { worktree } = session
  const stays =
    worktree === null || remains === null
      ? `${folder(session.workdir, home)} stays as it is.`
      : left(worktree, remains, home)
  return `■ ${name} has ended. ${stays} \`/session start\` begins a new one.`
}

const reasons = {
  uncommitted: 'uncommitted work',
  unmerged: 'commits that are merged nowhere',
  unfinished: 'a merge or rebase that is not finished',
  unknown: 'something I could not make sure of',
}

function left(worktree: Worktree, remains: Remains, home: string | null): string {
  if (remains.kind === 'removed') return 'Everything it had done is merged, so its worktree and branch were removed.'
  if (remains.kind === 'gone') return `Its worktree is gone already; the branch ${code(worktree.branch, 80)} stays.`
  return (
    `Its worktree has ${reasons[remains.why]}, so it stays: ${folder(worktree.folder, home)} on ` +
    `${code(worktree.branch, 80)}. A session of the same name takes it up again.`
  )
}

export function sessionPhrases(home: string | null): SessionPhrases {
  return {
    moved: ({ session, left: behind, trustEnded }) =>
      `**${plain(session.name)}** works in ${whereabouts(session, home)} from the next message on.` +
      (trustEnded ? '\nIt is not trusted there: hooks, tools and settings of the repository do not run.' : '') +
      (behind === null ? '' : `\n${left(behind.worktree, behind.remains, home)}`),
    remodelled: ({ name, model }) =>
      `**${plain(name)}** uses ${model === null ? 'its usual model' : code(model, 60)} from the next message on.`,
    attached: ({ name, place }) =>
      `What is written here goes to **${plain(name)}** (<#${place.id}>), and its answers come here. ` +
      '`/session stop` detaches.',
    resumed: ({ name }) => `**${plain(name)}** goes on where it was.`,
    diff(session, diff) {
      const where = whereabouts(session, home)
      if (diff.files.length === 0) return `**${plain(session.name)}** has changed nothing in ${where}.`
      const files = diff.files.length === 1 ? '1 file' : `${exact(diff.files.length)} files`
      const lines = diffLines(diff, { notText: 'no text:', more: (count) => `and ${exact(count)} more` })
      return [
        `**${plain(session.name)}** · ${files} · ${diffSum(diff)}`,
        `${where}, against ${diff.base === null ? 'nothing' : code(diff.base.slice(0, 10))}`,
        ...lines,
        ...(diff.cut ? ['⚠ The patch is too big for one file: the last files are missing from it.'] : []),
      ].join('\n')
    },
    exported: (turns, cut) =>
      `${turns === 1 ? 'One turn' : `${exact(turns)} turns`}, one a line.` +
      (cut ? ' Earlier ones are too many for one file; the operator has them in the data folder.' : ''),
    forgotten: () => 'The agent had lost its earlier conversation, so it began a new one with a short summary.',
  }
}

type SessionRefusal = Extract<
  Refusal,
  {
    code:
      | 'worktree-failed'
      | 'folder-taken'
      | 'program-folder'
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
        `**${plain(refusal.name)}** works in ${folder(refusal.path, home)} already. Start with a worktree of its own, ` +
        'or choose another folder.'
      )
    case 'program-folder':
      return (
        `${folder(refusal.path, home)} holds my own program, and no agent may change that. Choose another folder, or, in a ` +
        'git repository, start with a worktree of its own.'
      )
    case 'no-repository':
      return `${folder(refusal.path, home)} is in no git repository, so there is nothing to compare with. Ask the agent what it did.`
    case 'git-failed':
      return `git could not do that: ${code(refusal.detail, 400)}. Try again; if it stays so, ask the operator.`
    case 'session-busy':
      return (
        `**${plain(refusal.name)}** is at work${refusal.waiting > 0 ? ` and ${exact(refusal.waiting)} more wait` : ''}. ` +
        'Try again when it is done, or `/cancel` it first.'
      )
    case 'nothing-to-resume':
      return `**${plain(refusal.name)}** has nothing to go on with: its last run came to its end. Write what you want next.`
    case 'session-unknown':
      return `I know no session ${code(refusal.name, 60)}. Choose one of \`/session list\`.`
    case 'attached-ended':
      return (
        `**${plain(refusal.name)}**, to which this place was attached, has ended. \`/attach\` another, or begin one with ` +
        '`/session start`.'
      )
    case 'nothing-to-export':
      return 'Nothing was said here to an agent yet. Write to a session first.'
  }
}
