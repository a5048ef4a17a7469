import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { operationTexts } from '../../src/oracle/spec.ts'
import type { Route } from '../../src/rest/route.ts'

/**
 * Writes the part of `discord-api-spec`'s interface `Paths` that the sandbox serves as types of our own: which keys an
 * operation takes, and what it gives. The package's own file cannot be imported for its types: it is TypeScript source
 * with `const enum`, which `erasableSyntaxOnly` refuses, and a type from a development dependency would not reach
 * whoever installs the sandbox.
 */

/** What a bot sent and gets back as it was is checked by the rules and the oracle; its types are a third of the file. */
const ECHOED = /^(\w+ComponentResponse|MessageEmbedResponse|ApplicationCommand\w+OptionResponse)$/

/** Optional members of an answer that this Discord never sends. */
const UNSENT = new Set(
  (
    'activity application call lobby_member mention_channels ' +
    'resolved purchase_notification role_subscription_data shared_client_theme sticker_items stickers ' +
    'install_params integration_types_config activity_instance source_guild source_channel'
  ).split(' '),
)

interface Source {
  version: string
  operations: ReturnType<typeof operationTexts>
  types: Map<string, string>
  /** whether its members are numbers or strings */
  enums: Map<string, 'number' | 'string'>
}

function readSource(): Source {
  const main = fileURLToPath(import.meta.resolve('discord-api-spec')).replace(/\.js$/, '.ts')
  const whole = readFileSync(main, 'utf8')
  const text = whole.replaceAll(/\/\*[\s\S]*?\*\//g, '')
  const pack = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.resolve('discord-api-spec')), 'utf8'),
  ) as { version: string }
  const types = new Map<string, string>()
  for (const [, name = '', type = ''] of text.matchAll(/^ ?export type (\w+) =([\s\S]*?)(?=^ ?export |(?![\s\S]))/gm)) {
    types.set(name, type.trim().replace(/;$/, ''))
  }
  const enums = new Map<string, 'number' | 'string'>()
  for (const [, name = '', body = ''] of text.matchAll(/^ ?export const enum (\w+) \{([\s\S]*?)^ ?\}/gm)) {
    enums.set(name, /= "/.test(body) ? 'string' : 'number')
  }
  return { version: pack.version, operations: operationTexts(whole), types, enums }
}

/** Members of an object type's text, nested ones with their braces. */
function membersOf(text: string): { key: string; optional: boolean; type: string }[] {
  const members = []
  let depth = 0
  let start = 1
  for (let at = 1; at < text.length; at++) {
    const character = text[at] ?? ''
    if ('{[('.includes(character)) depth++
    if ('}])'.includes(character)) depth--
    const ends = (character === ';' && depth === 0) || depth < 0
    if (!ends) continue
    const one = /^\s*"?([\w$]+)"?(\?)?:([\s\S]*)$/.exec(text.slice(start, at))
    if (one) members.push({ key: one[1] ?? '', optional: one[2] === '?', type: (one[3] ?? '').trim() })
    start = at + 1
  }
  return members
}

/** Names in a type's text. */
const namesIn = (text: string) => [...text.matchAll(/\b[A-Z]\w+/g)].map(([name]) => name)

class Describing {
  readonly #source: Source
  readonly shapes = new Map<string, string>()

  constructor(source: Source) {
    this.#source = source
  }

  /** A type of an answer in our words; what it names is taken in too. */
  answer(text: string): string {
    const plain = this.#plain(text)
    for (const name of namesIn(plain)) {
      const type = this.#source.types.get(name)
      if (type === undefined || this.shapes.has(name)) continue
      this.shapes.set(name, '')
      this.shapes.set(name, type.startsWith('{') ? this.#object(type) : this.answer(type))
    }
    return plain
  }

  #object(type: string): string {
    const kept = membersOf(type)
      .filter((one) => !(one.optional && UNSENT.has(one.key)))
      .map((one) => `${one.key}${one.optional ? '?' : ''}: ${this.answer(one.type)}`)
    return kept.length === 0 && type.includes('[') ? this.answer(type) : `{ ${kept.join('; ')} }`
  }

  /** Enums become what their members are made of, aliases of numbers and strings likewise. */
  #plain(text: string): string {
    const words = text.replaceAll(/\b([A-Z]\w+)(\.\w+)?\b/g, (word, name: string) => {
      const { enums, types } = this.#source
      if (enums.has(name)) return enums.get(name) ?? ''
      if (ECHOED.test(name)) return 'unknown'
      const alias = types.get(name)
      return alias === 'string' || alias === 'number' ? alias : word
    })
    const flat = words.replaceAll(/\s+/g, ' ').replaceAll(/(^|[(:]) ?\| /g, '$1 ')
    const once = flat.replaceAll(/\b(number|string|unknown)( \| \1\b)+/g, '$1').replaceAll(/\( ?(\w+) ?\)/g, '$1')
    return once.trim()
  }

  /** Every key that a request's type has at its top, in any of its variants. */
  takes(text: string): string[] {
    const keys = new Set<string>()
    const look = (type: string) => {
      if (type.startsWith('{')) for (const { key } of membersOf(type)) keys.add(key)
      else for (const name of namesIn(type)) look(this.#source.types.get(name) ?? '')
    }
    look(text.trim())
    return [...keys].toSorted()
  }
}

/** Which file a shape is written to: the first whose shapes lead to it. What no other takes is in the last. */
const FILES: readonly { file: string; from: readonly string[] }[] = [
  { file: 'messages.ts', from: ['MessageResponse'] },
  { file: 'guilds.ts', from: ['GuildWithCountsResponse', 'PrivateGuildMemberResponse', 'UserPIIResponse'] },
  { file: 'applications.ts', from: ['PrivateApplicationResponse', 'ApplicationCommandResponse'] },
  { file: 'places.ts', from: [] },
]

const NOTICE = (version: string) =>
  `// Generated by test/oracle/write-described.ts from discord-api-spec ${version} (MIT, (c) RiskyMH), cut to what the\n` +
  '// sandbox serves.\n'

/** The generated files by name. */
export function describeServed(routes: readonly Route[]): Map<string, string> {
  const source = readSource()
  const all = new Describing(source)
  const answers: string[] = []
  const bodies: string[] = []
  const names = routes.filter((one) => one.door !== 'person').map((one) => `${one.method} ${one.path}`)
  for (const name of [...new Set(names)].toSorted()) {
    const operation = source.operations.get(name)
    if (!operation) throw new Error(`discord-api-spec has no ${name}: a route must be one of Discord's, or a person's`)
    const gives = [...operation.responses]
      .filter(([status]) => status.startsWith('2'))
      .map(([status, type]) => `${status}: ${type === 'unknown' ? 'null' : all.answer(type)}`)
    answers.push(`'${name}': { ${gives.join('; ')} }`)
    const takes = all.takes(operation.request ?? '').map((key) => `'${key}'`)
    if (takes.length > 0) bodies.push(`'${name}': ${takes.join(' | ')}`)
  }

  const home = new Map<string, string>()
  for (const { file, from } of FILES) {
    const reached = new Describing(source)
    for (const name of from.length > 0 ? from : all.shapes.keys()) reached.answer(name)
    for (const name of reached.shapes.keys()) if (all.shapes.has(name) && !home.has(name)) home.set(name, file)
  }
  const whole = (file: string, body: string): [string, string] => {
    const used = [...new Set(namesIn(body))].filter((name) => home.has(name) && home.get(name) !== file).toSorted()
    const imports = FILES.flatMap(({ file: other }) => {
      const wanted = used.filter((name) => home.get(name) === other)
      return wanted.length > 0 ? [`import type { ${wanted.join(', ')} } from './${other}'`] : []
    })
    return [file, `${NOTICE(source.version)}${imports.join('\n')}\n\n${body}\n`]
  }
  const shapes = FILES.map(({ file }) => {
    const own = [...all.shapes.keys()].filter((name) => home.get(name) === file).toSorted()
    return whole(file, own.map((name) => `export type ${name} = ${all.shapes.get(name) ?? ''}`).join('\n'))
  })
  return new Map([
    ...shapes,
    whole(
      'answers.ts',
      `/** What each operation gives when it succeeds: the body by status, null for none. */\nexport interface Answers {\n${answers.join('\n')}\n}`,
    ),
    whole(
      'bodies.ts',
      `/** The keys that each operation's body may have. */\nexport interface Bodies {\n${bodies.join('\n')}\n}`,
    ),
  ])
}
