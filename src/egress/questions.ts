import { randomUUID } from 'node:crypto'
import type { HostPort, HostQuestion } from '../core/egress.ts'
import type { SessionId } from '../core/ids.ts'
import { authorityOf } from './authority.ts'

export type HostVerdict = 'let-through' | 'refuse'

/** How many hosts of a session are asked about at once; a box that names ever new ones is refused beyond that. */
const mostAtOnce = 10

interface Standing {
  readonly question: HostQuestion
  readonly waiting: Set<(verdict: HostVerdict) => void>
}

/**
 * Closed hosts that somebody waits for: one question for a host at a time, however many connections wait. What was
 * answered holds for the rest of the turn, so that a build with forty connections is one question.
 */
export class Questions {
  readonly #standing = new Map<string, Standing>()
  readonly #answered = new Map<SessionId, { readonly turn: number; readonly verdicts: Map<string, HostVerdict> }>()
  readonly #tell: { asked(question: HostQuestion): void; gone(question: HostQuestion): void }

  constructor(tell: { asked(question: HostQuestion): void; gone(question: HostQuestion): void }) {
    this.#tell = tell
  }

  /** Those without an answer. */
  get all(): readonly HostQuestion[] {
    return [...this.#standing.values()].map(({ question }) => question)
  }

  /** Resolves with the answer, whenever that comes; `left` says that whoever asks waits no longer. */
  ask(session: SessionId, turn: number, { host, port }: HostPort, left: AbortSignal): Promise<HostVerdict> {
    const name = authorityOf({ host, port })
    const known = this.#verdictsOf(session, turn).get(name)
    if (known !== undefined) return Promise.resolve(known)
    const key = `${session} ${name}`
    let standing = this.#standing.get(key)
    if (standing === undefined) {
      if (this.all.filter((each) => each.session === session).length >= mostAtOnce) return Promise.resolve('refuse')
      standing = { question: { id: randomUUID(), session, host, port }, waiting: new Set() }
      this.#standing.set(key, standing)
      this.#tell.asked(standing.question)
    }
    const { question, waiting } = standing
    return new Promise((resolve) => {
      waiting.add(resolve)
      left.addEventListener(
        'abort',
        () => {
          resolve('refuse')
          if (!waiting.delete(resolve) || waiting.size > 0 || this.#standing.get(key)?.question !== question) return
          this.#standing.delete(key)
          this.#tell.gone(question)
        },
        { once: true },
      )
    })
  }

  /** Answers a question for all who wait, and for the rest of the turn. Null: it no longer stands. */
  answer(id: string, verdict: HostVerdict): HostQuestion | null {
    for (const [key, { question, waiting }] of this.#standing) {
      if (question.id !== id) continue
      this.#standing.delete(key)
      this.#answered.get(question.session)?.verdicts.set(authorityOf(question), verdict)
      for (const resolve of waiting) resolve(verdict)
      return question
    }
    return null
  }

  /** Forgets all sessions but these. */
  keep(sessions: ReadonlySet<SessionId>): void {
    for (const session of this.#answered.keys()) if (!sessions.has(session)) this.#answered.delete(session)
  }

  #verdictsOf(session: SessionId, turn: number): Map<string, HostVerdict> {
    const known = this.#answered.get(session)
    if (known?.turn === turn) return known.verdicts
    const verdicts = new Map<string, HostVerdict>()
    this.#answered.set(session, { turn, verdicts })
    return verdicts
  }
}
