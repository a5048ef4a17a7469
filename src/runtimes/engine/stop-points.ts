import type { TurnStanding } from './protocol.ts'

/** Where a turn stands still before its next step, and from where it was let on already. */
export class StopPoints {
  readonly #passed = new Set<string>()

  isOpen({ points }: Pick<TurnStanding, 'points'>): boolean {
    for (const point of points.keys()) if (!this.#passed.has(point)) return true
    return false
  }

  /** The lines that let it on from all of them, once each. */
  pass({ points }: Pick<TurnStanding, 'points'>): readonly string[] {
    const open = [...points].filter(([point]) => !this.#passed.has(point))
    for (const [point] of open) this.#passed.add(point)
    return open.map(([, line]) => line)
  }
}
