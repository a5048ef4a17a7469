import { buttonId } from '../core/button.ts'
import type { DrawnButton } from '../core/chat.ts'
import type { Clock } from '../core/clock.ts'
import type { Entry } from '../core/event.ts'
import { messageOf, type Refusal } from '../core/failure.ts'
import type { Journal } from '../core/journal.ts'
import type { Log } from '../core/log.ts'
import { isExplained } from '../core/past-refusal.ts'
import type { Person } from '../core/person.ts'
import type { Catalogue } from '../core/phrases.ts'
import type { Place } from '../core/place.ts'
import type { Vault } from '../core/vault.ts'
import { background } from '../system/background.ts'
import type { EventBus } from './bus.ts'

export interface PastRefusalTools {
  readonly vault: Pick<Vault, 'refusals'>
  readonly journal: Pick<Journal, 'read'>
  readonly bus: Pick<EventBus, 'subscribe'>
  readonly catalogue: Catalogue
  readonly clock: Clock
  readonly log: Log
}

/** Keeps what people were refused, so that `/why` and the button under a no can explain it. */
export class RefusalBook {
  readonly #tools: PastRefusalTools

  constructor(tools: PastRefusalTools) {
    this.#tools = tools
    tools.bus.subscribe((entry) => background(this.#hear(entry), tools.log, 'refusal.hear'))
  }

  /** See `Desk.refused`. */
  async refused(by: Person, place: Place, key: string, refusal: Refusal): Promise<readonly DrawnButton[]> {
    const { vault, clock, log, catalogue } = this.#tools
    try {
      await vault.refusals.keep({ key, person: by.id, place, at: clock.now(), refusal })
    } catch (error) {
      log.warn({ key, error: messageOf(error) }, 'refusal.unkept')
      return []
    }
    if (!isExplained(refusal)) return []
    const id = buttonId({ feature: 'permissions', verb: 'why', argument: key })
    return [{ id, label: catalogue[by.locale].buttons.why, style: 'plain' }]
  }

  /** A prompt that a cap refused tells itself. */
  async #hear({ run, event }: Entry): Promise<void> {
    if (event.type !== 'refused') return
    const asked = (await this.#tools.journal.read(run)).find((entry) => entry.event.type === 'asked')?.event
    if (asked?.type !== 'asked') return
    const { key, speaker, place } = asked.prompt
    await this.refused(speaker, place, key, event.refusal)
  }
}
