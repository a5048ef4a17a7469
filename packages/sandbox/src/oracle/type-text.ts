import * as z from 'zod/mini'

export type Schema = z.ZodMiniType

/** Finds what a name in the text stands for: a schema, or a member of an enum such as `ChannelTypes.DM`. */
export interface Names {
  schema(name: string): Schema
  member(enumName: string, member: string): string | number
}

const TOKEN = /\s+|\/\*[\s\S]*?\*\/|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|[A-Za-z_$][\w$]*|\[\]|[[\](){}|&;:?.,]/y

function tokensOf(text: string): string[] {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(text)
    if (!match) throw new Error(`The oracle cannot read a type at: ${text.slice(at, at + 60)}`)
    if (!/^(\s|\/\*)/.test(match[0])) tokens.push(match[0])
  }
  return tokens
}

/**
 * Makes a schema of a type written in TypeScript, as far as the package's `Paths` goes: names, unions, arrays, literals
 * and plain objects. TypeScript 7 has no compiler API that could do it.
 */
export function schemaOfType(text: string, names: Names, strict: boolean): Schema {
  const tokens = tokensOf(text)
  let at = 0
  const peek = () => tokens[at]
  const take = (expected?: string): string => {
    const token = tokens[at++]
    if (token === undefined || (expected !== undefined && token !== expected)) {
      throw new Error(`The oracle expected ${expected ?? 'more'} but found ${String(token)} in: ${text.slice(0, 200)}`)
    }
    return token
  }

  const union = (): Schema => {
    if (peek() === '|') take()
    const parts = [intersection()]
    while (peek() === '|') {
      take()
      parts.push(intersection())
    }
    return parts.length === 1 ? (parts[0] as Schema) : z.union(parts)
  }
  const intersection = (): Schema => {
    let left = postfix()
    while (peek() === '&') {
      take()
      left = z.intersection(left, postfix())
    }
    return left
  }
  const postfix = (): Schema => {
    let schema = primary()
    while (peek() === '[]') {
      take()
      schema = z.array(schema)
    }
    return schema
  }
  const primary = (): Schema => {
    const token = take()
    if (token === '(') {
      const inner = union()
      take(')')
      return inner
    }
    if (token === '{') return object()
    if (token.startsWith('"')) return z.literal(JSON.parse(token) as string)
    if (/^-?\d/.test(token)) return z.literal(Number(token))
    switch (token) {
      case 'null':
        return z.null()
      case 'undefined':
      case 'never':
        return z.undefined()
      case 'unknown':
        return z.unknown()
      case 'string':
        return z.string()
      case 'number':
        return z.number()
      case 'boolean':
        return z.boolean()
      case 'true':
        return z.literal(true)
      case 'false':
        return z.literal(false)
      default:
        if (peek() !== '.') return names.schema(token)
        take('.')
        return z.literal(names.member(token, take()))
    }
  }
  const object = (): Schema => {
    const shape: Record<string, Schema> = {}
    let rest: Schema | null = null
    while (peek() !== '}') {
      if (peek() === '[') {
        take('[')
        while (take() !== ']');
        take(':')
        rest = union()
      } else {
        const token = take()
        const key = token.startsWith('"') ? (JSON.parse(token) as string) : token
        const optional = peek() === '?'
        if (optional) take()
        take(':')
        const value = union()
        shape[key] = optional ? z.optional(value) : value
      }
      if (peek() === ';' || peek() === ',') take()
    }
    take('}')
    if (rest) return z.record(z.string(), rest)
    return strict ? z.strictObject(shape) : z.object(shape)
  }
  return union()
}
