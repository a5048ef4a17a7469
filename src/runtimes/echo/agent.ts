/**
 * The echo agent: a program of its own that stands in for an agent CLI, in the demo and in tests. It does what its
 * prompt says (`script.ts`) and answers in `wire.ts`' dialect.
 *
 *     node agent.ts --transcript <file> (--new | --resume) --conversation <id>
 */
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import process, { argv, env, exit, kill, pid, stdin } from 'node:process'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Action } from '../../core/action.ts'
import { friendlyAnswer } from './friendly.ts'
import { stepsIn, type Step } from './script.ts'
import { parseToAgent, type FromAgent, type ToAgent } from './wire.ts'

type Prompt = Extract<ToAgent, { op: 'prompt' }>

const wordMs = 40
const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    transcript: { type: 'string', default: '' },
    conversation: { type: 'string', default: '' },
    new: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false },
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
const answers = new Map<string, (reason: string | null) => void>()
let current: { uuid: string; stop: AbortController } | null = null
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
      void work()
      return
    case 'stop': {
      if (current?.uuid === told.uuid) return current.stop.abort()
      const waiting = queue.findIndex(({ uuid }) => uuid === told.uuid)
      if (waiting === -1) return
      queue.splice(waiting, 1)
      return tell({ is: 'over', uuid: told.uuid, why: 'stopped', detail: '' })
    }
    case 'answer':
      answers.get(told.ask)?.(told.reason)
      return
    case 'end':
      exit(0)
  }
}

async function work(): Promise<void> {
  while (current === null && queue.length > 0) {
    const prompt = queue.shift() as Prompt
    const { uuid, text, before } = prompt
    const stop = new AbortController()
    current = { uuid, stop }
    tell({ is: 'taken', uuid, conversation, transcript })
    appendFileSync(transcript, `${JSON.stringify({ uuid, text })}\n`)
    if (before !== null) remembered.push({ uuid: `before ${uuid}`, text: before })
    remembered.push({ uuid, text })
    try {
      const told = stepsIn(text)
      if (told.length === 0) await say(friendlyAnswer(text, remembered.length), wordMs, stop.signal)
      for (const step of told) await perform(step, stop.signal)
      tell({ is: 'over', uuid, why: 'done', detail: '' })
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      tell({ is: 'over', uuid, why: stop.signal.aborted ? 'stopped' : 'failed', detail })
    }
    current = null
  }
}

async function perform(step: Step, stopped: AbortSignal): Promise<void> {
  stopped.throwIfAborted()
  switch (step.do) {
    case 'say': {
      const words = Math.max(1, step.text.split(' ').length)
      return say(step.text, step.overMs / words, stopped)
    }
    case 'tool':
      return tool(step.tool, step.title, step.asks, stopped)
    case 'read': {
      const action = begin('Read', step.path, 'read')
      const text = existsSync(step.path) ? readFileSync(step.path, 'utf8') : null
      tell({ is: 'tool-over', id: action.id, failed: text === null })
      return say(text ?? 'There is no such file.', 0, stopped)
    }
    case 'fail':
      throw new Error(step.message)
    case 'flood':
      return flood(step.bytes)
    case 'daemon': {
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
  }
}

async function say(text: string, perWordMs: number, stopped: AbortSignal): Promise<void> {
  const block = `${current?.uuid}:${steps++}`
  for (const word of text.split(/(?<=\s)/)) {
    stopped.throwIfAborted()
    tell({ is: 'text', block, text: word })
    if (perWordMs > 0) await delay(perWordMs, undefined, { signal: stopped })
  }
  tell({ is: 'block', block, text })
}

async function tool(name: string, title: string, asks: boolean, stopped: AbortSignal): Promise<void> {
  const action = begin(name, title, name === 'Bash' ? 'command' : 'other')
  if (!asks) {
    await delay(wordMs * 5, undefined, { signal: stopped })
    return tell({ is: 'tool-over', id: action.id, failed: false })
  }
  const reason = await answerTo(action, stopped)
  tell({ is: 'tool-over', id: action.id, failed: reason !== null })
  return say(reason === null ? `Done: ${title}` : `I was told no: ${reason}`, 0, stopped)
}

function begin(name: string, title: string, kind: Action['kind']): Action {
  const action: Action = { id: `${current?.uuid}:${steps++}`, kind, tool: name, title }
  tell({ is: 'tool', action })
  return action
}

function answerTo(action: Action, stopped: AbortSignal): Promise<string | null> {
  const id = `ask:${action.id}`
  return new Promise<string | null>((resolve, reject) => {
    answers.set(id, resolve)
    stopped.addEventListener('abort', () => reject(new Error('stopped')), { once: true })
    tell({ is: 'ask', id, action, input: JSON.stringify({ command: action.title }) })
  }).finally(() => answers.delete(id))
}

async function flood(bytes: number): Promise<void> {
  const block = `${current?.uuid}:${steps++}`
  const text = 'flood '.repeat(10_000)
  for (let written = 0; written < bytes; written += text.length) {
    tell({ is: 'text', block, text })
    // Lets a stop be heard in between.
    await delay(0)
  }
}

function openFiles(): string[] {
  const folder = existsSync('/proc/self/fd') ? '/proc/self/fd' : '/dev/fd'
  return readdirSync(folder).map((fd) => {
    try {
      return `${fd} ${readlinkSync(`${folder}/${fd}`)}`
    } catch {
      return `${fd} (closed)`
    }
  })
}
