/**
 * The echo agent: a program of its own that stands in for an agent CLI, in the demo and in tests. It does what its
 * prompt says (`script.ts`) and answers in `wire.ts`' dialect.
 *
 *     node agent.ts [--boxed] [--read-only [--no-tools]] --gates <folder> --transcript <file> (--new | --resume) --conversation <id>
 */
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import process, { argv, cwd, env, exit, kill, pid, stdin } from 'node:process'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Action } from '../../core/action.ts'
import type { Decision } from '../../core/approval.ts'
import { approvalOf, callOf, carryOut } from './ask.ts'
import { attached, toldBefore } from './given.ts'
import { friendlyAnswer } from './friendly.ts'
import { openFiles } from './open-files.ts'
import { opened } from './gates.ts'
import { asksForRepair, repair } from './repair.ts'
import { Halts } from './halts.ts'
import { stepsIn, type ScriptedAsk, type ScriptStep } from './script.ts'
import { fail, ScriptedTrouble } from './trouble.ts'
import { parseToAgent, type FromAgent, type ToAgent } from './wire.ts'

type Prompt = Extract<ToAgent, { op: 'prompt' }>
type Told = Extract<ToAgent, { op: 'told' }>

const wordMs = 40
/** Slow enough for somebody to kill the bot in the middle of it. */
const repairWordMs = 90
/** After which a question is taken back, when it is to be and no gate says when. */
const withdrawnAfterMs = 1000
const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    gates: { type: 'string', default: '' },
    transcript: { type: 'string', default: '' },
    conversation: { type: 'string', default: '' },
    new: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false },
    'read-only': { type: 'boolean', default: false },
    'no-tools': { type: 'boolean', default: false },
    boxed: { type: 'boolean', default: false },
  },
})
const { transcript, conversation } = values

/** Synchronous, so that a death right afterwards cannot take a line with it. */
function tell(line: FromAgent): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

if (values.resume && !existsSync(transcript)) {
  tell({ is: 'gone', conversation })
  exit(1)
}
mkdirSync(dirname(transcript), { recursive: true, mode: 0o700 })
appendFileSync(transcript, '', { mode: 0o600 })
const remembered = readFileSync(transcript, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as { uuid: string; text: string })
const known = new Set(remembered.map(({ uuid }) => uuid))
const queue: Prompt[] = []
const answers = new Map<string, (decision: Decision) => void>()
const calls = new Map<string, (told: Told) => void>()
const halts = new Halts(`${transcript}.at`, tell)
let current: { prompt: Prompt; stop: AbortController } | null = null
let steps = 0

process.on('SIGINT', () => exit(0))
createInterface({ input: stdin }).on('line', (line) => {
  const told = parseToAgent(line)
  if (told !== null) take(told)
})

function take(told: ToAgent): void {
  switch (told.op) {
    case 'prompt':
      if (known.has(told.uuid)) return tell({ is: 'taken', uuid: told.uuid, conversation, transcript })
      known.add(told.uuid)
      queue.push(told)
      work().catch(crash)
      return
    case 'steer':
      return steer(told)
    case 'stop': {
      if (current?.prompt.uuid === told.uuid) return current.stop.abort()
      const waiting = queue.findIndex(({ uuid }) => uuid === told.uuid)
      if (waiting === -1) return
      queue.splice(waiting, 1)
      return tell({ is: 'over', uuid: told.uuid, why: 'stopped', detail: '' })
    }
    case 'answer':
      answers.get(told.ask)?.(told.decision)
      return
    case 'told':
      calls.get(told.call)?.(told)
      return
    case 'go':
      return halts.go(told.point)
    case 'end':
      exit(0)
  }
}

/** The bot reads the reason from stderr. */
function crash(error: unknown): never {
  writeSync(2, `${error instanceof Error ? error.stack : String(error)}\n`)
  exit(1)
}

function remember(uuid: string, text: string): void {
  appendFileSync(transcript, `${JSON.stringify({ uuid, text })}\n`)
  remembered.push({ uuid, text })
  known.add(uuid)
}

async function work(): Promise<void> {
  while (current === null && queue.length > 0) {
    const prompt = queue.shift() as Prompt
    const { uuid, text, handOver } = prompt
    const stop = new AbortController()
    current = { prompt, stop }
    tell({ is: 'taken', uuid, conversation, transcript })
    if (handOver !== null) remembered.push({ uuid: `before ${uuid}`, text: handOver })
    remember(uuid, text)
    try {
      // It does what a letter asks, as a model would; in a person's words such lines are only text.
      const told = stepsIn(prompt.letter ? text.replaceAll(/^\| /gm, '') : text)
      if (told.length === 0 && !values['no-tools'] && asksForRepair(text, cwd())) await repairShop(text, stop.signal)
      else if (told.length === 0) await say(friendlyAnswer(text, remembered.length), wordMs, stop.signal)
      const done = halts.doneOf(prompt)
      for (const [at, step] of told.entries()) {
        if (at < done) continue
        if (step.do === 'spend') await halts.spend(step, { uuid, text, done: at + 1 }, stop.signal)
        else await perform(step, stop.signal)
      }
      tell({ is: 'over', uuid, why: 'done', detail: '' })
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      const why = error instanceof ScriptedTrouble ? error.why : 'failed'
      tell({ is: 'over', uuid, why: stop.signal.aborted ? 'stopped' : why, detail })
    }
    current = null
  }
}

/** Says that it was heard, in a block of its own; behind the turn's end the turn ends once more. */
function steer({ uuid, key, text }: Extract<ToAgent, { op: 'steer' }>): void {
  if (known.has(key)) return
  remember(key, text)
  tell({ is: 'steered', key })
  tell({ is: 'block', block: `${uuid}:${steps++}`, text: `Steered: ${text}` })
  if (current?.prompt.uuid !== uuid) tell({ is: 'over', uuid, why: 'done', detail: '' })
}

function repairShop(text: string, stopped: AbortSignal): Promise<void> {
  return repair(text, {
    folder: cwd(),
    readOnly: values['read-only'],
    say: (words) => say(words, repairWordMs, stopped),
    async act(call, work) {
      stopped.throwIfAborted()
      const action = begin(call)
      await delay(repairWordMs * 5, undefined, { signal: stopped })
      const isDone = await work()
      tell({ is: 'tool-over', id: action.id, failed: !isDone })
      return isDone
    },
  })
}

async function perform(step: Exclude<ScriptStep, { readonly do: 'spend' }>, stopped: AbortSignal): Promise<void> {
  stopped.throwIfAborted()
  switch (step.do) {
    case 'say': {
      const words = Math.max(1, step.text.split(' ').length)
      return say(step.text, step.overMs / words, stopped)
    }
    case 'until':
      return sayUntil(step.gate, step.text, stopped)
    case 'tool': {
      if (values['no-tools']) return say(noTools, 0, stopped)
      const action = begin({ tool: step.tool, title: step.title, kind: step.tool === 'Bash' ? 'command' : 'other' })
      if (step.gate === null) await delay(wordMs * 5, undefined, { signal: stopped })
      else await opened(values.gates, step.gate, stopped)
      return tell({ is: 'tool-over', id: action.id, failed: false })
    }
    case 'ask':
      await Promise.all(step.asks.map((each) => ask(each, step, stopped)))
      return
    case 'call':
      return call(step, stopped)
    case 'read': {
      if (values['no-tools']) return say(noTools, 0, stopped)
      const action = begin({ tool: 'Read', title: step.path, kind: 'read' })
      const text = existsSync(step.path) ? readFileSync(step.path, 'utf8') : null
      tell({ is: 'tool-over', id: action.id, failed: text === null })
      return say(text ?? 'There is no such file.', 0, stopped)
    }
    case 'fail':
      throw new Error(step.message)
    case 'busy':
    case 'barred':
    case 'full':
      return fail(step, (current as NonNullable<typeof current>).prompt, remembered)
    case 'compact':
      return tell({ is: 'compacted' })
    case 'flood':
      return flood(step.bytes)
    case 'daemon': {
      if (values['read-only']) return say(mayNot, 0, stopped)
      // In a session of its own, like a server that a model starts: no process group would hold it.
      const child = spawn('sleep', [String(step.seconds)], { detached: true, stdio: 'ignore' })
      child.unref()
      return say(`Started ${child.pid}.`, 0, stopped)
    }
    case 'hang':
      // Hears nothing any more, neither its input nor SIGINT, and uses no CPU.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
      return
    case 'die':
      kill(pid, 'SIGKILL')
      return
    case 'env':
      return say(
        Object.entries(env)
          .map(([name, value]) => `${name}=${value}`)
          .sort()
          .join('\n'),
        0,
        stopped,
      )
    case 'files':
      return say(openFiles().join('\n'), 0, stopped)
    case 'recall':
      return say(`Before this you said: ${remembered.at(-2)?.text ?? 'nothing'}`, 0, stopped)
    case 'attached':
      return say(attached(current?.prompt.files ?? []), 0, stopped)
    case 'context':
      return say(toldBefore(current?.prompt), 0, stopped)
  }
}

async function say(text: string, perWordMs: number, stopped: AbortSignal): Promise<void> {
  const block = `${current?.prompt.uuid}:${steps++}`
  for (const word of text.split(/(?<=\s)/)) {
    stopped.throwIfAborted()
    tell({ is: 'text', block, text: word })
    if (perWordMs > 0) await delay(perWordMs, undefined, { signal: stopped })
  }
  tell({ is: 'block', block, text })
}

async function sayUntil(gate: string, text: string, stopped: AbortSignal): Promise<void> {
  const block = `${current?.prompt.uuid}:${steps++}`
  const words = text.split(/(?<=\s)/)
  const last = words.pop() ?? ''
  if (words.length > 0) tell({ is: 'text', block, text: words.join('') })
  await opened(values.gates, gate, stopped)
  tell({ is: 'text', block, text: last })
  tell({ is: 'block', block, text })
}

const mayNot = 'I may only look here: nothing is changed, and nothing is run.'
const noTools = 'I have no tools here.'

/** In a box nobody is asked about a command. */
const freely: Decision = { verdict: 'approve' }

type Asking = Extract<ScriptStep, { do: 'ask' }>

async function ask(what: ScriptedAsk, { withdrawn, gate }: Asking, stopped: AbortSignal): Promise<void> {
  if (what.is === 'tool' && what.gate !== undefined) await opened(values.gates, what.gate, stopped)
  const action = begin(callOf(what))
  if (gate !== null && !withdrawn) await opened(values.gates, gate, stopped)
  const isQuestion = what.is === 'questions' || what.is === 'plan'
  if (values['read-only'] && !isQuestion) {
    tell({ is: 'tool-over', id: action.id, failed: true })
    return say(mayNot, 0, stopped)
  }
  const isFree = values.boxed && what.is === 'tool' && what.runs === true
  const decision = isFree ? freely : await decisionOn(what, action, withdrawn ? { gate } : null, stopped)
  tell({ is: 'tool-over', id: action.id, failed: decision === null || decision.verdict === 'deny' })
  return say(decision === null ? 'Never mind.' : await carryOut(what, decision, cwd(), stopped), 0, stopped)
}

async function call({ tool, input }: Extract<ScriptStep, { do: 'call' }>, stopped: AbortSignal): Promise<void> {
  const action = begin({ tool, title: '', kind: 'other' })
  const id = `call:${action.id}`
  const { promise, resolve, reject } = Promise.withResolvers<Told>()
  calls.set(id, resolve)
  stopped.addEventListener('abort', () => reject(new Error('stopped')), { once: true })
  tell({ is: 'call', id, tool, input })
  const told = await promise.finally(() => calls.delete(id))
  tell({ is: 'heard', call: id })
  tell({ is: 'tool-over', id: action.id, failed: told.failed })
  return say(`${tool}: ${told.text}`, 0, stopped)
}

function begin(call: Pick<Action, 'kind' | 'tool' | 'title'>): Action {
  const action: Action = { id: `${current?.prompt.uuid}:${steps++}`, ...call }
  tell({ is: 'tool', action })
  return action
}

/** Null: nobody had answered when it was taken back. */
function decisionOn(
  what: ScriptedAsk,
  action: Action,
  takenBack: Pick<Asking, 'gate'> | null,
  stopped: AbortSignal,
): Promise<Decision | null> {
  const approval = approvalOf(what, action, cwd())
  const { promise, resolve, reject } = Promise.withResolvers<Decision | null>()
  answers.set(approval.id, resolve)
  stopped.addEventListener('abort', () => reject(new Error('stopped')), { once: true })
  const withdraw = (): void => {
    if (!answers.has(approval.id)) return
    tell({ is: 'withdrawn', ask: approval.id })
    resolve(null)
  }
  const over = new AbortController()
  const signal = AbortSignal.any([stopped, over.signal])
  tell({ is: 'ask', approval })
  if (takenBack !== null) {
    const { gate } = takenBack
    const moment = gate === null ? delay(withdrawnAfterMs, undefined, { signal }) : opened(values.gates, gate, signal)
    moment.then(withdraw, () => {})
  }
  return promise.finally(() => {
    over.abort()
    answers.delete(approval.id)
  })
}

async function flood(bytes: number): Promise<void> {
  const block = `${current?.prompt.uuid}:${steps++}`
  const text = 'flood '.repeat(10_000)
  for (let written = 0; written < bytes; written += text.length) {
    tell({ is: 'text', block, text })
    // Lets a stop be heard in between.
    await delay(0)
  }
}
