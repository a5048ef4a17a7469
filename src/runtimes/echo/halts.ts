import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { noTokens } from '../../core/spending.ts'
import type { ScriptStep } from './script.ts'
import type { FromAgent } from './wire.ts'

/** How far a prompt has come. */
interface Progress {
  readonly uuid: string
  readonly text: string
  /** Steps of it that are done. */
  readonly done: number
}

/** Where the echo agent stands still: what it has used is told then, and what is done stays done. */
export class Halts {
  readonly #file: string
  readonly #tell: (line: FromAgent) => void
  readonly #waiting = new Map<string, () => void>()

  /** `file`: where it is written down how far the prompt has come, for the process after this one. */
  constructor(file: string, tell: (line: FromAgent) => void) {
    this.#file = file
    this.#tell = tell
  }

  go(point: string): void {
    this.#waiting.get(point)?.()
  }

  /** Steps of a prompt that need not be done again, because it goes on where it was stopped. */
  doneOf({ text, goesOn }: { readonly text: string; readonly goesOn: boolean }): number {
    if (!goesOn || !existsSync(this.#file)) return 0
    const before = JSON.parse(readFileSync(this.#file, 'utf8')) as Progress
    return before.text === text ? before.done : 0
  }

  async spend(
    { tokens, usd, model }: Extract<ScriptStep, { do: 'spend' }>,
    progress: Progress,
    stopped: AbortSignal,
  ): Promise<void> {
    stopped.throwIfAborted()
    this.#tell({ is: 'used', model, tokens: { ...noTokens, output: tokens }, costUsd: usd })
    writeFileSync(this.#file, JSON.stringify(progress), { mode: 0o600 })
    const id = `${progress.uuid}:point:${progress.done}`
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.set(id, resolve)
    stopped.addEventListener('abort', () => reject(new Error('stopped')), { once: true })
    this.#tell({ is: 'point', id })
    await promise.finally(() => this.#waiting.delete(id))
    this.#tell({ is: 'passed', id })
  }
}
