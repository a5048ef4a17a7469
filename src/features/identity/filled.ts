import { gitOriginOf, isGitAddress, plainName, type GitToken, type Identity } from '../../core/identity.ts'

/** What is wrong with a filled-in form. It never says what stood there: that may be a token. */
export type IdentityFault =
  | { readonly what: 'name' | 'address' | 'too-many' }
  /** `line`: from 1. */
  | { readonly what: 'host' | 'token'; readonly line: number }

/** Fields of the form. */
export const fields = { name: 'name', address: 'address', tokens: 'tokens' } as const

const mostTokens = 20
/** Where only the token counts, servers take any name. */
const anyName = 'x-access-token'

/** Reads the form: a token a line, behind its host; `name:token` where the server wants to know whose it is. */
export function readForm(written: Readonly<Record<string, string>>): Identity | IdentityFault {
  const name = plainName(written[fields.name] ?? '')
  if (!/[\p{L}\p{N}]/u.test(name)) return { what: 'name' }
  const email = (written[fields.address] ?? '').trim()
  if (!isGitAddress(email)) return { what: 'address' }
  const tokens: Record<string, GitToken> = {}
  for (const [at, text] of (written[fields.tokens] ?? '').split('\n').entries()) {
    const words = text.trim().split(/\s+/)
    if (words[0] === '') continue
    const origin = gitOriginOf(words[0] ?? '')
    if (origin === null) return { what: 'host', line: at + 1 }
    const token = tokenOf(words.slice(1))
    if (token === null) return { what: 'token', line: at + 1 }
    tokens[origin] = token
  }
  return Object.keys(tokens).length > mostTokens ? { what: 'too-many' } : { name, email, tokens }
}

function tokenOf([word = '', ...more]: readonly string[]): GitToken | null {
  if (more.length > 0 || !/^[\x21-\x7e]{8,500}$/.test(word)) return null
  const at = word.indexOf(':')
  const [username, secret] = at === -1 ? [anyName, word] : [word.slice(0, at), word.slice(at + 1)]
  return username === '' || secret.length < 8 ? null : { username, secret }
}
