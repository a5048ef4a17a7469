import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text as textOfStream } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type { Approval } from '../../src/core/approval.ts'
import type { RunEvent } from '../../src/core/event.ts'
import type {
  AccountId,
  MessageId,
  PersonId,
  PlaceId,
  PromptKey,
  RunId,
  RuntimeName,
  SessionId,
} from '../../src/core/ids.ts'
import { composeSessionKey, type Place } from '../../src/core/place.ts'
import type { Conduct, Piece, Turn } from '../../src/core/runtime.ts'
import type { Tier } from '../../src/core/right.ts'
import type { Conversation, Session } from '../../src/core/session.ts'
import { textOf, viewOf, type RunView } from '../../src/core/view.ts'
import { patienceMs } from '../patience.ts'
import type { Committed, LifeOrder } from './runtime-life.ts'

/** The runner bundles it once, beside its bot; a file that is run without the runner takes the sources. */
const { OMC_TEST_BOT: bot } = process.env
const life = bot === undefined ? join(import.meta.dirname, 'runtime-life.ts') : join(dirname(bot), 'runtime-life.js')

/** From the same place, so that the life after takes up what a life has left: the same programs. */
export const { makeRuntime } = (await import(life)) as typeof import('./runtime-life.ts')

const place: Place = { kind: 'thread', id: '42' as PlaceId, channel: '41' as PlaceId, guild: '40' }

/** A session of its own in `workdir`. */
export function makeSession(runtime: string, workdir: string): Session {
  return {
    id: randomUUID() as SessionId,
    key: composeSessionKey(place),
    place,
    name: 'shop',
    runtime: runtime as RuntimeName,
    workdir,
    model: null,
    owner: '7' as PersonId,
    account: 'default' as AccountId,
    conversation: null,
    startedAt: 0,
    since: '6' as MessageId,
    worker: null,
    worktree: null,
    trusted: false,
    endedAt: null,
  }
}

export function makeTurn(
  session: Session,
  text: string,
  more: { readonly name?: string; readonly tier?: Tier } = {},
): Turn {
  return {
    run: randomUUID() as RunId,
    attempt: 1,
    parks: 0,
    goesOn: false,
    session,
    files: [],
    handOver: null,
    signature: { author: { name: 'alice', email: 'alice@example.org' }, coAuthors: [], origins: [], barred: null },
    prompt: {
      key: randomUUID() as string as PromptKey,
      session: session.id,
      place,
      speaker: { id: '7' as PersonId, name: more.name ?? 'alice', locale: 'en', roles: [] },
      text,
      message: null,
      askedAt: 0,
      tier: more.tier ?? 'owner',
      attachments: [],
      context: [],
    },
  }
}

/** Waits for something to become true; fails at the deadline, saying what it waited for. */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  deadlineMs = patienceMs,
): Promise<void> {
  const deadline = Date.now() + deadlineMs
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`Waited ${deadlineMs} ms in vain: ${what}`)
    await delay(10)
  }
}

/** Reads a conduct as the engine does, and shows what a person would see of it. */
export class Listener {
  readonly conduct: Conduct
  readonly pieces: Piece[]
  readonly #turn: Turn
  readonly done: Promise<void>

  /** `before`: what an earlier life has committed. */
  constructor(conduct: Conduct, turn: Turn, before: readonly Committed[] = []) {
    this.conduct = conduct
    this.#turn = turn
    this.pieces = [...before]
    this.done = this.#listen()
    this.done.catch(() => {})
  }

  get events(): readonly RunEvent[] {
    return this.pieces.flatMap((piece) => piece.events)
  }

  get view(): RunView {
    const all: RunEvent[] = [
      { type: 'asked', prompt: this.#turn.prompt },
      { type: 'admitted', account: this.#turn.session.account },
      ...this.events,
    ]
    return viewOf(all.map((event, seq) => ({ run: this.#turn.run, seq, at: 0, event }))) as RunView
  }

  get text(): string {
    return textOf(this.view)
  }

  /** The events that end a turn: there must be exactly one, and nothing after it. */
  get last(): readonly RunEvent[] {
    return this.events.filter(({ type }) => type === 'finished' || type === 'lost')
  }

  get pid(): number {
    return this.#started().pid
  }

  get warm(): boolean {
    return this.#started().warm
  }

  get conversation(): Conversation | null {
    return this.#started().conversation
  }

  async saysEventually(text: string): Promise<void> {
    await this.seesEventually(`the answer holds ${JSON.stringify(text)}`, () => this.text.includes(text))
  }

  async seesEventually(what: string, isTrue: () => boolean): Promise<void> {
    await until(what, () => isTrue() || this.last.length > 0).catch((cause: unknown) => {
      throw new Error(`${what}; seen: ${JSON.stringify(this.events)}`, { cause })
    })
    if (!isTrue()) throw new Error(`The turn ended before ${what}; seen: ${JSON.stringify(this.events)}`)
  }

  #started(): Extract<RunEvent, { type: 'started' }> {
    const started = this.events.find((event) => event.type === 'started')
    if (started === undefined) throw new Error(`The turn never started; seen: ${JSON.stringify(this.events)}`)
    return started
  }

  async #listen(): Promise<void> {
    for await (const piece of this.conduct.output) this.pieces.push(piece)
  }
}

/** The first thing that a person is asked. */
export async function wanted(listener: Listener): Promise<Approval> {
  const find = () => listener.events.find((event) => event.type === 'wanted')
  await listener.seesEventually('a permission is wanted', () => find() !== undefined)
  const event = find()
  assert.ok(event?.type === 'wanted')
  return event.approval
}

/** Approves whatever is wanted, to the end of the turn. */
export async function approving(listener: Listener): Promise<void> {
  const answered = new Set<string>()
  const over = new AbortController()
  const done = listener.done.finally(() => over.abort())
  while (!over.signal.aborted) {
    for (const event of listener.events) {
      if (event.type !== 'wanted' || answered.has(event.approval.id)) continue
      answered.add(event.approval.id)
      await listener.conduct.answer(event.approval.id, { verdict: 'approve' })
    }
    await delay(10)
  }
  await done
}

/** Runs a first life to its end, and gives what it committed. */
export async function firstLife(order: LifeOrder): Promise<readonly Committed[]> {
  const NODE_COMPILE_CACHE = process.env['NODE_COMPILE_CACHE'] ?? join(tmpdir(), 'compile-cache')
  const child = spawn(process.execPath, [life, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE },
  })
  const [out, err, [code, signal]] = await Promise.all([
    textOfStream(child.stdout),
    textOfStream(child.stderr),
    once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>,
  ])
  const isPlanned = 'leaveAt' in order.die ? code === 0 : signal === 'SIGKILL'
  if (!isPlanned) throw new Error(`The first life ended otherwise than planned (${code ?? signal}): ${err}`)
  return out
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Committed)
}
