import { randomUUID } from 'node:crypto'
import { authorityOf, type HostPort, type HostQuestion } from '../core/egress.ts'
import type { SessionId } from '../core/ids.ts'

export type HostVerdict = 'let-through' | 'refuse'

/** How many hosts of a session are asked about at once; a box that names ever new ones is refused beyond that. */
const mostAtOnce = 10

interface Standing {
  readonly question: HostQuestion
  readonly waiting: Set<(verdict: HostVerdict) => void>
}

/** What a session has asked and heard in one turn, by the host's name. */
interface Turn {
  readonly began: number
  readonly standing: Map<string, Standing>
  readonly verdicts: Map<string, HostVerdict>
}

/**
 * Closed hosts that somebody waits for: one question for a host at a time, however many connections wait. It stands until
 * it is answered, also when nobody waits any more, because programs wait for less long than people think. The answer
 * holds for the rest of the turn, so that a build with forty connections is one question.
 */
export class Questions {
  readonly #turns = new Map<SessionId, Turn>()
  readonly #asked: (question: HostQuestion) => void

  constructor(asked: (question: HostQuestion) => void) {
    this.#asked = asked
  }

  /** Those without an answer. */
  get all(): readonly HostQuestion[] {
    return [...this.#turns.values()].flatMap(({ standing }) => [...standing.values()].map(({ question }) => question))
  }

  /** Resolves with the answer, whenever that comes; `left` says that whoever asks waits no longer. */
  ask(session: SessionId, turn: number, { host, port }: HostPort, left: AbortSignal): Promise<HostVerdict> {
    const { standing, verdicts } = this.#turnOf(session, turn)
    const name = authorityOf({ host, port })
    const known = verdicts.get(name)
    if (known !== undefined) return Promise.resolve(known)
    let asked = standing.get(name)
    if (asked === undefined) {
      if (standing.size >= mostAtOnce) return Promise.resolve('refuse')
      asked = { question: { id: randomUUID(), session, host, port }, waiting: new Set() }
      standing.set(name, asked)
      this.#asked(asked.question)
    }
    const { waiting } = asked
    return new Promise((resolve) => {
      waiting.add(resolve)
      const leave = (): void => {
        waiting.delete(resolve)
        resolve('refuse')
      }
      left.addEventListener('abort', leave, { once: true })
    })
  }

  /** Answers a question for all who wait, and for the rest of the turn. */
  answer(id: string, verdict: HostVerdict): void {
    for (const { standing, verdicts } of this.#turns.values()) {
      for (const [name, { question, waiting }] of standing) {
        if (question.id !== id) continue
        standing.delete(name)
        verdicts.set(name, verdict)
        for (const resolve of waiting) resolve(verdict)
      }
    }
  }

  /** Forgets all sessions but these. */
  keep(sessions: ReadonlySet<SessionId>): void {
    for (const session of this.#turns.keys()) if (!sessions.has(session)) this.#turns.delete(session)
  }

  #turnOf(session: SessionId, began: number): Turn {
    const known = this.#turns.get(session)
    if (known?.began === began) return known
    // Who still waits from the turn before is nobody's any more.
    for (const { waiting } of known?.standing.values() ?? []) for (const resolve of waiting) resolve('refuse')
    const turn: Turn = { began, standing: new Map(), verdicts: new Map() }
    this.#turns.set(session, turn)
    return turn
  }
}
