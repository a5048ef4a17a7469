import type { PlaceId } from '../../core/ids.ts'
import type { Person } from '../../core/person.ts'
import type { Place } from '../../core/place.ts'
import { BoundedMap } from '../../system/bounded-map.ts'
import type { PageDoors } from './doors.ts'
import type { Visit, Visits } from './visits.ts'

/** Who a visitor is by now. `unknown`: Discord cannot say, and the operator has not named them either. */
export type Visitor = { readonly is: 'owner'; readonly person: Person } | { readonly is: 'nobody' | 'unknown' }

type GuestDoors = Pick<PageDoors, 'clock' | 'timings'> & {
  readonly gate: Pick<PageDoors['gate'], 'personNow' | 'judgeFor' | 'sees'>
}

interface Known<Answer> {
  readonly at: number
  readonly answer: Promise<Answer>
}

/**
 * Who visits, and what exists for them. Looking is judged by what was true within `standingEveryMs`; whoever does
 * something is judged at that moment.
 */
export class Guests {
  readonly #doors: GuestDoors
  readonly #visits: Pick<Visits, 'isOpen'>
  readonly #standings = new BoundedMap<string, Known<Visitor>>(100)
  readonly #sights = new BoundedMap<string, Known<boolean>>(5_000)

  constructor(doors: GuestDoors, visits: Pick<Visits, 'isOpen'>) {
    this.#doors = doors
    this.#visits = visits
  }

  /** `afresh`: as they are at this moment. */
  standing(visit: Visit, afresh = false): Promise<Visitor> {
    if (afresh) this.#standings.delete(visit.name)
    return this.#known(this.#standings, visit.name, () => this.#judge(visit))
  }

  /** Whether the place exists for them: see `Gate.sees`. */
  sees({ id }: Person, place: Place | PlaceId): Promise<boolean> {
    const looks = (): Promise<boolean> => this.#doors.gate.sees({ id, name: '', locale: 'en', roles: [] }, place)
    return this.#known(this.#sights, `${id}:${typeof place === 'string' ? place : place.id}`, looks)
  }

  /** The same at this moment, for what they do. */
  seesNow(person: Person, place: Place): Promise<boolean> {
    this.#sights.delete(`${person.id}:${place.id}`)
    return this.sees(person, place)
  }

  async #judge(visit: Visit): Promise<Visitor> {
    const { gate } = this.#doors
    const { person, place } = visit.guest
    // A page that stays open listens on by itself, long after its visit has run out.
    if (!(await this.#visits.isOpen(visit))) return { is: 'nobody' }
    const now = await gate.personNow(person, place).catch(() => 'unread' as const)
    const isHere = now !== null && now !== 'unread'
    const as = isHere ? now : { ...person, roles: [] }
    const { allowed, ground } = await gate.judgeFor(as, 'page', { kind: 'global' }, place)
    // Of who has left, or cannot be read, only whom the operator has named is known.
    if (isHere ? allowed : ground.kind === 'owner-user') return { is: 'owner', person: as }
    return { is: now === 'unread' ? 'unknown' : 'nobody' }
  }

  #known<Answer>(kept: BoundedMap<string, Known<Answer>>, name: string, ask: () => Promise<Answer>): Promise<Answer> {
    const { clock, timings } = this.#doors
    const at = clock.monotonic()
    const known = kept.get(name)
    if (known !== undefined && at - known.at < timings.standingEveryMs) return known.answer
    const answer = ask()
    kept.set(name, { at, answer })
    answer.catch(() => kept.delete(name))
    return answer
  }
}
