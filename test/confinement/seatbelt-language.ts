/** What somebody wants of the kernel: an operation, and what it is about. */
export interface Wish {
  readonly operation: string
  readonly path?: string
  /** The name of a kernel's variable, a service, a piece of memory, a family of sockets, a process. */
  readonly name?: string
}

type Form = string | { readonly quoted: string } | readonly Form[]

interface Rule {
  readonly verdict: 'allow' | 'deny'
  readonly operations: readonly string[]
  readonly filters: readonly (readonly Form[])[]
}

/**
 * A model of macOS's profiles as far as they are used here: of the rules that match the last one counts
 * (https://dnesting.com/2026/macos-sandbox-sbpl-reference/ has the words, microsoft/mxc the measurements). What it does not
 * know it does not guess.
 */
export class ProfileModel {
  readonly rules: readonly Rule[]
  readonly #paths: Readonly<Record<string, string>>

  constructor(text: string, paths: Readonly<Record<string, string>>) {
    const [version, ...forms] = parsed(text)
    if (JSON.stringify(version) !== '["version","1"]') throw new Error('a profile begins with its version')
    this.rules = forms.map(ruleOf)
    this.#paths = paths
  }

  allows(wish: Wish): boolean {
    const last = this.rules.findLast((rule) => this.#matches(rule, wish))
    return last?.verdict === 'allow'
  }

  #matches({ operations, filters }: Rule, wish: Wish): boolean {
    if (!operations.some((each) => isOf(wish.operation, each))) return false
    return filters.length === 0 || filters.some((filter) => this.#suits(filter, wish))
  }

  #suits([word, value]: readonly Form[], { path, name }: Wish): boolean {
    const text = this.#textOf(value)
    switch (word) {
      case 'literal':
        return path === text
      case 'subpath':
        return path === text || path?.startsWith(`${text}/`) === true
      case 'sysctl-name-prefix':
        return name?.startsWith(text) === true
      case 'sysctl-name':
      case 'global-name':
      case 'ipc-posix-name':
      case 'socket-domain':
      case 'target':
        return name === text
      default:
        throw new Error(`no such filter: ${JSON.stringify(word)}`)
    }
  }

  #textOf(value: Form | undefined): string {
    if (typeof value === 'string') return value
    if (value !== undefined && 'quoted' in value) return value.quoted
    const [word, name] = value ?? []
    const found =
      word === 'param' && typeof name === 'object' && 'quoted' in name ? this.#paths[name.quoted] : undefined
    if (found === undefined) throw new Error(`no such value: ${JSON.stringify(value)}`)
    return found
  }
}

function isOf(operation: string, rule: string): boolean {
  return rule === 'default' || rule === operation || (rule.endsWith('*') && operation.startsWith(rule.slice(0, -1)))
}

function ruleOf(form: Form): Rule {
  if (typeof form === 'string' || 'quoted' in form) throw new Error('a rule is a list')
  const [verdict, ...rest] = form
  if (verdict !== 'allow' && verdict !== 'deny') throw new Error(`no rule: ${JSON.stringify(form)}`)
  const operations = rest.filter((each) => typeof each === 'string')
  const filters = rest.filter((each): each is readonly Form[] => Array.isArray(each))
  if (operations.length + filters.length !== rest.length) throw new Error(`no rule: ${JSON.stringify(form)}`)
  return { verdict, operations, filters }
}

/** Lists, words and strings, by Scheme's own rules. */
function parsed(text: string): readonly Form[] {
  const tokens = [...text.matchAll(/\s+|;.*|([()])|"((?:[^"\\]|\\[^])*)"|([^\s()";]+)/gy)]
  if (tokens.reduce((length, [all]) => length + all.length, 0) !== text.length) throw new Error('it cannot be read')
  const open: Form[][] = [[]]
  for (const [, bracket, quoted, word] of tokens) {
    if (bracket === '(') open.push([])
    else if (bracket === ')') {
      const done = open.pop()
      const around = open.at(-1)
      if (done === undefined || around === undefined) throw new Error('a bracket too many')
      around.push(done)
    } else if (quoted !== undefined) open.at(-1)?.push({ quoted: quoted.replaceAll(/\\([^])/g, '$1') })
    else if (word !== undefined) open.at(-1)?.push(word)
  }
  if (open.length !== 1) throw new Error('a bracket too few')
  return open[0] ?? []
}
