import type { Chat } from '../core/chat.ts'
import type { PersonId } from '../core/ids.ts'
import { messageOf } from '../core/failure.ts'
import type { Log } from '../core/log.ts'
import type { Owners } from '../core/policy.ts'
import type { Vault } from '../core/vault.ts'

export interface OwnersTools {
  readonly chat: Pick<Chat, 'holdersOf'>
  readonly vault: Pick<Vault, 'grants' | 'liveSessions'>
  readonly owners: Owners
  readonly log: Log
}

/** So many are told of one thing. */
const mostTold = 5

/**
 * Whom to tell of what keeps people from working: the operator's owner, and those with the owners' role. Where Discord does
 * not list a server's members for the bot (that takes an intent of its own), of the latter those whom the bot has met:
 * who gave others a tier, or started a session.
 */
export async function ownersToTell({ chat, vault, owners, log }: OwnersTools): Promise<readonly PersonId[]> {
  const named = owners.user === null ? [] : [owners.user as PersonId]
  const met = await Promise.all([vault.grants.all(), vault.liveSessions()]).then(
    ([grants, sessions]) => [...grants.map(({ by }) => by), ...sessions.map(({ owner }) => owner)],
    () => [],
  )
  try {
    const holders = owners.role === null ? [] : await chat.holdersOf(owners.role, [...new Set(met)])
    return [...new Set([...named, ...holders])].slice(0, mostTold)
  } catch (error) {
    if (named.length === 0) throw error
    log.debug({ error: messageOf(error) }, 'owners.unread')
    return named
  }
}
