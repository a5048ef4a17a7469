import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { schemaOfType } from './type-text.ts'
import type { Names, Schema } from './type-text.ts'

/** What the description says of one operation. */
export interface Operation {
  /** undefined: it takes no body */
  request: Schema | undefined
  /** documented statuses; `null` for those that promise nothing of a body */
  responses: Map<string, Schema | null>
}

/** Discord's OpenAPI description as the npm package `discord-api-spec` carries it. */
export interface Spec {
  version: string
  /** `GET /channels/{channel_id}` → operation */
  operations: Map<string, Operation>
  /** a component schema by name, strict about unknown keys */
  schema(name: string): Schema
}

type Module = Record<string, unknown>

let known: Promise<Spec> | null = null

/** The description: never changed, so it is read once in a process, however many oracles hold a Discord against it. */
export function loadSpec(): Promise<Spec> {
  return (known ??= readSpec())
}

/**
 * Reads the description. The package is a development dependency: an installed product has no oracle, and asking for
 * one fails with what to install.
 *
 * Two things are repaired on a copy in memory, because they cannot be configured (facts/discord.md 3, defects 4 and 5):
 * moments may carry an offset, and our own answers may carry no key that the description does not know.
 */
async function readSpec(): Promise<Spec> {
  let main: string
  try {
    main = import.meta.resolve('discord-api-spec')
  } catch (cause) {
    throw new Error('The oracle needs the development dependency discord-api-spec: run npm install.', { cause })
  }
  const zodUrl = import.meta.resolve('discord-api-spec/zod')
  const zodText = await readFile(fileURLToPath(zodUrl), 'utf8')
  const typesText = await readFile(fileURLToPath(main).replace(/\.js$/, '.ts'), 'utf8')
  const enums = (await import(main)) as Module
  const lenient = await importPatched(zodText, false)
  const strict = await importPatched(zodText, true)

  const namesIn = (schemas: Module): Names => ({
    schema: (name) => {
      const schema = schemas[`${name}Schema`]
      if (!isSchema(schema)) throw new Error(`discord-api-spec has no schema for ${name}`)
      return schema
    },
    member: (enumName, member) => {
      const value = (enums[enumName] as Record<string, unknown> | undefined)?.[member]
      if (typeof value !== 'string' && typeof value !== 'number')
        throw new Error(`discord-api-spec has no ${enumName}.${member}`)
      return value
    },
  })
  const forRequests = namesIn(lenient)
  const forAnswers = namesIn(strict)
  const operations = new Map<string, Operation>()
  for (const [key, text] of operationTexts(typesText)) {
    const responses = new Map<string, Schema | null>()
    for (const [status, type] of text.responses) {
      // Errors are intersections, which cannot be strict on either side.
      const schemaNames = status.startsWith('2') ? forAnswers : forRequests
      responses.set(status, type === 'unknown' ? null : schemaOfType(type, schemaNames, status.startsWith('2')))
    }
    const hasBody = text.request !== undefined && text.request !== 'undefined'
    operations.set(key, {
      request: hasBody ? schemaOfType(text.request ?? '', forRequests, false) : undefined,
      responses,
    })
  }
  const pack = JSON.parse(await readFile(new URL('../package.json', main), 'utf8')) as { version: string }
  return { version: pack.version, operations, schema: (name) => forAnswers.schema(name) }
}

async function importPatched(text: string, strict: boolean): Promise<Module> {
  const patched = text
    .replace('from "zod/mini"', `from ${JSON.stringify(import.meta.resolve('zod/mini'))}`)
    .replaceAll('z.iso.datetime()', 'z.iso.datetime({ offset: true })')
    .replace('let zObject = z.object', strict ? 'let zObject = z.strictObject' : 'let zObject = z.object')
  return (await import(`data:text/javascript,${encodeURIComponent(patched)}`)) as Module
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && 'safeParse' in value
}

interface OperationText {
  request: string | undefined
  responses: Map<string, string>
}

/** Cuts the interface `Paths` into its operations, by the package's fixed indentation. */
export function operationTexts(text: string): Map<string, OperationText> {
  const start = text.indexOf('export interface Paths {')
  if (start < 0)
    throw new Error('discord-api-spec no longer has an interface Paths: the oracle must learn its new shape')
  const lines = text.slice(start, text.indexOf('\n}\n', start)).split('\n')
  const found = new Map<string, OperationText>()
  let path = ''
  let operation: OperationText = { request: undefined, responses: new Map() }
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ''
    const pathLine = /^  "(\/[^"]*)": \{$/.exec(line)
    const methodLine = /^    (get|post|put|patch|delete): \{$/.exec(line)
    const member = /^(      requestBody\?|        "([0-9X]{3})"):(.*)$/.exec(line)
    if (pathLine) path = pathLine[1] ?? ''
    else if (methodLine) {
      operation = { request: undefined, responses: new Map() }
      found.set(`${methodLine[1]?.toUpperCase()} ${path}`, operation)
    } else if (member) {
      const indent = /^ */.exec(line)?.[0].length ?? 0
      const parts = [member[3] ?? '']
      // A type goes on while lines are indented deeper, and may close at its own depth.
      for (;;) {
        const next = lines[index + 1] ?? ''
        const depth = /^ */.exec(next)?.[0].length ?? 0
        if (next === '' || depth < indent || (depth === indent && !/^ *[}\])]/.test(next))) break
        parts.push(next)
        index++
      }
      const type = parts.join('\n').trim().replace(/;$/, '')
      if (member[2] === undefined) operation.request = type
      else operation.responses.set(member[2], type)
    }
  }
  return found
}
