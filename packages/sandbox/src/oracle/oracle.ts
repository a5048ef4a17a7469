import { DEFECTS } from './defects.ts'
import { DISPATCHES } from './dispatches.ts'
import { loadSpec } from './spec.ts'
import type { Finding } from './finding.ts'
import type { Exchange } from '../rest/edge.ts'
import type { Watcher } from '../sandbox.ts'
import type { Spec } from './spec.ts'
import type { Schema } from './type-text.ts'

export interface OracleReport {
  spec: string
  checked: { requests: number; responses: number; dispatches: number; uncheckedDispatches: number }
  /** findings that a known defect explains, by its id */
  excused: Record<string, number>
  violations: Finding[]
  violationCount: number
}

/** What is kept of violations; the count goes on. */
const KEPT = 100

/** Judges every exchange and dispatch of a sandbox by Discord's own description. */
export class Oracle implements Watcher {
  readonly #spec: Spec
  readonly #checked = { requests: 0, responses: 0, dispatches: 0, uncheckedDispatches: 0 }
  readonly #excused: Record<string, number> = {}
  readonly #violations: Finding[] = []
  #count = 0
  /** Findings so far, those that a known defect explains among them. */
  #found = 0
  /** The last body of each dispatch that had nothing wrong with it. */
  readonly #clean = new Map<string, string>()

  private constructor(spec: Spec) {
    this.#spec = spec
  }

  static async load(): Promise<Oracle> {
    return new Oracle(await loadSpec())
  }

  /** Whether the description knows an operation. */
  knows(method: string, template: string): boolean {
    return this.#spec.operations.has(`${method} ${template}`)
  }

  exchange(exchange: Exchange): void {
    const { method, status, disturbed, template } = exchange
    const where = `${method} ${template === '' ? exchange.path : template}`
    const operation = this.#spec.operations.get(`${method} ${template}`)
    if (!operation) {
      // People's own clients use routes that are no part of the public description.
      if (exchange.isBot) this.#find({ part: 'route', where, status, at: '', message: 'unknown route', value: '' })
      return
    }
    if (exchange.isBot && exchange.requestBody !== undefined && !disturbed && status < 400) {
      this.#checked.requests++
      if (operation.request) this.#judge(operation.request, exchange.requestBody, 'request', where, status)
      else if (Object.keys(Object(exchange.requestBody)).length > 0) {
        this.#find({
          part: 'request',
          where,
          status,
          at: '',
          message: 'takes no body',
          value: short(exchange.requestBody),
        })
      }
    }
    // A fault's answer is meant to be wrong.
    if (disturbed && status !== 429) return
    this.#checked.responses++
    const documented = operation.responses.get(String(status)) ?? operation.responses.get(`${String(status)[0]}XX`)
    if (documented === undefined && !operation.responses.has(String(status))) {
      this.#find({ part: 'status', where, status, at: '', message: 'status is not documented', value: String(status) })
      return
    }
    if (documented == null) {
      if (exchange.responseBody !== undefined) {
        this.#find({
          part: 'response',
          where,
          status,
          at: '',
          message: 'has a body',
          value: short(exchange.responseBody),
        })
      }
      return
    }
    if (exchange.responseBody === undefined && disturbed) return
    this.#judge(documented, plain(exchange.responseBody), 'response', where, status)
  }

  dispatch(name: string, data: unknown): void {
    const shape = DISPATCHES[name]
    if (!shape) {
      this.#checked.uncheckedDispatches++
      return
    }
    this.#checked.dispatches++
    const text = JSON.stringify(data)
    // Everybody who is there gets the same, one after the other.
    if (this.#clean.get(name) === text) return
    const before = this.#found
    const body = JSON.parse(text) as Record<string, unknown>
    for (const [path, schema] of Object.entries(shape.parts ?? {})) {
      for (const part of partsAt(body, path.split('.'))) {
        this.#judge(this.#spec.schema(schema), part, 'dispatch', `${name} ${path}`, 0)
      }
    }
    if (shape.whole) {
      for (const key of shape.whole.extra) delete body[key]
      // Only the gateway tells the membership of who is mentioned.
      for (const mention of (body['mentions'] as Record<string, unknown>[] | undefined) ?? []) delete mention['member']
      this.#judge(this.#spec.schema(shape.whole.schema), body, 'dispatch', name, 0)
    }
    if (this.#found === before) this.#clean.set(name, text)
  }

  report(): OracleReport {
    return {
      spec: this.#spec.version,
      checked: { ...this.#checked },
      excused: { ...this.#excused },
      violations: [...this.#violations],
      violationCount: this.#count,
    }
  }

  /** Throws with every violation so far; the last line of a test. */
  assertClean(): void {
    if (this.#count === 0) return
    const lines = this.#violations.map(
      (one) => `${one.part} of ${one.where} ${one.status || ''} at "${one.at}": ${one.message} — ${one.value}`,
    )
    throw new Error(`${this.#count} differences from Discord's API description:\n${lines.join('\n')}`)
  }

  #judge(schema: Schema, body: unknown, part: Finding['part'], where: string, status: number): void {
    const read = schema.safeParse(body)
    if (read.success) return
    for (const { at, message } of issuesOf(read.error.issues, [])) {
      this.#find({ part, where, status, at: at.join('.'), message, value: short(valueAt(body, at)) })
    }
  }

  #find(finding: Finding): void {
    this.#found++
    const defect = DEFECTS.find((one) => one.explains(finding))
    if (defect) {
      this.#excused[defect.id] = (this.#excused[defect.id] ?? 0) + 1
      return
    }
    this.#count++
    if (this.#violations.length < KEPT) this.#violations.push(finding)
  }
}

/** The values at a path, as many as its lists have; none where there is nothing. */
function partsAt(value: unknown, [step, ...deeper]: readonly string[]): unknown[] {
  if (value === undefined || value === null) return []
  if (step === undefined) return [value]
  const inner = (value as Record<string, unknown>)[step.replace('[]', '')]
  const each = step.endsWith('[]') ? ((inner ?? []) as unknown[]) : [inner]
  return each.flatMap((one) => partsAt(one, deeper))
}

interface Issue {
  code?: string
  path: PropertyKey[]
  message: string
  errors?: Issue[][]
  keys?: string[]
}

/** Leaves of the issues; of a union the branch that came furthest. */
function issuesOf(issues: readonly Issue[], above: readonly PropertyKey[]): { at: string[]; message: string }[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...issue.path]
    const branches = issue.code === 'invalid_union' ? (issue.errors ?? []) : []
    const best = branches.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length)[0]
    if (best && best.length > 0) return issuesOf(best, path)
    const what = issue.keys ? `unknown keys ${issue.keys.join(', ')}` : issue.message
    return [{ at: path.map(String), message: what }]
  })
}

const depth = (issues: readonly Issue[]) => Math.min(...issues.map((issue) => issue.path.length), 99)

function valueAt(body: unknown, at: readonly string[]): unknown {
  return at.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined),
    body,
  )
}

const short = (value: unknown) => (JSON.stringify(value) ?? 'nothing').slice(0, 160)

/** What goes over the wire of a value: no undefined, no prototypes. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown)
}
