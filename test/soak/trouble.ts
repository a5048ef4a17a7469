import type { FaultAsked } from 'loopback-discord'
import type { Chance } from '../random.ts'

/** What goes wrong at one moment. */
export type Trouble =
  | { readonly name: string; readonly faults: readonly FaultAsked[] }
  | { readonly name: 'kill -9 of the bot'; readonly faults: null }

const messages = '/channels/\\d+/messages'

/** Everything that can go wrong, in an order of the seed's: all of it before anything comes again. */
export class Troubles {
  readonly #chance: Chance
  #deck: Trouble[] = []

  constructor(chance: Chance) {
    this.#chance = chance
  }

  next(): Trouble {
    if (this.#deck.length === 0) this.#deck = deal(this.#chance)
    const [drawn] = this.#deck.splice(this.#chance.between(0, this.#deck.length - 1), 1)
    return drawn ?? kill
  }
}

const kill: Trouble = { name: 'kill -9 of the bot', faults: null }

/** One of each kind. Nothing here lasts: each fault strikes a few times and is spent. */
function deal(chance: Chance): Trouble[] {
  const times = (): number => chance.between(1, 3)
  const method = (): 'POST' | 'PATCH' => chance.pick(['POST', 'PATCH'])
  const limit = {
    retryAfter: 0.5,
    scope: chance.pick(['user', 'shared', 'global'] as const),
    headers: chance.next() < 0.7,
    html: chance.next() < 0.3,
  }
  const one = (name: string, ...faults: readonly FaultAsked[]): Trouble => ({ name, faults })
  return [
    kill,
    kill,
    kill,
    one('socket', { kind: 'gateway.disconnect' }),
    one('op 7', { kind: 'gateway.reconnect' }),
    one('op 9', { kind: 'gateway.invalidate', resumable: chance.next() < 0.5 }),
    one('refused resume', { kind: 'gateway.refuseResume', times: 1 }, { kind: 'gateway.disconnect' }),
    one('429', { kind: 'rest.limit', method: method(), path: messages, times: times(), ...limit }),
    one('5xx', { kind: 'rest.error', status: chance.pick([500, 502, 503]), path: messages, times: times() }),
    one('broken before', { kind: 'rest.drop', when: 'before', method: method(), path: messages, times: times() }),
    one('post broken after', { kind: 'rest.drop', when: 'after', method: 'POST', path: messages, times: times() }),
    one('edit broken after', { kind: 'rest.drop', when: 'after', method: 'PATCH', path: messages, times: times() }),
    one('slow answers', { kind: 'rest.hold', path: messages, ms: chance.between(300, 2000), times: times() }),
    one('duplicates', { kind: 'gateway.duplicate', times: 6 }),
    one('reorders', { kind: 'gateway.reorder', event: 'MESSAGE_(CREATE|UPDATE)', times: 4 }),
    one('late events', { kind: 'gateway.delay', ms: chance.between(200, 1500), times: 2 }),
    one('lost events', { kind: 'gateway.lose', event: 'MESSAGE_CREATE', times: 1 }),
  ]
}
