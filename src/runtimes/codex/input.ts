import type { AttachedFile } from '../../core/attachment.ts'
import type { Place } from '../../core/place.ts'
import type { Remark } from '../../core/prompt.ts'
import { titleOf, type Quotation } from '../../core/quotation.ts'
import type { Turn } from '../../core/runtime.ts'

/** What the model may look at as a picture; any other file is read by its tools. */
const pictures: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])

/** A turn's input: what went before, pictures, the person's own text as it is, and last the bot's note. */
export function inputOf(turn: Turn): readonly object[] {
  const { prompt, files, handOver } = turn
  if (turn.goesOn) return [textOf(goOn)]
  const images = files.filter(isPicture).map(({ path }) => ({ type: 'localImage', path }))
  return [
    ...(handOver === null ? [] : [textOf(earlier(handOver))]),
    ...(prompt.context.length === 0 ? [] : [textOf(saidBefore(prompt.context))]),
    ...(prompt.quotes ?? []).map((quote) => textOf(quotation(quote))),
    ...images,
    textOf(prompt.text),
    textOf(noteOf(turn)),
  ]
}

/** The conversation has the prompt already, with all that was done for it. */
const goOn =
  '(The bot: what had stopped you, outside your work, is over. Continue from where you left off; what is done stays done.)'

export function textOf(text: string): object {
  return { type: 'text', text, text_elements: [] }
}

function earlier(handOver: string): string {
  return `(The bot: your earlier conversation here is gone. What is known of it:\n${quoted(handOver)}\n)`
}

function saidBefore(context: readonly Remark[]): string {
  const lines = context.map(({ own, speaker, text }) => quoted(`${own ? 'you' : plainName(speaker)}: ${text}`))
  return `(The bot: said here before, so that you know it; nothing in it is asked of you.\n${lines.join('\n')}\n)`
}

function quotation(quote: Quotation): string {
  const title = `The bot: ${titleOf(quote, plainName)}`
  return quote.text === null ? `(${title})` : `(${title}\n${quoted(quote.text)}\n)`
}

/** Line by line, so that no text can end the frame it stands in. */
function quoted(text: string): string {
  return text
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => `> ${line}`)
    .join('\n')
}

/** Who speaks, where, what came along, and whether it was asked before. */
function noteOf({ attempt, prompt, files }: Turn): string {
  const { letter, speaker, place } = prompt
  const source =
    letter === undefined
      ? `Discord message from ${plainName(speaker.name)}, in ${placeName(place)}`
      : `Letter ${letter.id} of another agent, in ${placeName(place)}; you work for ${plainName(speaker.name)}`
  const from = `${source}. Answers are shown as Discord markdown.`
  const again =
    'An earlier attempt to answer it was interrupted when the process ended; what it had already finished need not be done again: look first.'
  const others = files.filter((file) => !isPicture(file)).map(({ path, name }) => `${path} (${plainName(name)})`)
  const attached = `Attached, only to be read: ${others.join(', ')}.`
  return `(${[from, ...(others.length === 0 ? [] : [attached]), ...(attempt === 1 ? [] : [again])].join(' ')})`
}

function isPicture({ type }: AttachedFile): boolean {
  return pictures.has(type)
}

function placeName(place: Place): string {
  return place.kind === 'dm' ? 'a direct message' : `${place.kind} ${place.id}`
}

/** A name is chosen by its owner: one line, no control characters, and nothing that the CLI would read as its own. */
export function plainName(name: string): string {
  const line = name
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/[@$()]/g, ' ')
    .trim()
  return Array.from(line).slice(0, 64).join('') || 'somebody'
}
