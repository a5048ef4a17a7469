import type { PlaceId } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import type { Outbox, OutboxNeeds } from '../core/message.ts'
import type { Vault } from '../core/vault.ts'
import { AskListSubject } from './ask-list.ts'
import { ApprovalSubject, putBefore } from './approval.ts'
import { Boards } from './boards.ts'
import { Reconciler, type ReconcilerTools } from './reconciler.ts'
import { Runs } from './runs.ts'

export interface OutboxOptions extends Omit<ReconcilerTools, 'chat' | 'signal' | 'postings'> {
  readonly journal: Journal
  readonly vault: Vault
  /** OMC_AUDIT_CHANNEL_ID */
  readonly auditChannel: PlaceId | null
}

/** Everything that stands in Discord, kept as it should be. */
export function createOutbox(options: OutboxOptions, needs: OutboxNeeds): Outbox {
  const { postings } = options.vault
  const reconciler = new Reconciler({ ...options, ...needs, postings })
  const runs = new Runs({ ...options, ...needs, reconciler })
  const boards = new Boards({ ...options, ...needs, reconciler })
  const listening = needs.bus.subscribe((entry) => {
    runs.take(entry)
    boards.take(entry.event)
  })
  const approvals = { ...options, ...needs, approvals: options.vault.approvals, moved: () => reconciler.look() }
  return {
    ask: (ask, quiet) => putBefore(new ApprovalSubject(ask, quiet, approvals), reconciler),
    askMany: (list, asks) => putBefore(new AskListSubject(list, asks, approvals), reconciler),
    putUpBoard: (place, by, key) => boards.putUp(place, by, key),
    deleted: (place, messages) => boards.deleted(place, messages),
    say: (note) => reconciler.say(note),
    show: (key) => reconciler.show(key),
    async resume() {
      await runs.resume()
      await boards.resume()
      await reconciler.resumeNotes()
    },
    look() {
      reconciler.look()
      boards.look()
    },
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
      await boards.close()
      await reconciler.close()
    },
  }
}
