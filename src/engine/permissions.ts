import type { Question, Result, Standing, TierChange, TierWish } from '../core/desk.ts'
import type { Refusal } from '../core/failure.ts'
import { isLive } from '../core/lifecycle.ts'
import type { Person } from '../core/person.ts'
import { channelOf, type Place } from '../core/place.ts'
import type { Grant, Scope, Verdict } from '../core/policy.ts'
import type { Rights } from '../core/right.ts'
import type { Vault } from '../core/vault.ts'
import type { Gate } from '../core/gate.ts'
import { stopRun, type StoppingTools } from './stopping.ts'

export interface PermissionTools extends StoppingTools {
  readonly gate: Gate
  readonly rights: () => Rights
  readonly vault: Vault
}

/** Who was given what: giving it, taking it back, and saying why. */
export class Permissions {
  readonly #tools: PermissionTools

  constructor(tools: PermissionTools) {
    this.#tools = tools
  }

  async set(by: Person, place: Place, wish: TierWish): Promise<Result<TierChange>> {
    const { gate, vault, clock, log } = this.#tools
    const { about, tier } = wish
    const verdict = await gate.judge(by, 'permission.set', place)
    if (!verdict.allowed) return no(verdict.refusal)
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
    return { ok: true, value: { about, scope, tier, now, stopped } }
  }

  async show(by: Person, place: Place, about: Person): Promise<Result<Standing>> {
    const { gate, vault } = this.#tools
    const verdict = await gate.judge(by, 'permission.show', place)
    if (!verdict.allowed) return no(verdict.refusal)
    const { tier, ground } = await gate.judge(about, 'prompt', place)
    return { ok: true, value: { about, tier, ground, grants: await vault.grants.of(about.id) } }
  }

  async list(by: Person, place: Place): Promise<Result<readonly Grant[]>> {
    const verdict = await this.#tools.gate.judge(by, 'permission.list', place)
    return verdict.allowed ? { ok: true, value: await this.#tools.vault.grants.all() } : no(verdict.refusal)
  }

  async why(by: Person, place: Place, { about, action, where }: Question): Promise<Result<Verdict>> {
    const { gate } = this.#tools
    for (const each of new Map([place, where].map((one) => [one.id, one])).values()) {
      const verdict = await gate.judge(by, 'why', each)
      if (!verdict.allowed) return no(verdict.refusal)
    }
    if (!Object.hasOwn(this.#tools.rights(), action)) return no({ code: 'action-unknown', action })
    return { ok: true, value: await gate.judge(about, action, where) }
  }

  /** Stops what is at work for somebody who may no longer ask. What waits is judged when its turn comes. */
  async #stopRunsOf(about: Person, by: Person): Promise<number> {
    const { gate, vault, journal } = this.#tools
    const live = (await journal.open()).filter(
      ({ state, prompt }) => isLive(state) && state !== 'stopping' && prompt.speaker.id === about.id,
    )
    const stopped = await Promise.all(
      live.map(async ({ run, session: id, prompt }) => {
        const session = await vault.session(id)
        if (session === null || (await gate.speakerOf(prompt, session)).allowed) return false
        return (await stopRun(run, by.name, this.#tools)) !== null
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

function no(refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal }
}
