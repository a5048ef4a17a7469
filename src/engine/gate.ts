import type { Person } from '../core/person.ts'
import type { Place } from '../core/place.ts'
import { judge, type Owners, type Verdict } from '../core/policy.ts'
import type { ActionName } from '../core/right.ts'
import type { Vault } from '../core/vault.ts'

export interface GateTools {
  readonly vault: Vault
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
    const { vault, owners, channelOwnerOnly } = this.#tools
    return judge(person, action, place, { owners, channelOwnerOnly, grants: await vault.grants.of(person.id) })
  }
}
