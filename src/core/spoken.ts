import { letterText } from './letter.ts'
import { isBlank, type Prompt } from './prompt.ts'

/**
 * What the agent is told of a prompt: in a channel, where several people talk to one agent, who speaks goes before it
 * (`[@alice]: …`). A person can write such a line as well, so theirs lose their form: nobody speaks as somebody else.
 * A letter of another agent stands in a frame of its own.
 */
export function spokenText(
  prompt: Pick<Prompt, 'place' | 'speaker' | 'text' | 'attachments' | 'quotes' | 'letter'>,
): string {
  if (prompt.letter !== undefined) return letterText(prompt.letter, prompt.text)
  const text = isBlank(prompt.text) ? wordless(prompt) : prompt.text
  if (prompt.place.kind !== 'channel') return text
  return `[@${spokenName(prompt.speaker.name)}]: ${text.replaceAll(/^(\s*)\[(?=\s*@)/gmu, '$1［')}`
}

function wordless({ text, attachments, quotes = [] }: Pick<Prompt, 'text' | 'attachments' | 'quotes'>): string {
  if (quotes.some((quote) => quote.kind !== 'opening' && quote.text !== null))
    return '(no words of their own, only what is quoted above)'
  // Discord's clients make this file of a message that is longer than Discord takes.
  if (attachments.some(({ name, type }) => name === 'message.txt' && type.startsWith('text/')))
    return '(their words are the attached message.txt: it was too long for a message of Discord; read it as the prompt)'
  return attachments.length > 0 ? '(no words, only what is attached)' : text
}

/** A name is chosen by its bearer: here it is one short line with nothing in it that could end the prefix. */
function spokenName(name: string): string {
  const line = name
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/[[\]]/g, '')
    .replaceAll('@', '＠')
    .trim()
  return Array.from(line).slice(0, 64).join('') || 'somebody'
}
