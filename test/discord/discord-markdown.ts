/** How Discord's own client reads a message, as far as code, quotations and links go (its rules are those of simple-markdown). */
export interface Read {
  readonly code: string
  readonly prose: string
  /** Addresses whose page Discord would fetch to show a preview. */
  readonly previews: readonly string[]
  /** What is hidden until somebody clicks on it. */
  readonly spoilers: readonly string[]
  /** Links whose words stand for the address. */
  readonly masked: readonly string[]
}

const rules = {
  escape: /^\\[^0-9A-Za-z\s]/,
  block: /^```(?:[a-z0-9_+\-.#]+?\n)?\n*([^\n][^]*?)\n*```/i,
  code: /^(`+)([\s\S]*?[^`])\1(?!`)/,
  angled: /^<https?:\/\/[^\s>]+>/,
  link: /^\[(?:\[[^\]]*\]|[^[\]]|\](?=[^[]*\]))*\]\(\s*<?(https?:\/\/(?:\([^)]*\)|[^\s\\]|\\.)*?)>?(?:\s+['"][\s\S]*?['"])?\s*\)/,
  spoiler: /^\|\|([\s\S]+?)\|\|/,
  url: /^https?:\/\/[^\s<]+[^<.,:;"'\]\s]/,
}

export function discordReads(text: string): Read {
  const all = { code: '', prose: '', previews: [] as string[], masked: [] as string[], spoilers: [] as string[] }
  for (const part of partsOf(text)) read(part, all)
  return all
}

/** Lines of a quotation belong together and are read without their sign. */
function partsOf(text: string): readonly string[] {
  const parts: { quoted: boolean; lines: string[] }[] = []
  let isOpen = false
  for (const line of text.split('\n')) {
    // A code block that is open takes lines with such a sign for code.
    const quoted: boolean = !isOpen && line.startsWith('> ')
    const last = parts.at(-1)
    const bare = quoted ? line.slice(2) : line
    if (!quoted && line.split('```').length % 2 === 0) isOpen = !isOpen
    if (last?.quoted === quoted) last.lines.push(bare)
    else parts.push({ quoted, lines: [bare] })
  }
  return parts.map(({ lines }) => lines.join('\n'))
}

function read(
  text: string,
  all: { code: string; prose: string; previews: string[]; masked: string[]; spoilers: string[] },
): void {
  for (let rest = text; rest !== '';) {
    const escape = rules.escape.exec(rest)
    const block = rules.block.exec(rest)
    const code = rules.code.exec(rest)
    const angled = rules.angled.exec(rest)
    const link = rules.link.exec(rest)
    const url = rules.url.exec(rest)
    const spoiler = rules.spoiler.exec(rest)
    const found = escape ?? block ?? code ?? angled ?? link ?? url ?? spoiler
    if (block !== null) all.code += ` ${block[1]} `
    else if (escape === null && code !== null) all.code += ` ${code[2]} `
    else if (found === link && link !== null) all.masked.push(link[0])
    else if (found === url && url !== null) all.previews.push(url[0])
    else if (found === spoiler && spoiler !== null) all.spoilers.push(spoiler[0])
    else all.prose += found?.[0] ?? rest[0]
    rest = rest.slice(found?.[0].length ?? 1)
  }
}
