import type { Effect } from '../core/effect.ts'
import type { Outbox } from '../core/message.ts'
import { retry, type RetryTools } from '../system/back-off.ts'

/** What was kept to be said is said now; after a death in between the outbox finds it by itself. */
export async function sayEffects(effects: readonly Effect[], outbox: Outbox, tools: RetryTools): Promise<void> {
  for (const effect of effects) {
    if (effect.kind === 'note') await retry(tools, 'note', () => outbox.say(effect.note))
    if (effect.kind === 'panel') await retry(tools, 'panel', () => outbox.show(effect.panel.key))
  }
}
