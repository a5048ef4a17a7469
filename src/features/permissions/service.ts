import type { Result } from '../../core/desk.ts'
import type { Doors } from '../../core/doors.ts'
import { isLive } from '../../core/lifecycle.ts'
import type { Person } from '../../core/person.ts'
import { channelOf, type Place } from '../../core/place.ts'
import type { PastRefusal } from '../../core/past-refusal.ts'
import type { Grant, Ground, Owners, Scope, Verdict } from '../../core/policy.ts'
import { no, yes } from '../../core/result.ts'
import type { Tier } from '../../core/right.ts'
import { seenGrants, type SeenGrants } from '../../core/seen-grants.ts'

export type PermissionDoors = Pick<
  Doors,
  'gate' | 'owners' | 'features' | 'vault' | 'journal' | 'stopRun' | 'clock' | 'log' | 'audit'
>

/** Somebody's tier as an owner wants it; null: the grant is taken back. A thread's channel is its parent. */
export interface TierWish {
  readonly about: Person
  readonly tier: Tier | null
  readonly scope: 'here' | 'channel' | 'global'
}

export interface TierChange {
  readonly about: Person
  readonly scope: Scope
  readonly tier: Tier | null
  /** What they are now in the place where it was said. */
  readonly now: Tier
  /** Runs of theirs that were stopped, because they may no longer ask. */
  readonly stopped: number
}

export interface TierStanding {
  readonly about: Person
  readonly tier: Tier
  readonly ground: Ground
  /** Their grants that the reader may hear of, also those that do not decide here. */
  readonly grants: readonly Grant[]
}

/** A refusal and why it was. */
export interface Explained {
  readonly past: PastRefusal
  /** What the gate says now, where it was the gate; null: it was not. */
  readonly verdict: Verdict | null
  readonly owners: Owners
}

export interface WhyQuestion {
  readonly about: Person
  /** As typed. */
  readonly action: string
  readonly where: Place
}

/** Who was given what: giving it, taking it back, and saying why. */
export class Permissions {
  readonly #doors: PermissionDoors

  constructor(doors: PermissionDoors) {
    this.#doors = doors
  }

  async set(by: Person, place: Place, wish: TierWish): Promise<Result<TierChange>> {
    const { gate, vault, clock, log } = this.#doors
    const { about, tier } = wish
    const scope = scopeOf(wish.scope, place)
    if (scope === null) return no({ code: 'place-unsupported' })
    // The owner of a thread is no owner of its channel: nobody gives what they have not got.
    const wide = await gate.judgeFor(by, 'permission.set', scope, place)
    if (!wide.allowed) return no({ code: 'scope-too-wide', scope: scope.kind })
    const configured = gate.unGranted(about, place).ground.kind
    if (configured !== 'none') return no({ code: 'owner-by-configuration', person: about.id })
    if (tier === null) await vault.grants.remove(about.id, scope)
    else await vault.grants.set({ person: about.id, scope, tier, by: by.id, at: clock.now() })
    log.info({ by: by.id, about: about.id, tier, scope }, 'permission.set')
    const stopped = await this.#stopRunsOf(about, by)
    const now = (await gate.judge(about, 'prompt', place)).tier
    return yes({ about, scope, tier, now, stopped })
  }

  async show(by: Person, place: Place, about: Person): Promise<TierStanding> {
    const { gate, vault } = this.#doors
    const { tier, ground } = await gate.judge(about, 'prompt', place)
    const { seen } = await seenGrants(by, await vault.grants.of(about.id), gate)
    return { about, tier, ground, grants: seen }
  }

  async list(by: Person): Promise<SeenGrants> {
    const { gate, vault } = this.#doors
    return seenGrants(by, await vault.grants.all(), gate)
  }

  /** What the gate would answer somebody there: asked of the gate itself. */
  async why(by: Person, { about, action, where }: WhyQuestion): Promise<Result<Verdict>> {
    const { gate, features } = this.#doors
    if (!(await gate.sees(by, where))) return no({ code: 'place-unsupported' })
    const there = await gate.judge(by, about.id === by.id ? 'why' : 'why.others', where)
    if (!there.allowed) return no(there.refusal)
    if (!Object.hasOwn(features().rights, action)) return no({ code: 'action-unknown', action })
    return yes(await gate.judge(about, action, where))
  }

  /**
   * What a person was refused, by its key or (null) the latest, with what the gate says of it now. A place that they no
   * longer see is not told of. Null: nothing is known.
   */
  async past(person: Person, key: string | null): Promise<Explained | null> {
    const { gate, vault, owners } = this.#doors
    const past = await vault.refusals.of(person.id, key)
    if (past === null || !(await gate.sees(person, past.place))) return null
    const { refusal, place } = past
    const verdict = refusal.code === 'not-allowed' ? await gate.judgeNow(person, refusal.action, place) : null
    return { past, verdict, owners }
  }

  /** Stops what is at work for somebody who may no longer ask. What waits is judged when its turn comes. */
  async #stopRunsOf(about: Person, by: Person): Promise<number> {
    const { gate, vault, journal, stopRun } = this.#doors
    const live = (await journal.open()).filter(
      ({ state, prompt }) => isLive(state) && state !== 'stopping' && prompt.speaker.id === about.id,
    )
    const stopped = await Promise.all(
      live.map(async (open) => {
        const session = await vault.session(open.session)
        if (session === null || (await gate.speakerOf(open.prompt, session)).allowed) return false
        return (await stopRun(open.run, by.name)) !== null
      }),
    )
    return stopped.filter(Boolean).length
  }
}

/** Null: a direct message is no scope of its own; whoever writes there is covered by `global`. */
function scopeOf(wish: TierWish['scope'], place: Place): Scope | null {
  if (wish === 'global') return { kind: 'global' }
  if (place.kind === 'dm') return null
  if (wish === 'here' && place.kind === 'thread') return { kind: 'thread', id: place.id }
  return { kind: 'channel', id: channelOf(place) }
}
