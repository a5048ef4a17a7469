import { createHash } from 'node:crypto'
import type { RunButton, Sheet } from '../core/chat.ts'
import type { RunId } from '../core/ids.ts'

/** How a message looks, before Discord's own words for it. What `Sheet.body` holds. */
export interface Body {
  readonly content: string
  /** The status card: an embed without a title. `steady` is its text but for what changes by itself every second. */
  readonly card: { readonly colour: number; readonly text: string; readonly steady: string } | null
  readonly button: { readonly label: string; readonly id: string } | null
  readonly file: { readonly name: string; readonly text: string } | null
}

/** A part of a run's messages with its body; the hash is made from everything that is seen, running seconds apart. */
export function sheetOf(run: RunId, place: Pick<Sheet, 'part' | 'end' | 'rings'>, body: Body): Sheet {
  const seen = { ...body, card: body.card === null ? null : { colour: body.card.colour, text: body.card.steady } }
  const hash = createHash('sha256').update(JSON.stringify(seen)).digest('base64url').slice(0, 22)
  return { ...place, mark: markOf(run, place.part), hash, text: body.content, body }
}

/** A message that is nothing but text and belongs to no run. */
export function noteOf(content: string): Sheet {
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 22)
  const body: Body = { content, card: null, button: null, file: null }
  return { part: 0, mark: '', hash, text: content, end: content.length, rings: false, body }
}

/** The body of a sheet that this folder drew. */
export function bodyOf(sheet: Sheet): Body {
  // Nobody else makes sheets for this chat: `Sheet.body` is opaque on purpose.
  return sheet.body as Body
}

const prefix = 'omc:stop:'

/** Names a run's part. */
export function markOf(run: RunId, part: number): string {
  return `${run}.${part}`
}

/** The button of a part as the custom id that Discord keeps for us (100 characters at most; a run id has 36). */
export function customIdOf(mark: string): string {
  return prefix + mark
}

/** The button behind a custom id, or null when it is none of ours. */
export function buttonOf(customId: string): RunButton | null {
  const run = customId.startsWith(prefix) ? customId.slice(prefix.length, customId.lastIndexOf('.')) : ''
  return run === '' ? null : { action: 'stop', run: run as RunId }
}
