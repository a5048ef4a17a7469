import type { Journal } from '../core/journal.ts'
import type { Outbox, OutboxNeeds } from '../core/message.ts'
import type { Vault } from '../core/vault.ts'
import { Reconciler, type ReconcilerTools } from './reconciler.ts'
import { Runs } from './runs.ts'

export interface OutboxOptions extends Omit<ReconcilerTools, 'chat' | 'signal' | 'postings'> {
  readonly journal: Journal
  readonly vault: Vault
}

/** Everything that stands in Discord, kept as it should be. */
export function createOutbox(options: OutboxOptions, needs: OutboxNeeds): Outbox {
  const { postings } = options.vault
  const reconciler = new Reconciler({ ...options, ...needs, postings })
  const runs = new Runs({ ...options, ...needs, reconciler })
  const listening = needs.bus.subscribe((entry) => runs.take(entry))
  return {
    say: (note) => reconciler.say(note),
    async resume() {
      await runs.resume()
      await reconciler.resumeNotes()
    },
    look: () => reconciler.look(),
    placeChanged: (where) => reconciler.placeChanged(where),
    settles: (ids, ms) =>
      reconciler.settles(
        ids.map((run) => `run:${run}` as const),
        ms,
      ),
    get closed() {
      return reconciler.closed
    },
    async close() {
      listening[Symbol.dispose]()
      await reconciler.close()
    },
  }
}
