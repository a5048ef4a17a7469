import { createHash } from 'node:crypto'
import type { ShownFile } from '../core/attachment.ts'
import { parseButtonId } from '../core/button.ts'
import type { DrawnButton, PanelLook, Rendering } from '../core/chat.ts'
import type { RunId } from '../core/ids.ts'

/** How a message looks, before Discord's own words for it. What `Rendering.body` holds. */
export interface Body {
  readonly content: string
  /** The status card: an embed without a title. `steady` is its text but for what changes by itself every second. */
  readonly card: { readonly colour: number; readonly text: string; readonly steady: string } | null
  readonly button: { readonly label: string; readonly id: string } | null
  readonly file: { readonly name: string; readonly text: string } | null
  /** A file with its bytes, in the place of ours. */
  readonly shown?: ShownFile
  /** Rows of buttons and selects, in the place of the one button. */
  readonly rows?: readonly Row[]
  /** Set for what stands alone: it is drawn as one panel of this colour, in Components V2, with all of it inside. */
  readonly panel?: number
}

/** LOOK.md; every colour has a sign or a word beside it. */
export const colours = { waiting: 0x95a5a6, work: 0x3498db, done: 0x2ecc71, asks: 0xf1c40f, failed: 0xe74c3c } as const

/** Up to five buttons, or one select. */
export type Row =
  | { readonly kind: 'buttons'; readonly buttons: readonly DrawnButton[] }
  | {
      readonly kind: 'select'
      readonly id: string
      readonly placeholder: string
      readonly options: readonly Option[]
      /** How many may be chosen. */
      readonly most: number
    }

export interface Option {
  readonly label: string
  readonly value: string
  readonly description: string
  readonly chosen: boolean
}

/** A part of a run's messages with its body; the hash is made from everything that is seen, running seconds apart. */
export function renderingOf(run: RunId, place: Pick<Rendering, 'part' | 'end' | 'rings'>, body: Body): Rendering {
  return { ...place, mark: markOf(run, place.part), hash: hashOf(body), text: body.content, body }
}

/** One message of an approval with its body. */
export function askRendering(token: string, rings: boolean, body: Body): Rendering {
  return { part: 0, end: 0, rings, mark: token, hash: hashOf(body), text: body.content, body }
}

/** The same message with another look: posted and found as the one it stands for. */
export function withBody(rendering: Rendering, body: Body): Rendering {
  return { ...rendering, hash: hashOf(body), text: body.content, body }
}

function hashOf(body: Body): string {
  const { shown, ...rest } = body
  const seen = {
    ...rest,
    shown: shown?.sha256,
    card: body.card === null ? null : { colour: body.card.colour, text: body.card.steady },
  }
  return createHash('sha256').update(JSON.stringify(seen)).digest('base64url').slice(0, 22)
}

/** A message that is nothing but text, with its buttons, and belongs to no run. */
export function noteOf(
  content: string,
  buttons: readonly DrawnButton[] = [],
  file: ShownFile | null = null,
): Rendering {
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 22)
  const [first] = buttons
  const mark = parseButtonId(first?.id ?? '')?.argument ?? ''
  const rows: { readonly rows?: readonly Row[] } = first === undefined ? {} : { rows: [{ kind: 'buttons', buttons }] }
  const body: Body = {
    content,
    card: null,
    button: null,
    file: null,
    ...rows,
    ...(file === null ? {} : { shown: file }),
  }
  return { part: 0, mark, hash, text: content, end: content.length, rings: false, body }
}

/** A word with buttons, as a panel: yellow while it asks. It is found again by what its buttons are about. */
export function panelRendering(
  key: string,
  content: string,
  buttons: readonly DrawnButton[],
  look: PanelLook = buttons.length === 0 ? 'waiting' : 'asks',
): Rendering {
  const mark = parseButtonId(buttons[0]?.id ?? '')?.argument ?? key
  const rows: readonly Row[] = buttons.length === 0 ? [] : [{ kind: 'buttons', buttons }]
  const panel = colours[look]
  const body: Body = { content, card: null, button: null, file: null, rows, panel }
  return { ...noteOf(content), mark, hash: hashOf(body), body }
}

const boardMark = 'board'

/** A board: a panel whose first line alone tells it from other messages. */
export function boardOf(content: string): Rendering {
  const body: Body = { content, card: null, button: null, file: null, panel: colours.work }
  return { ...noteOf(content), mark: boardMark, hash: hashOf(body), body }
}

/** Whether a text is this rendering's: that of a board is known by its first line. */
export function isTextOf(content: string, { mark, text }: Rendering): boolean {
  return mark === boardMark ? firstLine(content) === firstLine(text) : content === text
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}

/** The body of a rendering that this folder drew. */
export function bodyOf(rendering: Rendering): Body {
  // Nobody else makes renderings for this chat: `Rendering.body` is opaque on purpose.
  return rendering.body as Body
}

/** Names a run's part. */
export function markOf(run: RunId, part: number): string {
  return `${run}.${part}`
}
