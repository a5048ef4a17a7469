import { messageOf } from '../core/failure.ts'
import type { RunId, SessionId } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import type { Outbox } from '../core/message.ts'
import type { Locale } from '../core/person.ts'
import type { Catalogue } from '../core/phrases.ts'
import type { Session } from '../core/session.ts'
import type { Vault } from '../core/vault.ts'
import type { Workspaces } from '../core/workspace.ts'
import { retry, type RetryTools } from '../system/back-off.ts'
import type { EventBus } from './bus.ts'

export interface BranchTools extends RetryTools {
  readonly journal: Journal
  readonly vault: Vault
  readonly bus: EventBus
  readonly workspaces: Workspaces
  readonly outbox: Pick<Outbox, 'say'>
  readonly catalogue: Catalogue
  readonly locale: Locale
}

/** Its mark in the journal. */
const reader = 'branches'
const atOnce = 50

/**
 * After each turn, brings what was committed in the session's clone into the repository. It reads the journal behind a
 * mark of its own, so a turn that ended while nobody looked, or at a death in the middle, is looked at again. Nobody
 * waits for it. What cannot be brought is told in the session's place, once for each commit.
 */
export class Branches {
  readonly #tools: BranchTools
  readonly #listening: Disposable
  #round: Promise<void> | null = null
  #again = false

  constructor(tools: BranchTools) {
    this.#tools = tools
    this.#listening = tools.bus.subscribe(({ event }) => {
      if (event.type === 'finished' || event.type === 'lost' || event.type === 'forgotten') this.wake()
    })
  }

  /** Looks whether a turn has ended. */
  wake(): void {
    if (this.#tools.signal.aborted) return
    this.#again = true
    this.#round ??= this.#rounds()
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
  async close(): Promise<void> {
    this.#listening[Symbol.dispose]()
    await this.#round
  }

  async #rounds(): Promise<void> {
    try {
      while (this.#again && !this.#tools.signal.aborted) {
        this.#again = false
        await retry(this.#tools, 'branches', () => this.#look())
      }
    } catch (error) {
      if (!this.#tools.signal.aborted) this.#tools.log.error({ error: messageOf(error) }, 'branches.failed')
    } finally {
      this.#round = null
    }
  }

  async #look(): Promise<void> {
    const { journal, vault, signal } = this.#tools
    for (;;) {
      const ended = await journal.endedAfter(await vault.reached(reader), atOnce)
      const last = new Map<SessionId, RunId>()
      for (const { run } of ended) {
        const found = await journal.run(run)
        if (found !== null) last.set(found.session, run)
      }
      for (const [id, run] of last) {
        if (signal.aborted) return
        const session = await vault.session(id)
        if (session !== null) await this.#bring(session, run)
      }
      const reached = ended.at(-1)?.ended
      if (reached !== undefined) await vault.reach(reader, reached)
      if (ended.length < atOnce) return
    }
  }

  async #bring(session: Session, run: RunId): Promise<void> {
    const { workspaces, outbox, journal, catalogue, log, locale } = this.#tools
    const { worktree, place, name } = session
    if (worktree === null) return
    if (worktree.borrows === null) return this.#renew(session)
    const taken = await workspaces.takeBack(worktree)
    if (taken.kind === 'same') return
    if (taken.kind === 'taken') return log.info({ session: session.id, name, commit: taken.commit }, 'branch.taken')
    const { why, commit, detail } = taken
    log.warn({ session: session.id, name, why, commit, detail }, 'branch.left')
    const speaker = (await journal.run(run))?.prompt.speaker.locale ?? locale
    const text = (catalogue[speaker] ?? catalogue[locale]).branchLeft(session, worktree, taken)
    const key = `branch:${session.id}:${why}:${commit ?? 'unread'}`
    await outbox.say({ key, place, text, replyTo: null, mention: null })
  }

  async #renew(session: Session): Promise<void> {
    const { workspaces, journal, vault, log } = this.#tools
    const { worktree, id, name } = session
    if (worktree === null || worktree.borrows !== null || session.endedAt !== null) return
    if ((await retry(this.#tools, 'branches', () => journal.openOf(id))).length > 0) return
    const renewed = await workspaces.renew(worktree)
    if (typeof renewed === 'string') return log.warn({ session: id, name, why: renewed }, 'worktree.stays')
    // A turn may have begun meanwhile: after it the same is found done already.
    const isKept = await retry(this.#tools, 'branches', () => vault.changeSession(id, { worktree: renewed }))
    log.info({ session: id, name, folder: renewed.folder, kept: isKept }, 'worktree.renewed')
  }
}
