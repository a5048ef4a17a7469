import { z } from 'zod'

const times = z.number().int().min(1).optional()
/** which requests: a method, and a regular expression on the path below /api/v10; only bots' unless `people` */
const requests = {
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).optional(),
  path: z.string().optional(),
  people: z.boolean().optional(),
  times,
}
/** which dispatches: a regular expression on their name; only bots' connections unless `people` */
const dispatches = { event: z.string().optional(), people: z.boolean().optional(), times }
const connections = { people: z.boolean().optional() }

/** Everything that can go wrong on demand. A fault without `times` stays until it is removed. */
export const faultForm = z.discriminatedUnion('kind', [
  /** an error instead of the effect; `code` is Discord's own, 0 where it has none */
  z.object({
    kind: z.literal('rest.error'),
    ...requests,
    status: z.number().int().min(400).max(599).default(500),
    code: z.number().int().min(0).default(0),
  }),
  /** something that is no answer: below 400, and what is said with it is not what was asked for; `effect`: it happens all the same */
  z.object({
    kind: z.literal('rest.odd'),
    ...requests,
    status: z.number().int().min(200).max(399).default(200),
    body: z.string().default(''),
    type: z.string().optional(),
    effect: z.boolean().default(false),
  }),
  /** 429 instead of the effect; `html` is the edge's own page, without JSON */
  z.object({
    kind: z.literal('rest.limit'),
    ...requests,
    /** seconds */
    retryAfter: z.number().min(0).default(1),
    scope: z.enum(['user', 'shared', 'global']).default('user'),
    headers: z.boolean().default(true),
    html: z.boolean().default(false),
  }),
  /** the effect happens; its answer waits for `release()`, or for `ms` */
  z.object({ kind: z.literal('rest.hold'), ...requests, ms: z.number().int().min(0).optional() }),
  /** the connection breaks before the effect, or after it and before the answer */
  z.object({ kind: z.literal('rest.drop'), ...requests, when: z.enum(['before', 'after']).default('after') }),
  z.object({ kind: z.literal('cdn.missing'), times }),
  /** a file waits for `release()`, or for `ms` */
  z.object({ kind: z.literal('cdn.hold'), times, ms: z.number().int().min(0).optional() }),
  z.object({ kind: z.literal('gateway.refuseUpgrade'), ...connections, times, status: z.number().int().default(502) }),
  /** by op 9; by op 9 that says it may be tried again; by closing with 4009; or by never a word, while heartbeats are answered */
  z.object({
    kind: z.literal('gateway.refuseResume'),
    ...connections,
    times,
    how: z.enum(['invalid', 'again', 'closed', 'silent']).default('invalid'),
  }),
  z.object({ kind: z.literal('gateway.refuseIdentify'), ...connections, times, code: z.number().int().default(4000) }),
  z.object({ kind: z.literal('gateway.muteAcks'), ...connections, times }),
  /** everything from this dispatch on comes `ms` later, in order */
  z.object({ kind: z.literal('gateway.delay'), ...dispatches, ms: z.number().int().min(0) }),
  z.object({ kind: z.literal('gateway.duplicate'), ...dispatches }),
  /** comes after the dispatch that follows it */
  z.object({ kind: z.literal('gateway.reorder'), ...dispatches }),
  /** never comes */
  z.object({ kind: z.literal('gateway.lose'), ...dispatches }),
  z.object({ kind: z.literal('gateway.unknownFields'), ...dispatches }),
  z.object({ kind: z.literal('gateway.nullFields'), ...dispatches, fields: z.array(z.string()).min(1) }),
  /** at once: the sockets break without a close frame */
  z.object({ kind: z.literal('gateway.disconnect'), ...connections }),
  /** at once: a close frame with this code */
  z.object({ kind: z.literal('gateway.close'), ...connections, code: z.number().int().min(1000).max(4999) }),
  /** at once: op 7 */
  z.object({ kind: z.literal('gateway.reconnect'), ...connections }),
  /** at once: op 9 */
  z.object({ kind: z.literal('gateway.invalidate'), ...connections, resumable: z.boolean().default(false) }),
])

export type Fault = z.infer<typeof faultForm>
export type FaultAsked = z.input<typeof faultForm>
export type FaultKind = Fault['kind']
type Of<Kind extends FaultKind> = Extract<Fault, { kind: Kind }>

const IMMEDIATE = ['gateway.disconnect', 'gateway.close', 'gateway.reconnect', 'gateway.invalidate'] as const
export type ImmediateFault = Of<(typeof IMMEDIATE)[number]>

/** A fault at work. */
export interface StandingFault {
  readonly id: string
  readonly fault: Fault
  /** how often it struck */
  readonly hits: number
  /** how many answers it holds back right now (rest.hold) */
  readonly held: number
  /** resolves once it has struck this often; at once when it already has */
  struck(count?: number): Promise<void>
  /** lets held answers go (rest.hold) */
  release(): void
  /** ends it, and lets held answers go */
  remove(): void
}

class Standing implements StandingFault {
  readonly id: string
  readonly fault: Fault
  hits = 0
  readonly #waiting = new Set<() => void>()
  readonly #watchers = new Set<() => void>()
  readonly #forget: () => void

  constructor(id: string, fault: Fault, forget: () => void) {
    this.id = id
    this.fault = fault
    this.#forget = forget
  }

  get held(): number {
    return this.#waiting.size
  }

  get spent(): boolean {
    return 'times' in this.fault && this.fault.times !== undefined && this.hits >= this.fault.times
  }

  strike(): void {
    this.hits++
    for (const watcher of this.#watchers) watcher()
  }

  async struck(count = 1): Promise<void> {
    if (this.hits >= count) return
    await new Promise<void>((resolve) => {
      const watcher = () => {
        if (this.hits < count) return
        this.#watchers.delete(watcher)
        resolve()
      }
      this.#watchers.add(watcher)
    })
  }

  /** Waits until released, removed, or for `ms`. */
  async hold(ms: number | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => go(), ms)
      const go = () => {
        clearTimeout(timer)
        this.#waiting.delete(go)
        resolve()
      }
      this.#waiting.add(go)
    })
  }

  release(): void {
    for (const go of this.#waiting) go()
  }

  remove(): void {
    this.#forget()
    this.release()
  }
}

/** The switches of everything that can go wrong; tests and the page turn them. */
export class Faults {
  readonly #standing = new Map<string, Standing>()
  #last = 0
  readonly #act: (fault: ImmediateFault) => number

  /** @param act carries out what happens at once; returns how many connections it touched */
  constructor(act: (fault: ImmediateFault) => number) {
    this.#act = act
  }

  add(asked: FaultAsked): StandingFault {
    const fault = faultForm.parse(asked)
    const id = String(++this.#last)
    const standing = new Standing(id, fault, () => this.#standing.delete(id))
    if (isImmediate(fault)) {
      const touched = this.#act(fault)
      for (let count = 0; count < touched; count++) standing.strike()
      return standing
    }
    this.#standing.set(id, standing)
    return standing
  }

  list(): StandingFault[] {
    return [...this.#standing.values()]
  }

  remove(id: string): boolean {
    const standing = this.#standing.get(id)
    standing?.remove()
    return standing !== undefined
  }

  clear(): void {
    for (const standing of this.#standing.values()) standing.remove()
  }

  /** Strikes with the first unspent fault of a kind that fits, and returns it. */
  take<Kind extends FaultKind>(kind: Kind, fits: (fault: Of<Kind>) => boolean): Of<Kind> | undefined {
    return this.#take(kind, fits)?.fault as Of<Kind> | undefined
  }

  /** Waits when an answer is to be held. */
  async holdAnswer(fits: (fault: Of<'rest.hold'>) => boolean): Promise<void> {
    const standing = this.#take('rest.hold', fits)
    if (standing?.fault.kind === 'rest.hold') await standing.hold(standing.fault.ms)
  }

  /** Waits when a file is to be held. */
  async holdFile(): Promise<void> {
    const standing = this.#take('cdn.hold', () => true)
    if (standing?.fault.kind === 'cdn.hold') await standing.hold(standing.fault.ms)
  }

  #take<Kind extends FaultKind>(kind: Kind, fits: (fault: Of<Kind>) => boolean): Standing | undefined {
    for (const standing of this.#standing.values()) {
      if (standing.fault.kind !== kind || standing.spent || !fits(standing.fault as Of<Kind>)) continue
      standing.strike()
      return standing
    }
    return undefined
  }
}

function isImmediate(fault: Fault): fault is ImmediateFault {
  return IMMEDIATE.some((kind) => kind === fault.kind)
}

/** What a fault says of the requests it strikes. */
export interface Requested {
  method?: string | undefined
  path?: string | undefined
  people?: boolean | undefined
}

export function fitsRequest(fault: Requested, method: string, path: string, isBot: boolean): boolean {
  return (
    (isBot || fault.people === true) &&
    (fault.method === undefined || fault.method === method) &&
    (fault.path === undefined || new RegExp(fault.path).test(path))
  )
}

export function fitsDispatch(
  fault: { event?: string | undefined; people?: boolean | undefined },
  name: string,
  isBot: boolean,
): boolean {
  return (
    (isBot || fault.people === true) && (fault.event === undefined || new RegExp(`^(?:${fault.event})$`).test(name))
  )
}
