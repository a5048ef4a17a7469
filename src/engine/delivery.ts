import type { LinePlace, Spot } from '../core/chat.ts'
import { pause } from '../core/clock.ts'
import type { RunId, SessionId } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import type { Vault } from '../core/vault.ts'
import { viewOf } from '../core/view.ts'
import { background } from '../system/background.ts'
import { Courier, type CourierTools } from './courier.ts'
import type { EventBus } from './bus.ts'
import { Lane } from './lane.ts'

export interface DeliveryTools extends Omit<CourierTools, 'line' | 'questionOf' | 'nameOf' | 'laneOf' | 'deliveries'> {
  readonly journal: Journal
  readonly vault: Vault
  readonly bus: EventBus
  line(run: RunId): LinePlace | null
  questionOf(run: RunId): Spot | null
}

/** Journal → view → chat: one courier for each run that is not settled, one lane for each place. */
export class Delivery {
  readonly #tools: DeliveryTools
  readonly #couriers = new Map<RunId, Courier>()
  readonly #lanes = new Map<string, Lane>()
  readonly #names = new Map<SessionId, string>()
  readonly #listening: Disposable

  constructor(tools: DeliveryTools) {
    this.#tools = tools
    this.#listening = tools.bus.subscribe((entry) => {
      const courier = this.#couriers.get(entry.run)
      if (courier !== undefined) courier.take(entry)
      else if (entry.event.type === 'asked') {
        const view = viewOf([entry])
        background(this.#nameSession(entry.event.prompt.session), this.#tools.log, 'delivery.name')
        this.#add(entry.run, new Courier(entry.run, view, [], this.#courierTools()))
      }
    })
  }

  /** Goes on with what an earlier life left unsaid. Call before anything new is asked. */
  async resume(): Promise<void> {
    const { vault, journal } = this.#tools
    for (const run of await vault.deliveries.unsettled()) {
      const view = viewOf(await journal.read(run))
      if (view === null) continue
      await this.#nameSession(view.prompt.session)
      this.#add(run, new Courier(run, view, await vault.deliveries.of(run), this.#courierTools()))
    }
  }

  /** The queue moved: waiting cards show other places now. */
  look(): void {
    for (const courier of this.#couriers.values()) courier.look()
  }

  /** Resolves when everything about these runs is said, or after `ms`. */
  async settles(runs: readonly RunId[], ms: number): Promise<void> {
    const couriers = runs.flatMap((run) => this.#couriers.get(run) ?? [])
    const { clock, signal } = this.#tools
    await Promise.race([Promise.all(couriers.map((courier) => courier.done)), pause(clock, ms, signal)])
  }

  /** Resolves when every courier has let go (the signal has fired). */
  async close(): Promise<void> {
    this.#listening[Symbol.dispose]()
    this.look()
    await Promise.all([...this.#couriers.values()].map((courier) => courier.done))
  }

  #add(run: RunId, courier: Courier): void {
    this.#couriers.set(run, courier)
    const leaving = courier.done.then(() => this.#couriers.delete(run))
    background(leaving, this.#tools.log, 'delivery.courier')
  }

  async #nameSession(id: SessionId): Promise<void> {
    if (this.#names.has(id)) return
    const session = await this.#tools.vault.session(id)
    if (session !== null) this.#names.set(id, session.name)
  }

  #courierTools(): CourierTools {
    const { chat, clock, signal } = this.#tools
    return {
      ...this.#tools,
      deliveries: this.#tools.vault.deliveries,
      line: (run) => this.#tools.line(run),
      questionOf: (run) => this.#tools.questionOf(run),
      nameOf: (view) => this.#names.get(view.prompt.session) ?? '',
      laneOf: (view) => {
        const place = view.prompt.place.id
        let lane = this.#lanes.get(place)
        if (lane === undefined) this.#lanes.set(place, (lane = new Lane(clock, chat.pace.editEveryMs, signal)))
        return lane
      },
    }
  }
}
