import type { Drawing, Rendering } from '../core/chat.ts'
import type { Catalogue, Phrases } from '../core/phrases.ts'
import type { SecretScan } from '../core/secret-scan.ts'
import type { Timings } from '../core/timings.ts'
import { textOf, type RunView } from '../core/view.ts'
import { cardOf } from './card.ts'
import { renderingOf, type Body } from './rendering.ts'
import { messageLimit, split, tailOf } from './split.ts'

/** SPEC F6: over five messages the rest is a file. */
const mostMessages = 5
const restFile = 'answer.md'

/** One message's share of the answer. */
interface Page {
  readonly content: string
  readonly end: number
  readonly file: Body['file']
}

/**
 * The messages that should stand in the place for a run: the answer in parts, the status card under the last of them,
 * and for a long run one more at its end that rings. Pure.
 */
export function draw(
  drawing: Drawing,
  catalogue: Catalogue,
  scan: SecretScan,
  { ringAfterMs }: Pick<Timings, 'ringAfterMs'>,
): readonly Rendering[] {
  const { view } = drawing
  const say = catalogue[view.prompt.speaker.locale]
  // Here it is still whole: a secret that is cut over two messages, or has come half, would be known by nobody.
  const { text, hits } = scan.mask(textOf(view), view.run.state !== 'over')
  const pages = pagesOf(text, drawing, say)
  // A part that is closed for good cannot carry the card, so the card goes on in a message of its own.
  if (pages.length === drawing.frozen.length) pages.push({ content: '', end: pages.at(-1)?.end ?? 0, file: null })
  const rings = isLongOver(view, ringAfterMs)
  const renderings = pages.map((page, part) => {
    const isLast = part === pages.length - 1
    // At the end of a long run its line is a message of its own; the card stays where people want to read the steps.
    const withCard = isLast && (!rings || page.content === '' || drawing.verbosity === 'full')
    const card = withCard ? cardOf(drawing, part, say, hits.length) : { card: null, button: null }
    return renderingOf(
      view.id,
      { part, end: page.end, rings: false },
      { content: page.content, file: page.file, ...card },
    )
  })
  if (rings) renderings.push(doneLine(renderings.length, text.length, view, say))
  // A run that is about to start at once has nothing to say yet.
  return renderings.filter(({ text, body }) => text !== '' || (body as Body).card !== null)
}

function pagesOf(text: string, { view, frozen }: Drawing, say: Phrases): Page[] {
  const most = Math.max(mostMessages, frozen.length + 1)
  const slices = split(text, { limit: messageLimit, frozen, most: most + 1, foreign: true })
  // A frozen part longer than a message showed only its end at the time (below): its text has never been seen whole.
  const unseen = slices.find((slice) => slice.drawn.length > messageLimit)
  if (slices.length <= most && unseen === undefined) {
    return slices.map(({ drawn, end }) => ({ content: drawn, end, file: null }))
  }
  const before = slices.slice(0, unseen === undefined ? most - 1 : frozen.length)
  const pages: Page[] = before.map(({ drawn, end }) => ({
    content: drawn.length > messageLimit ? firstPart(drawn) : drawn,
    end,
    file: null,
  }))
  const line = say.restInFile(restFile)
  const room = messageLimit - line.length - 8
  const from = before.at(-1)?.end ?? 0
  if (view.run.state !== 'over') {
    // While it grows, the last message shows what is said right now.
    pages.push({ content: `…\n${tailOf(text, from, room)}\n\n${line}`, end: text.length, file: null })
    return pages
  }
  const ends = before.map((slice) => slice.end)
  const next = split(text, { limit: room, frozen: ends, most: ends.length + 1, foreign: true })[ends.length]
  const content = next === undefined ? line : `${next.drawn}\n\n${line}`
  const rest = text.slice(unseen?.start ?? next?.end ?? from)
  pages.push({ content, end: text.length, file: { name: restFile, text: rest } })
  return pages
}

/** The one message of a long run that rings. A prompt without a message to reply to is named in the text. */
function doneLine(part: number, end: number, view: RunView, say: Phrases): Rendering {
  const { message, speaker } = view.prompt
  const content = firstPart(message === null ? `<@${speaker.id}> ${say.over(view)}` : say.over(view))
  return renderingOf(view.id, { part, end, rings: true }, { content, card: null, button: null, file: null })
}

/** Whether the person has likely looked away: what they took back themselves before it began rings nobody. */
function isLongOver(view: RunView, ringAfterMs: number): boolean {
  if (view.endedAt === null || (view.startedAt === null && view.refusal === null)) return false
  return view.endedAt - view.askedAt > ringAfterMs
}

function firstPart(text: string): string {
  return split(text, { limit: messageLimit, frozen: [], most: 1 })[0]?.drawn ?? ''
}
