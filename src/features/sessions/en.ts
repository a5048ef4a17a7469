import type { ListPage } from '../../core/list-page.ts'
import { counted } from '../../core/plural.ts'
import { code, plain } from '../../core/markdown.ts'
import { folder } from '../../core/paths.ts'
import type { Phrases } from '../../core/phrases.ts'
import type { Session, Worktree } from '../../core/session.ts'
import type { Remains } from '../../core/work.ts'
import type { Changed } from './changing.ts'
import { sessionLine } from './list.ts'
import type { Ended, SessionOverview, Started } from './service.ts'

/** What is said alike elsewhere. */
type Shared = Pick<Phrases, 'states' | 'whereabouts'>

/** Sessions in English. `home` is the folder that paths are shown relative to. */
export function english(home: string | null) {
  return {
    groups: { session: 'Sessions with a coding agent' },
    commands: {
      'session start': {
        description: 'Start a session with a coding agent here',
        options: {
          name: 'A short name: letters, digits, - and _',
          runtime: 'Which agent works here',
          workdir: 'The folder it works in',
          model: 'The model it uses; left out, the agent decides',
          account: 'The account it works with; left out, the usual one',
          worktree: 'In a git repository: work on a branch of its own (usual), or in the folder itself',
          trust: 'Let hooks, tools and settings of the repository run (owners only)',
          worker: 'The machine it works on; `/workers` shows them',
        },
      },
      'session stop': { description: 'End the session here; its folder stays as it is', options: {} },
      'session list': { description: 'Show every session: what it does, where and whose it is', options: {} },
      resume: { description: 'Go on where the session here was stopped or failed', options: {} },
      attach: {
        description: 'Talk from here to the session of another place',
        options: { session: 'Its name, or the thread it is in' },
      },
      cd: { description: 'Change the folder the session here works in', options: { path: 'The folder' } },
      model: { description: 'Change the model of the session here', options: { name: 'The model' } },
    },
    deeds: {
      'session.start': 'start sessions',
      'session.stop': 'end sessions',
      'session.list': 'see the sessions',
      'session.change': 'change the folder or the model of a session',
      'session.attach': 'attach a place to a session',
      'session.resume': 'resume a run',
      'session.trust': 'trust a repository',
    },
    /** An agent among those to choose from. */
    notInstalled: (title: string): string => `${title} (not installed)`,
    /** `takenUp`: its worktree holds what an earlier session of this name had left. `where`: where it works. */
    started(
      session: Session,
      runtimeTitle: string,
      {
        takenUp,
        emptySubmodules,
        boxed,
        isLent,
      }: Pick<Started, 'takenUp' | 'emptySubmodules'> & { readonly boxed: boolean; readonly isLent: boolean },
      where: string,
    ): string {
      const model = session.model === null ? '' : ` · ${code(session.model, 60)}`
      const begin =
        session.place.kind === 'channel'
          ? 'Write here to begin; everyone else mentions me or replies to me.'
          : 'Write here to begin.'
      return [
        `**${plain(session.name)}** · ${plain(runtimeTitle)}${model}`,
        where,
        ...(takenUp ? ['The work of an earlier session of this name is still in it.'] : []),
        ...(emptySubmodules.length > 0
          ? [`Submodules that the repository has not fetched are empty here: ${folders(emptySubmodules)}.`]
          : []),
        ...(session.worktree === null
          ? [
              'What it writes is there at once, also what other programs obey later, such as hooks, CI and notes for agents: after a turn I name those.',
            ]
          : []),
        ...(session.trusted
          ? ['The repository is trusted: its hooks, tools and settings may run for everybody who may change it.']
          : []),
        ...(boxed
          ? []
          : [
              '⚠ This machine cannot box agents: their commands are asked about, and for guests they have no tools. `/health` tells an owner why.',
            ]),
        ...(isLent
          ? []
          : [
              'Names and tokens of `/identity` are not used on this machine: commits have the Discord name of whoever asks, and people push them. The operator can allow it (`OMC_IDENTITY_WORKERS`).',
            ]),
        `${begin} \`/cancel\` stops what runs, \`/session stop\` ends the session.`,
      ].join('\n')
    },
    ended: (ended: Ended): string => sessionEnded(ended, home),
    /** Above the list of sessions. */
    listHead: ({ count, page, pages }: ListPage<unknown>): string =>
      count === 0
        ? 'No session is open. `/session start` begins one.'
        : `**${counted(count, 'session')}**${pages === 1 ? '' : ` · page ${page} of ${pages}`}`,
    listed: (overview: SessionOverview, now: number, { states, whereabouts }: Shared): string =>
      sessionLine(overview, now, {
        whereabouts,
        state: states,
        idle: 'Idle',
        directMessage: 'a direct message',
        itself: 'no branch',
        waiting: (count) => `${count} waiting`,
      }),
    moved: ({ session, left: behind, trustEnded }: Changed, where: string): string =>
      `**${plain(session.name)}** works in ${where} from the next message on.` +
      (trustEnded ? '\nIt is not trusted there: hooks, tools and settings of the repository do not run.' : '') +
      (behind === null ? '' : `\n${left(behind.worktree, behind.remains, home)}`),
    remodelled: ({ name, model }: Session): string =>
      `**${plain(name)}** uses ${model === null ? 'its usual model' : code(model, 60)} from the next message on.`,
    attached: ({ name, place }: Session): string =>
      `What is written here goes to **${plain(name)}** (<#${place.id}>), and its answers come here. ` +
      '`/session stop` detaches.',
    resumed: ({ name }: Session): string => `**${plain(name)}** goes on where it was.`,
  }
}

function sessionEnded({ session, name: called, remains, detached }: Ended, home: string | null): string {
  const name = called === null ? 'that session' : `**${plain(called)}**`
  if (detached) return `■ This place is no longer attached to ${name}, which goes on where it is.`
  const { worktree } = session
  const stays =
    worktree === null || remains === null
      ? `${folder(session.workdir, home)} stays as it is.`
      : left(worktree, remains, home)
  return `■ ${name} has ended. ${stays} \`/session start\` begins a new one.`
}

const folders = (paths: readonly string[]): string =>
  paths
    .slice(0, 5)
    .map((path) => code(path, 80))
    .join(', ') + (paths.length > 5 ? ', …' : '')

const reasons = {
  uncommitted: 'uncommitted work',
  unmerged: 'commits that are not merged anywhere',
  unfinished: 'a merge or rebase that is not finished',
  stashed: 'stashed changes',
  unknown: 'something I could not check',
}

function left(worktree: Worktree, remains: Remains, home: string | null): string {
  if (remains.kind === 'removed') return 'Everything it had done is merged, so its worktree and branch were removed.'
  if (remains.kind === 'gone') return `Its worktree is gone already; the branch ${code(worktree.branch, 80)} stays.`
  return (
    `Its worktree has ${reasons[remains.why]}, so it stays: ${folder(worktree.folder, home)} on ` +
    `${code(worktree.branch, 80)}. A session of the same name takes it up again.`
  )
}
