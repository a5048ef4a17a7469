import { notice, say, type Json } from './lines.ts'

/** What somebody said to a question: the result, or that it failed. */
export type Answer = { readonly result: Json } | { readonly failed: true }

interface Open {
  readonly thread: string
  readonly answer: (answer: Answer) => void
}

/** The server's own requests, counted from 0 for the whole process. */
export class Asks {
  readonly #open = new Map<number, Open>()
  #next = 0

  /** Asks, and waits as long as it takes. */
  ask(method: string, thread: string, params: Json): Promise<Answer> {
    const id = this.#next++
    say({ method, id, params })
    return new Promise((answer) => this.#open.set(id, { thread, answer }))
  }

  /** Takes an answer; one to a question that is not open is ignored. */
  answer(id: unknown, line: Json): void {
    const open = typeof id === 'number' ? this.#open.get(id) : undefined
    if (open === undefined) return
    this.#open.delete(id as number)
    notice('serverRequest/resolved', { threadId: open.thread, requestId: id })
    open.answer('result' in line ? { result: line['result'] as Json } : { failed: true })
  }

  /** The turn is over: its questions are nobody's any more. */
  forget(thread: string): void {
    for (const [id, open] of this.#open) {
      if (open.thread !== thread) continue
      this.#open.delete(id)
      notice('serverRequest/resolved', { threadId: thread, requestId: id })
    }
  }
}
