/**
 * What a person consents to must be what they see. Controls, zero-width and direction marks, tags, fillers and broken
 * halves of characters show nothing, or turn text around: they are written out as `⟨U+202E⟩`.
 */
const unseen =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/gu

/** The text with all that cannot be seen written out; blanks, tabs and line breaks stay. */
export function visible(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(unseen, (character, at: number, whole: string) => {
    const isSeen =
      character === '\n' || character === '\t' || (joiners.has(character) && afterPicture.test(whole.slice(0, at)))
    return isSeen ? character : named(character)
  })
}

/** The same for a shell, to which a CR is no end of a line but a sign of the word before it: another file's name. */
export function visibleCommand(text: string): string {
  return visible(text.replaceAll('\r', named))
}

/** What emoji are put together with; after one, these are part of what is seen. */
const joiners = new Set(['\u200d', '\ufe0f'])
const afterPicture = /\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?$/u

function named(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return `⟨U+${code}⟩`
}

/** A code block that its text cannot end: a blank of no width parts every back-quote from the next. */
export function fenced(text: string, language: string): string {
  const body = text.replace(/`(?=`)/g, '`\u200b')
  // A back-quote right before the closing ones would be taken for one of them.
  return `\`\`\`${language}\n${body}${body.endsWith('`') ? '\u200b' : ''}\n\`\`\``
}

/** Words of an agent among ours: as a quotation, so that they cannot pass for ours. */
export function quoted(text: string): string {
  return text
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n')
}

/** Text from outside with nothing that Discord would draw, link or take for a mention. */
export function literal(text: string): string {
  return visible(text)
    .replace(/[\\`*_~|<>[\]#]/g, '\\$&')
    .replace(/^(\s*)([-+]|\d+\.)(?=\s)/gm, '$1\\$2')
    .replace(/:(?=\/\/)/g, '\\:')
    .replace(/@(?=everyone|here)/gi, '@\u200b')
}
