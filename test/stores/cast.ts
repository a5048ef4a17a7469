import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../src/core/clock.ts'
import { hostClock } from '../../src/system/host.ts'
import { noUsage, type RunEvent } from '../../src/core/event.ts'
import type { Log } from '../../src/core/log.ts'
import type {
  AccountId,
  ApprovalId,
  MessageId,
  PersonId,
  PlaceId,
  PromptKey,
  RunId,
  RuntimeName,
  SessionId,
  ToolCallId,
} from '../../src/core/ids.ts'
import type { Person } from '../../src/core/person.ts'
import { composeSessionKey, type Place } from '../../src/core/place.ts'
import type { Prompt } from '../../src/core/prompt.ts'
import type { Session } from '../../src/core/session.ts'

/** The people, places and things that the tests of stores and rules play with. Every id is made from a short name. */

export { hostClock as realClock } from '../../src/system/host.ts'

/** The machine's clock, for which no wait is long. */
export const hurriedClock: Clock = {
  monotonic: () => performance.now(),
  now: () => Date.now(),
  after: (_ms, run, options) => hostClock.after(0, run, options),
}

export const quietLog: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** A folder that is gone after the test. */
export async function scratchFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'omc-store-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

export const runId = (name: string): RunId => name as RunId
export const sessionId = (name: string): SessionId => name as SessionId
export const placeId = (digits: string): PlaceId => digits as PlaceId
export const messageId = (digits: string): MessageId => digits as MessageId
export const promptKey = (digits: string): PromptKey => digits as PromptKey
export const approvalId = (name: string): ApprovalId => name as ApprovalId
export const accountId = (name: string): AccountId => name as AccountId

export function person(name: string, roles: readonly string[] = []): Person {
  return { id: name as PersonId, name, locale: 'en', roles }
}

export function thread(id: string, channel = '100'): Place {
  return { kind: 'thread', id: placeId(id), channel: placeId(channel), guild: '1' }
}

/** A live session in the thread of that number. */
export function session(name: string, place: Place = thread('200'), more: Partial<Session> = {}): Session {
  return {
    id: sessionId(`session-${name}`),
    key: composeSessionKey(place),
    place,
    name,
    runtime: 'echo' as RuntimeName,
    workdir: '/work',
    model: null,
    owner: 'ann' as PersonId,
    account: accountId('default'),
    conversation: null,
    since: messageId('50'),
    worker: null,
    worktree: null,
    trusted: false,
    startedAt: 1_000,
    endedAt: null,
    ...more,
  }
}

export function prompt(key: string, to: Session, speaker: Person = person('ann')): Prompt {
  const text = `prompt ${key}`
  const message = messageId(key)
  return {
    key: promptKey(key),
    session: to.id,
    place: to.place,
    speaker,
    text,
    message,
    askedAt: 1_000,
    tier: 'owner',
    attachments: [],
    context: [],
  }
}

/** Events with everything that does not matter filled in. */
export const events = {
  admitted: { type: 'admitted', account: accountId('default') },
  started: { type: 'started', pid: 4711, warm: false, conversation: null },
  lost: { type: 'lost', detail: 'the process is gone' },
  stopped: { type: 'stopped', by: 'ann' },
  done: { type: 'finished', outcome: { kind: 'done', usage: noUsage } },
  failed: {
    type: 'finished',
    outcome: { kind: 'failed', trouble: { code: 'process-died', detail: 'exit 1' }, usage: noUsage },
  },
  refused: { type: 'refused', refusal: { code: 'draining' } },
  said: (text: string, block = 'b1', whole = false): RunEvent => ({ type: 'said', block, text, whole }),
  acted: (id: string, phase: 'begun' | 'done' | 'failed'): RunEvent => ({
    type: 'acted',
    action: { id, kind: 'command', tool: 'Bash', title: 'ls' },
    phase,
  }),
  withdrawn: (id: string): RunEvent => ({ type: 'withdrawn', approval: approvalId(id) }),
  called: (id: string): RunEvent => ({ type: 'called', call: { id: id as ToolCallId, tool: 'whois', input: '{}' } }),
  told: (id: string): RunEvent => ({ type: 'told', call: id as ToolCallId, text: 'You.', failed: false, did: false }),
  revoked: (id: string): RunEvent => ({ type: 'revoked', call: id as ToolCallId }),
  promoted: { type: 'promoted', by: 'olivia' },
  reworded: { type: 'reworded', text: 'in other words', attachments: [] },
  steered: {
    type: 'steered',
    steer: { key: promptKey('77'), text: 'and quickly', by: 'ann' },
    speaker: person('ann'),
    place: thread('200'),
    heard: true,
  },
  declined: { type: 'declined', steer: promptKey('77') },
  noticed: { type: 'noticed', notice: { kind: 'retrying', why: 'overloaded' } },
  forgotten: { type: 'forgotten', detail: 'No conversation found' },
  held: {
    type: 'held',
    hold: { until: 9_000_000, runtime: 'claude', window: null, model: null },
  } as RunEvent,
  allowed: { type: 'allowed', budget: 'B1', by: 'olivia', raisedTo: null } as RunEvent,
  parked: {
    type: 'parked',
    hold: { until: 9_000, runtime: 'echo' as RuntimeName, window: 'five_hour', model: null },
    usage: noUsage,
  },
  used: {
    type: 'used',
    spend: {
      model: 'm-1',
      tokens: { input: 7, cacheRead: 5, cacheWrite: 3, output: 2 },
      costUsd: 0.1,
      estimated: false,
    },
  },
  metered: {
    type: 'metered',
    reading: { windows: [{ name: 'five_hour', used: 0.5, resetsAt: 9_000 }], request: 'served', window: 'five_hour' },
  },
  wanted: (id: string): RunEvent => ({
    type: 'wanted',
    approval: {
      id: approvalId(id),
      action: { id: `tool-${id}`, kind: 'edit', tool: 'Write', title: 'a.txt' },
      input: `{"file":"${id}"}`,
      subject: { kind: 'tool' },
      risks: [],
    },
  }),
  answered: (id: string): RunEvent => ({
    type: 'answered',
    approval: approvalId(id),
    decision: { verdict: 'approve' },
    by: 'ann',
  }),
} as const satisfies Record<string, RunEvent | ((...args: never[]) => RunEvent)>
