import type { RunEvent } from '../core/event.ts'

/** The same events with neighbouring pieces of one block joined: a model may send a word at a time. */
export function coalesce(events: readonly RunEvent[]): readonly RunEvent[] {
  const joined: RunEvent[] = []
  for (const event of events) {
    const last = joined.at(-1)
    if (event.type === 'said' && last?.type === 'said' && last.block === event.block && !last.whole) {
      joined[joined.length - 1] = event.whole ? event : { ...event, text: last.text + event.text }
    } else joined.push(event)
  }
  return joined
}
