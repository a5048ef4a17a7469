import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { getCompileCacheDir } from 'node:module'
import { dirname, join } from 'node:path'
import type { Environment } from '../../core/command-line.ts'
import { noUsage, type RunEvent } from '../../core/event.ts'
import type { Action } from '../../core/action.ts'
import type { Trouble } from '../../core/failure.ts'
import { fine } from '../../core/finding.ts'
import type { ApprovalId, PromptKey, RuntimeName, ToolCallId } from '../../core/ids.ts'
import type { Turn } from '../../core/runtime.ts'
import {
  nothingSpent,
  type Birth,
  type CliRequest,
  type Launch,
  type Protocol,
  type Reading,
  type TurnStanding,
} from '../engine/protocol.ts'
import { codeFolder, programFolder, programNamed } from '../../system/program.ts'
import { AgentEngine } from '../engine/engine.ts'
import type { Means, RuntimeKind } from '../engine/kind.ts'
import { rightsOf } from '../rights.ts'
import { parseFromAgent, type FromAgent, type ToAgent } from './wire.ts'

export const echoKind: RuntimeKind = {
  name: 'echo' as RuntimeName,
  logins: () => [],
  modelLogin: null,
  make: (means, options) => new AgentEngine(echo(means), options, means.signing),
}

export interface EchoState extends TurnStanding {
  readonly birth: Birth
  readonly uuid: string
  /** Tool calls begun and not over. */
  readonly actions: ReadonlyMap<string, Action>
  /** Words that it was given and has not yet spoken of. */
  readonly unheard: ReadonlySet<PromptKey>
}

type EchoMeans = Pick<Means, 'dataDir' | 'ids' | 'environmentOf' | 'boxing' | 'signing'>

/** The scripted agent, a real process like any CLI: the demo without a login, and tests. */
export function echo(means: EchoMeans): Protocol<EchoState> {
  return {
    name: echoKind.name,
    title: 'Echo',
    isInstalled: () => true,
    check: async () => [fine('echo.program', 'Echo needs nothing.')],
    models: async () => [],
    steer: (_turn, state, { key, text }) =>
      state.taken ? { lines: [line({ op: 'steer', uuid: state.uuid, key, text })], reply: null } : null,
    expecting: (state, keys) => ({ ...state, unheard: new Set([...state.unheard, ...keys]) }),
    farewell: [line({ op: 'end' })],
    launch: (turn) => launch(turn, means),
    *open(turn) {
      const { prompt, files, handOver, goesOn } = turn
      const { text, context, quotes = [], letter } = prompt
      const told = line({
        op: 'prompt',
        uuid: uuidOf(turn),
        text,
        letter: letter !== undefined,
        files,
        context,
        quotes,
        handOver,
        goesOn,
      })
      yield { is: 'ask', request: { lines: [told], reply: null } }
    },
    stop: stopping,
    pause: stopping,
    standsStill: true,
    answer: (state, approval, decision) =>
      state.open.has(approval) ? [line({ op: 'answer', ask: approval, decision })] : null,
    tell: (state, call, text, failed) => (state.calls.has(call) ? [line({ op: 'told', call, text, failed })] : null),
    shared: null,
    begin: (turn, birth) => ({
      birth,
      uuid: uuidOf(turn),
      taken: false,
      open: new Set(),
      calls: new Set(),
      owed: new Map(),
      over: 'no',
      spent: nothingSpent,
      settled: [],
      tampering: null,
      points: new Map(),
      actions: new Map(),
      unheard: new Set(),
    }),
    decode: (state, text) => {
      const said = parseFromAgent(text)
      return said === null ? { state, events: [] } : mean(state, said)
    },
  }
}

function stopping(turn: Turn): CliRequest {
  return { lines: [line({ op: 'stop', uuid: uuidOf(turn) })], reply: null }
}

async function launch(turn: Turn, { dataDir, ids, environmentOf, boxing, signing }: EchoMeans): Promise<Launch> {
  const { session, prompt } = turn
  const conversation = session.conversation?.id ?? ids.next()
  const gates = join(dataDir, 'echo', 'until')
  const rights = { nothing: ['--read-only', '--no-tools'], read: ['--read-only'], write: [] }[
    rightsOf(prompt.tier, boxing !== null).machine
  ]
  const boxed = boxing === null ? [] : ['--boxed']
  const own = { ...compiled(), ...signing.variables(session.id) }
  const env = { ...environmentOf(session.account), ...own }
  const bare = {
    file: process.execPath,
    args: [agent, ...rights, ...boxed, '--gates', gates],
    cwd: session.workdir,
    env,
  }
  const folder = boxing?.folders(session.id).state ?? join(dataDir, 'echo')
  mkdirSync(gates, { recursive: true, mode: 0o700 })
  const needs = { reads: [process.execPath, ...program, gates], environment: own }
  const command = (await boxing?.wrap(bare, turn, needs)) ?? bare
  const transcript = join(folder, `${conversation}.jsonl`)
  // One that was begun before there was a box goes on in it.
  const before = join(dataDir, 'echo', `${conversation}.jsonl`)
  if (boxing !== null && !existsSync(transcript) && existsSync(before)) copyFileSync(before, transcript)
  return {
    owner: { session: session.id },
    command: () => command,
    entry: [
      '--transcript',
      transcript,
      session.conversation === null ? '--new' : '--resume',
      `--conversation=${conversation}`,
    ],
    conversation,
    boxed: boxing?.isInPlace === false,
  }
}

const agent = programNamed('runtimes/echo/agent')

/** The agent's code, and what tells Node how to read it. */
const program = [codeFolder, join(programFolder, 'package.json')]

/** It is our own program: what the bot keeps compiled makes its start three times as fast. */
function compiled(): Environment {
  const folder = getCompileCacheDir()
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) }
}

function uuidOf({ run, attempt }: Turn): string {
  return `${run}:${attempt}`
}

function line(value: ToAgent): string {
  return JSON.stringify(value)
}

function mean(state: EchoState, said: FromAgent): Reading<EchoState> {
  if (said.is === 'gone') {
    const trouble: Trouble = { code: 'conversation-gone', detail: `No conversation ${said.conversation}.` }
    return end(state, 'broken', { kind: 'failed', trouble, usage: noUsage })
  }
  if (said.is === 'over' && said.uuid === state.uuid) return over(state, said)
  if (said.is === 'taken') {
    if (said.uuid !== state.uuid || state.taken) return { state, events: [] }
    const { pid, warm } = state.birth
    const conversation = { id: said.conversation, transcript: said.transcript }
    return { state: { ...state, taken: true }, events: [{ type: 'started', pid, warm, conversation }] }
  }
  return state.taken ? during(state, said) : { state, events: [] }
}

function during(state: EchoState, said: FromAgent): Reading<EchoState> {
  switch (said.is) {
    case 'text':
    case 'block':
      return { state, events: [{ type: 'said', block: said.block, text: said.text, whole: said.is === 'block' }] }
    case 'tool': {
      const actions = new Map(state.actions).set(said.action.id, said.action)
      return { state: { ...state, actions }, events: [{ type: 'acted', action: said.action, phase: 'begun' }] }
    }
    case 'tool-over': {
      const action = state.actions.get(said.id)
      if (action === undefined) return { state, events: [] }
      const actions = new Map(state.actions)
      actions.delete(said.id)
      const open = without(state.open, `ask:${said.id}` as ApprovalId)
      return {
        state: { ...state, actions, open },
        events: [{ type: 'acted', action, phase: said.failed ? 'failed' : 'done' }],
      }
    }
    case 'ask': {
      const open = new Set(state.open).add(said.approval.id)
      return { state: { ...state, open }, events: [{ type: 'wanted', approval: said.approval }] }
    }
    case 'call': {
      const call = { id: said.id as ToolCallId, tool: said.tool, input: said.input }
      if (state.calls.has(call.id)) return { state, events: [] }
      return { state: { ...state, calls: new Set(state.calls).add(call.id) }, events: [{ type: 'called', call }] }
    }
    case 'heard':
      return { state: { ...state, calls: without(state.calls, said.call as ToolCallId) }, events: [] }
    case 'withdrawn': {
      const approval = said.ask as ApprovalId
      return { state: { ...state, open: without(state.open, approval) }, events: [{ type: 'withdrawn', approval }] }
    }
    case 'used': {
      const { model, tokens, costUsd } = said
      return { state, events: [{ type: 'used', spend: { model, tokens, costUsd, estimated: false } }] }
    }
    case 'point':
      return {
        state: { ...state, points: new Map(state.points).set(said.id, line({ op: 'go', point: said.id })) },
        events: [],
      }
    case 'passed':
      return { state: { ...state, points: new Map([...state.points].filter(([id]) => id !== said.id)) }, events: [] }
    case 'compacted':
      return { state, events: [{ type: 'noticed', notice: { kind: 'compacted' } }] }
    case 'steered':
      return { state: { ...state, unheard: without(state.unheard, said.key as PromptKey) }, events: [] }
    case 'taken':
    case 'over':
    case 'gone':
      return { state, events: [] }
  }
}

function without<Each>(all: ReadonlySet<Each>, one: Each): ReadonlySet<Each> {
  return new Set([...all].filter((each) => each !== one))
}

function over(state: EchoState, { why, detail }: Extract<FromAgent, { is: 'over' }>): Reading<EchoState> {
  // A word that came too late for the turn is answered behind it.
  if (why === 'done' && state.unheard.size > 0) return { state, events: [] }
  if (why === 'done' || why === 'stopped') return end(state, 'clean', { kind: why, usage: noUsage })
  const trouble: Trouble =
    why === 'busy'
      ? { code: 'service-busy', detail, why: 'overloaded' }
      : why === 'full'
        ? { code: 'context-full', detail }
        : why === 'barred'
          ? { code: 'auth-failed', detail }
          : { code: 'model-failed', detail, status: null }
  // A process has one conversation.
  return end(state, why === 'full' ? 'broken' : 'clean', { kind: 'failed', trouble, usage: noUsage })
}

function end(
  state: EchoState,
  how: 'clean' | 'broken',
  outcome: Extract<RunEvent, { type: 'finished' }>['outcome'],
): Reading<EchoState> {
  return { state: { ...state, over: how, open: new Set(), points: new Map() }, events: [{ type: 'finished', outcome }] }
}
