import type { Clock } from '../core/clock.ts'
import type { Entry } from '../core/event.ts'
import type { MessageId, RunId } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import type { Log } from '../core/log.ts'
import { ownerKind, ownerName } from '../core/message.ts'
import type { Vault } from '../core/vault.ts'
import { verbosityBy, verbosityScopes } from '../core/verbosity.ts'
import { viewOf } from '../core/view.ts'
import { retry } from '../system/back-off.ts'
import { background } from '../system/background.ts'
import type { Reconciler } from './reconciler.ts'
import { RunSubject, type Neighbours, type RunTools } from './run.ts'

export interface RunsTools extends RunTools {
  readonly journal: Journal
  readonly vault: Vault
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  readonly reconciler: Reconciler
}

/** Journal → view → messages: every run about which not all is said. */
export class Runs implements Neighbours {
  readonly #tools: RunsTools
  /** In the order in which they were asked. */
  readonly #subjects = new Map<RunId, RunSubject>()

  constructor(tools: RunsTools) {
    this.#tools = tools
  }

  /** An event of a run has happened. */
  take(entry: Entry): void {
    const subject = this.#subjects.get(entry.run)
    if (subject !== undefined) {
      subject.take(entry)
      this.#tools.reconciler.keeperOf(subject.owner)?.look()
      return
    }
    const view = entry.event.type === 'asked' ? viewOf([entry]) : null
    if (view === null) return
    background(this.#begin(new RunSubject(view, entry.seq, this.#tools, this)), this.#tools.log, 'messages of a run')
  }

  /** Goes on with what an earlier life left unsaid. */
  async resume(): Promise<void> {
    const { vault, journal } = this.#tools
    for (const owner of await vault.postings.unsettled()) {
      if (ownerKind(owner) !== 'run') continue
      const entries = await journal.read(ownerName(owner) as RunId)
      const view = viewOf(entries)
      if (view !== null) await this.#begin(new RunSubject(view, entries.at(-1)?.seq ?? 0, this.#tools, this))
    }
  }

  areSilentBefore(subject: RunSubject): boolean {
    for (const other of this.#subjects.values()) {
      if (other === subject) return false
      if (!other.stands && isBeside(other, subject)) return true
    }
    return false
  }

  posted(subject: RunSubject, message: MessageId): void {
    let isBehind = false
    for (const other of this.#subjects.values()) {
      if (other === subject) isBehind = true
      else if (isBehind && isBeside(other, subject)) this.#tellBehind(other, subject, message)
    }
  }

  #tellBehind(other: RunSubject, subject: RunSubject, message: MessageId): void {
    // One that waits is only in line: whoever begins first speaks first. Those of other sessions work side by side.
    const speaksFirst = other.isQueued || other.sessionId === subject.sessionId
    if (!subject.isQueued && speaksFirst) other.comesAfter(message)
    if (!other.stands) this.#tools.reconciler.keeperOf(other.owner)?.look()
  }

  async #begin(subject: RunSubject): Promise<void> {
    const { vault, reconciler, log } = this.#tools
    // From now on it takes in what happens, also while its session is looked up.
    this.#subjects.set(subject.run, subject)
    const session = await retry(this.#tools, 'session', () => vault.session(subject.sessionId))
    subject.session = session?.name ?? ''
    const { place, speaker } = subject.prompt
    const scopes = verbosityScopes(place, speaker.id)
    const set = await retry(this.#tools, 'verbosity', () => vault.verbosities.of(scopes))
    subject.verbosity = verbosityBy(scopes, set).level
    const keeper = await reconciler.keep(subject)
    background(
      keeper.done.then(() => this.#subjects.delete(subject.run)),
      log,
      'messages of a run',
    )
  }
}

function isBeside(one: RunSubject, other: RunSubject): boolean {
  return one.prompt.place.id === other.prompt.place.id
}
