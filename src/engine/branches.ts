import type { BranchConsent, BranchPress, BranchTaken } from '../core/branch-consent.ts'
import { buttonId } from '../core/button.ts'
import type { Effect } from '../core/effect.ts'
import type { Errands } from '../core/errand.ts'
import type { RunId, SessionId, WorkerId } from '../core/ids.ts'
import type { Outbox } from '../core/message.ts'
import type { Locale } from '../core/person.ts'
import type { Catalogue, Phrases } from '../core/phrases.ts'
import type { Panel } from '../core/panel.ts'
import type { Session, Worktree } from '../core/session.ts'
import type { Vault } from '../core/vault.ts'
import type { BranchHeld, BranchLeft, TakenBack } from '../core/work.ts'
import type { Workspaces } from '../core/workspace.ts'
import { retry } from '../system/back-off.ts'
import { KeyedMutex } from '../system/mutex.ts'
import { EndedRuns, type EndedRunsTools } from './ended-runs.ts'

export interface BranchTools extends EndedRunsTools {
  readonly vault: Vault
  readonly workspaces: (worker: WorkerId | null) => Workspaces
  readonly errands: Pick<Errands, 'leave'>
  readonly outbox: Pick<Outbox, 'say'>
  /** Keeps a panel, and shows it. */
  readonly keep: (effects: readonly Effect[]) => Promise<boolean>
  readonly catalogue: Catalogue
  readonly locale: Locale
}

type Done = (runs: readonly RunId[]) => Promise<void>

/**
 * After each turn, brings what was committed in the session's clone into the repository. Runs
 * that are over stand on a list until that is done, so a turn that ended while nobody looked, or at a death in the middle, is
 * looked at again. Nobody waits for it. What cannot be brought is told in the session's place, once for each commit.
 */
export class Branches {
  readonly #tools: BranchTools
  readonly #ended: EndedRuns
  readonly #deciding = new KeyedMutex()

  constructor(tools: BranchTools) {
    this.#tools = tools
    this.#ended = new EndedRuns(tools, {
      name: 'branches',
      after: ['finished', 'lost', 'forgotten'],
      work: (ended, done) => this.#bringAll(ended, done),
    })
  }

  /** Looks whether a turn has ended. */
  wake(): void {
    this.#ended.wake()
  }

  /** Makes clones of the worktrees that earlier versions made, where nobody works at the moment. */
  async renew(): Promise<void> {
    const { vault } = this.#tools
    for (const session of await retry(this.#tools, 'branches', () => vault.liveSessions())) {
      if (this.#tools.signal.aborted) return
      await this.#renew(session)
    }
  }

  /** Resolves when nothing is being brought any more. */
  close(): Promise<void> {
    return this.#ended.close()
  }

  /** Once for each session, however many of its turns have ended. */
  async #bringAll(ended: readonly RunId[], done: Done): Promise<void> {
    const { journal, vault, signal } = this.#tools
    const turns = new Map<SessionId, readonly RunId[]>()
    for (const run of ended) {
      const found = await journal.run(run)
      if (found !== null) turns.set(found.session, [...(turns.get(found.session) ?? []), run])
    }
    for (const [id, runs] of turns) {
      if (signal.aborted) return
      const session = await vault.session(id)
      if (session === null) continue
      if (session.worktree === null) await this.#tellObeyed(session, runs)
      else await this.#bring(session, session.worktree, runs.at(-1) as RunId)
    }
    await done(ended)
  }

  /** In a folder itself nothing is held back: what its turns have left there for others to obey is said. */
  async #tellObeyed(session: Session, runs: readonly RunId[]): Promise<void> {
    const { journal, workspaces, outbox, log, locale } = this.#tools
    const entries = (await Promise.all(runs.map((run) => journal.read(run)))).flat()
    const began = entries.flatMap(({ at, event }) => (event.type === 'started' ? [at] : []))
    if (began.length === 0) return
    const found = await workspaces(session.worker).obeyedSince(session, Math.min(...began))
    if (found.paths.length === 0) return
    const run = runs.at(-1) as RunId
    log.info({ session: session.id, run, paths: found.paths }, 'obeyed.changed')
    const words = (await journal.run(run))?.prompt.speaker.locale ?? locale
    const text = this.#say(words).obeyedChanged(session, found)
    await outbox.say({ key: `obeyed:${run}`, place: session.place, text, replyTo: null, mention: null })
  }

  async #bring(session: Session, worktree: Worktree, run: RunId): Promise<void> {
    const { workspaces, errands } = this.#tools
    const { worker, id } = session
    if (worktree.borrows === null) return this.#renew(session)
    // There it is done when the machine is there.
    if (worker !== null) return errands.leave(worker, 'branch', { session: id, run })
    await this.brought(id, run, await workspaces(null).takeBack(worktree))
  }

  /** Says what became of a branch, where somebody has to know it. */
  async brought(id: SessionId, run: RunId, taken: TakenBack): Promise<void> {
    const { journal, vault, log, locale } = this.#tools
    const session = await vault.session(id)
    if (session === null || session.worktree === null) return
    const { worktree, name } = session
    if (taken.kind === 'same') return
    if (taken.kind === 'taken') return log.info({ session: session.id, name, commit: taken.commit }, 'branch.taken')
    const words = (await journal.run(run))?.prompt.speaker.locale ?? locale
    if (taken.kind === 'held') return this.#showHeld(session, worktree, taken, words)
    await this.#tellLeft(session, worktree, taken, words)
  }

  /** See `Doors.takeBranch`. One after the other, so that whoever comes second is told of the first. */
  take(id: SessionId, commit: string, press: BranchPress): Promise<BranchTaken> {
    return this.#deciding.run(id, () => this.#take(id, commit, press))
  }

  async #take(id: SessionId, commit: string, { key, person }: BranchPress): Promise<BranchTaken> {
    const { vault, workspaces, clock, log } = this.#tools
    const session = await vault.session(id)
    if (session === null || session.worktree === null) return { kind: 'gone' }
    const { worktree } = session
    const there = workspaces(session.worker)
    const before = await there.takeBack(worktree)
    const known = await vault.branchConsents.of(id, commit)
    const isMine = known?.key === key
    if (before.kind === 'held' && shortOf(before) === commit) {
      const consent = { session: id, commit, key, by: { id: person.id, name: person.name }, at: clock.now() }
      const kept = { ...consent, paths: before.paths }
      // Kept first: after a death in between it is still known who it was.
      await vault.branchConsents.keep(kept)
      const after = await there.takeBack(worktree, commit)
      if (after.kind !== 'taken' && after.kind !== 'same') {
        await vault.branchConsents.drop(kept)
        return this.#leaves(session, worktree, after)
      }
      log.info({ session: id, commit, by: person.name }, 'branch.consented')
      await this.#showTaken(session, worktree, kept)
      return { kind: 'taken', by: null }
    }
    // What an earlier try of this press had not brought over, it brings no more.
    const isLost = known !== null && isMine && before.kind !== 'same' && before.kind !== 'taken'
    if (isLost) await vault.branchConsents.drop(known)
    if (known !== null && !isLost) {
      await this.#showTaken(session, worktree, known)
      return { kind: 'taken', by: isMine ? null : known.by.name }
    }
    if (before.kind === 'held' || before.kind === 'left') return this.#leaves(session, worktree, before)
    await this.#keepPanel(session, commit, this.#say().branchOver(session), [])
    return { kind: 'gone' }
  }

  async #leaves(session: Session, worktree: Worktree, why: BranchHeld | BranchLeft): Promise<BranchTaken> {
    if (why.kind === 'held') await this.#showHeld(session, worktree, why, this.#tools.locale)
    else await this.#tellLeft(session, worktree, why, this.#tools.locale)
    return { kind: why.kind === 'held' ? 'movedOn' : 'left' }
  }

  /** Once for each commit and reason. */
  async #tellLeft(session: Session, worktree: Worktree, taken: BranchLeft, words: Locale): Promise<void> {
    const { outbox, log } = this.#tools
    const { why, commit, detail } = taken
    log.warn({ session: session.id, name: session.name, why, commit, detail }, 'branch.left')
    const text = this.#say(words).branchLeft(session, worktree, taken)
    const key = `branch:${session.id}:${why}:${commit ?? 'unread'}`
    await outbox.say({ key, place: session.place, text, replyTo: null, mention: null })
  }

  /** What waits for an owner's consent. */
  async #showHeld(session: Session, worktree: Worktree, held: BranchHeld, words: Locale): Promise<void> {
    const say = this.#say(words)
    const commit = shortOf(held)
    const button = {
      id: buttonId({ feature: 'branches', verb: 'take', argument: `${session.id}.${commit}` }),
      label: say.buttons.takeOver,
      style: 'plain',
    } as const
    this.#tools.log.info({ session: session.id, commit, paths: held.paths }, 'branch.held')
    await this.#keepPanel(session, commit, say.branchHeld(session, worktree, held.paths, null), [button], words)
  }

  async #showTaken(session: Session, worktree: Worktree, { commit, paths, by }: BranchConsent): Promise<void> {
    await this.#keepPanel(session, commit, this.#say().branchHeld(session, worktree, paths, by.name), [])
  }

  async #keepPanel(
    { id, place }: Session,
    commit: string,
    text: string,
    buttons: Panel['buttons'],
    locale: Locale = this.#tools.locale,
  ): Promise<void> {
    const panel: Panel = { key: `branch:${id}:${commit}`, place, text, locale, buttons, mention: null }
    await this.#tools.keep([{ kind: 'panel', panel }])
  }

  #say(words: Locale = this.#tools.locale): Phrases {
    const { catalogue, locale } = this.#tools
    return catalogue[words] ?? catalogue[locale]
  }

  async #renew(session: Session): Promise<void> {
    const { journal, vault, log } = this.#tools
    const { worktree, id, name, worker } = session
    if (worktree === null || worktree.borrows !== null || session.endedAt !== null || worker !== null) return
    if ((await retry(this.#tools, 'branches', () => journal.openOf(id))).length > 0) return
    const renewed = await this.#tools.workspaces(null).renew(worktree)
    if (typeof renewed === 'string') return log.warn({ session: id, name, why: renewed }, 'worktree.stays')
    // A turn may have begun meanwhile: after it the same is found done already.
    const isKept = await retry(this.#tools, 'branches', () => vault.changeSession(id, { worktree: renewed }))
    log.info({ session: id, name, folder: renewed.folder, kept: isKept }, 'worktree.renewed')
  }
}

/** As a button names a commit: Discord takes a hundred signs. */
function shortOf({ commit }: BranchHeld): string {
  return commit.slice(0, 32)
}
