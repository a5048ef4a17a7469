import type { Rendering } from '../core/chat.ts'
import type { Phrases } from '../core/phrases.ts'
import { bodyOf, withBody, type Body } from './rendering.ts'

/** Files of ours go up to this many characters: Discord takes 10 MiB. */
const fileLimit = 2_000_000

/** A rendering said plainer (see `Chat.plainer`). `asks`: its buttons stay, people answer by them. Pure. */
export function plainerRendering(rendering: Rendering, plainness: number, asks: boolean, say: Phrases): Rendering {
  const body = bodyOf(rendering)
  const words = body.content === '' ? (body.card?.text ?? '') : body.content
  const buttons: Partial<Body> = asks && plainness < 3 && body.rows !== undefined ? { rows: body.rows } : {}
  const shown: Partial<Body> = body.shown === undefined ? {} : { shown: body.shown }
  const bare = { card: null, button: null, ...buttons }
  // A panel stays one as long as it can: what stands as a panel takes no edit that is none.
  const panel: Partial<Body> = body.panel === undefined ? {} : { panel: body.panel }
  if (plainness <= 1) return withBody(rendering, { ...bare, ...panel, ...shown, content: words, file: body.file })
  if (plainness === 2 && body.content !== '') {
    const text = body.file === null ? words : `${words}\n\n${body.file.text}`
    const file = { name: 'message.md', text: text.length > fileLimit ? `${text.slice(0, fileLimit)}…` : text }
    return withBody(rendering, { ...bare, content: say.messages.refusedInFile(), file })
  }
  return withBody(rendering, { ...bare, content: say.messages.refused(), file: null })
}
