import type { Log } from '../core/log.ts'
import type { Person } from '../core/person.ts'
import type { Place } from '../core/place.ts'
import { judge, judgeFor, type Access, type Grant, type Owners, type Scope, type Verdict } from '../core/policy.ts'
import type { Prompt } from '../core/prompt.ts'
import { reaches, type ActionName } from '../core/right.ts'
import type { Session } from '../core/session.ts'
import type { Vault } from '../core/vault.ts'

export interface GateTools {
  readonly vault: Vault
  readonly log: Log
  readonly owners: Owners
  /** OMC_CHANNEL_OWNER_ONLY */
  readonly channelOwnerOnly: boolean
}

/** The gate with the grants as they are now. A store that cannot be read lets nobody in: it rejects. */
export class Gate {
  readonly #tools: GateTools

  constructor(tools: GateTools) {
    this.#tools = tools
  }

  async judge(person: Person, action: ActionName, place: Place): Promise<Verdict> {
    const verdict = judge(person, action, place, this.#access(await this.#grantsOf(person)))
    const { allowed, tier } = verdict
    this.#tools.log.debug({ person: person.id, action, place: place.id, tier, allowed }, 'gate.asked')
    return verdict
  }

  /** The same for what holds in a whole scope: see `judgeFor`. */
  async judgeFor(person: Person, action: ActionName, scope: Scope, place: Place): Promise<Verdict> {
    return judgeFor(person, action, scope, place, this.#access(await this.#grantsOf(person)))
  }

  /** What a person is in a place without any grant: by the operator's configuration alone. */
  unGranted(person: Person, place: Place): Verdict {
    return judge(person, 'prompt', place, this.#access([]))
  }

  /**
   * The speaker of a prompt as they stand now, in the place where they asked and in the session's own: the lesser of
   * the two.
   */
  async speakerOf(prompt: Prompt, session: Session): Promise<Verdict> {
    const there = await this.judge(prompt.speaker, 'prompt', prompt.place)
    if (session.place.id === prompt.place.id || !there.allowed) return there
    const at = await this.judge(prompt.speaker, 'prompt', session.place)
    return at.allowed && reaches(at.tier, there.tier) ? there : at
  }

  #grantsOf(person: Person): Promise<readonly Grant[]> {
    return this.#tools.vault.grants.of(person.id)
  }

  #access(grants: readonly Grant[]): Access {
    const { owners, channelOwnerOnly } = this.#tools
    return { owners, channelOwnerOnly, grants }
  }
}
