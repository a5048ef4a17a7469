import { Problem } from '../core/failure.ts'
import { fine, type Finding } from '../core/finding.ts'

/** More than this, and moments that people read are wrong; */
const toldFromMs = 60_000
/** more than this, and logins, signatures and everything that expires are (SPEC F9). */
const refusedFromMs = 30 * 60_000

/** How far our clock is from Discord's, by the dates of its answers (to a second). */
export class Skew {
  #ms: number | null = null

  /** Takes in an answer's `Date` header, at a moment of our clock. */
  learn(date: string | null, now: number): void {
    const theirs = date === null ? Number.NaN : Date.parse(date)
    if (Number.isFinite(theirs)) this.#ms = now - theirs
  }

  /** Positive: ours is ahead. Null: no answer has told yet. */
  get ms(): number | null {
    return this.#ms
  }

  /** Why nothing can be begun with this clock; null: it can. */
  get refusal(): Problem | null {
    const { level, text, mend } = skewFinding(this.#ms)
    return level === 'error' ? new Problem('refused', `${text} ${mend ?? ''}`) : null
  }
}

export function skewFinding(ms: number | null): Finding {
  const id = 'clock'
  const off = Math.abs(ms ?? 0)
  if (ms === null || off < toldFromMs) return fine(id, 'The clock is right.')
  const text = `This machine's clock is ${Math.round(off / 60_000)} min ${ms > 0 ? 'ahead of' : 'behind'} Discord's.`
  const mend = 'Set it, and keep it set: timedatectl set-ntp true'
  return off < refusedFromMs ? { id, level: 'warning', text, mend } : { id, level: 'error', stopsAll: true, text, mend }
}
