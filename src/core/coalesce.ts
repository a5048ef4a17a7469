import type { RunEvent } from './event.ts'

/**
 * The same events with neighbouring pieces of one block joined: a model may send a word at a time. What completes a
 * block stays an event of its own, so that the pieces alone make the text for whoever listens only to them.
 */
export function coalesce(events: readonly RunEvent[]): readonly RunEvent[] {
  const joined: RunEvent[] = []
  for (const event of events) {
    const last = joined.at(-1)
    if (isPiece(event) && last !== undefined && isPiece(last) && last.block === event.block)
      joined[joined.length - 1] = { ...event, text: last.text + event.text }
    else joined.push(event)
  }
  return joined
}

function isPiece(event: RunEvent): event is Extract<RunEvent, { type: 'said' }> {
  return event.type === 'said' && !event.whole
}
