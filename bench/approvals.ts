import { watch } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Actor, SeenMessage, SeenPlace } from 'loopback-discord'
import { CodexLogin } from '../test/clis/codex-bot.ts'
import { claudeBinary, codexBinary } from '../test/clis/install.ts'
import type { Bot } from '../test/e2e/bots.ts'
import { startAnthropic } from '../test/models/anthropic.ts'
import { scripted } from '../test/models/script.ts'
import { moment, repeat, type Figure, type Measurement, type Size } from './figure.ts'
import { firstOutput } from './prompts.ts'
import { markAt, Stage } from './stage.ts'

/** A place takes one edit in 1.5 s: those of the questions must be over when they are answered. */
const restMs = 1600

/** All questions stand open at the same time. */
const caps = { OMC_MAX_ACTIVE_CLIS: '64', OMC_PER_USER_MAX_ACTIVE: '64' }

/** From the moment a person clicked Approve, in ms. */
interface Timing {
  /** The answer is in the journal. */
  readonly kept: number
  /** The tool ran; for echo, which runs none, its first line after it heard the answer. */
  readonly ran: number
  /** The question has no buttons any more. */
  readonly closed: number
  /** What the agent says of it stands in the person's client. */
  readonly visible: number
}

interface Plan {
  readonly stage: Stage
  readonly bot: Bot
  readonly runtime: string
  readonly times: number
  /** A prompt that asks for leave to make this file, and ends with these words. */
  readonly textOf: (file: string, words: string) => string
  /** Whether the file is really made. */
  readonly runs: boolean
}

/** What the wait for a click costs beyond the person: the scripted agent. */
export const echoApprovals: Measurement = {
  name: 'An approval, echo',
  async run(size: Size): Promise<readonly Figure[]> {
    await using stage = await Stage.open(caps)
    const bot = await stage.startBot()
    const textOf = (file: string): string => `!ask Bash touch ${file}`
    return await measure({ stage, bot, runtime: 'echo', times: timesOf(size), textOf, runs: false })
  },
}

/** The same with the real Claude CLI, whose shell then makes a file. */
export const claudeApprovals: Measurement = {
  name: 'An approval, the real Claude CLI',
  async run(size: Size): Promise<readonly Figure[]> {
    await using model = await startAnthropic()
    await using stage = await Stage.open({
      ...caps,
      OMC_CLAUDE_BIN: claudeBinary() ?? '',
      CLAUDE_CONFIG_DIR: 'claude',
      ANTHROPIC_API_KEY: 'dummy-key-for-the-scripted-model',
      ANTHROPIC_BASE_URL: model.url,
    })
    const bot = await stage.startBot()
    // A command that only makes a file is not asked about, so another stands before it; nor is what a sandbox holds.
    const textOf = (file: string, words: string): string => {
      const input = { command: `chmod u+r . && touch ${file}`, description: 'x', dangerouslyDisableSandbox: true }
      return scripted([{ tool: 'Bash', input }, { text: words }])
    }
    return await measure({ stage, bot, runtime: 'claude', times: timesOf(size), textOf, runs: true })
  },
}

/** The same with the real Codex CLI, out of its sandbox. */
export const codexApprovals: Measurement = {
  name: 'An approval, the real Codex CLI',
  async run(size: Size): Promise<readonly Figure[]> {
    await using login = await CodexLogin.open(codexBinary() ?? '')
    await using stage = await Stage.open({ ...caps, ...login.env })
    const bot = await stage.startBot()
    const textOf = (file: string, words: string): string => {
      const input = { cmd: `touch ${file}`, sandbox_permissions: 'require_escalated', justification: 'x' }
      return scripted([{ tool: 'exec_command', input }, { text: words }])
    }
    return await measure({ stage, bot, runtime: 'codex', times: timesOf(size), textOf, runs: true })
  },
}

function timesOf(size: Size): number {
  return size === 'full' ? 5 : 2
}

/** Awaited by its callers, whose stage is taken down when they return. */
async function measure(plan: Plan): Promise<readonly Figure[]> {
  const person = await plan.stage.person()
  const threads: SeenPlace[] = []
  // The first also pays for code that has never run.
  for (let nth = 0; nth <= plan.times; nth++) threads.push(await plan.stage.session(`asks-${nth}`, plan.runtime))
  const open = await Promise.all(threads.map((thread, nth) => ask(plan, person, thread, nth)))
  await delay(restMs)
  const [, ...timings] = await repeat(open.length, 15_000, (nth) => {
    const next = open[nth]
    if (next === undefined) throw new Error('There is no question left.')
    return approve(plan, person, next)
  })
  const figure = (what: string, pick: (timing: Timing) => number): Figure => ({
    what,
    unit: 'ms',
    values: timings.map(pick),
  })
  return [
    figure('clicked → the answer is in the journal', (each) => each.kept),
    figure(plan.runs ? 'clicked → the command has run' : 'clicked → the agent goes on', (each) => each.ran),
    figure('clicked → its buttons are gone', (each) => each.closed),
    figure('clicked → what the agent says of it is visible', (each) => each.visible),
  ]
}

/** A question that waits for its click; each in a session of its own. */
interface Open {
  readonly thread: SeenPlace
  readonly question: SeenMessage
  readonly file: string
  readonly words: string
}

async function ask({ runs, textOf }: Plan, person: Actor, thread: SeenPlace, nth: number): Promise<Open> {
  const file = `ran-${nth}.txt`
  const words = runs ? `That was number ${nth}.` : `Done: touch ${file}`
  await person.says(thread, textOf(file, words))
  const isQuestion = ({ author, content, components }: SeenMessage): boolean =>
    author.id === person.botId && content.includes(file) && content.includes('<t:') && components.length > 0
  return { thread, file, words, question: await person.sees(thread, isQuestion, { within: 30_000 }) }
}

/** Clicks Approve, and waits until all that follows has come. */
async function approve({ stage, bot, runs }: Plan, person: Actor, open: Open): Promise<Timing> {
  const { thread, question, file, words } = open
  const isAnswer = (each: SeenMessage): boolean => each.author.id === person.botId && each.id !== question.id
  const line = bot.log.length
  using signs = runs ? made(join(stage.root, 'projects'), file) : firstOutput(stage.spoolOf(thread))
  const clicked = moment()
  const closing = person
    .sees(thread, (each) => each.id === question.id && each.components.length === 0, { within: 30_000 })
    .then(() => moment())
  const saying = person
    .sees(thread, (each) => isAnswer(each) && each.content.includes(words), { within: 30_000 })
    .then(() => moment())
  const [, closed, visible] = await Promise.all([person.clicks(question, 'Approve'), closing, saying])
  return {
    kept: markAt(bot, 'approval-answered', line) - clicked,
    ran: signs.at() - clicked,
    closed: closed - clicked,
    visible: visible - clicked,
  }
}

/** Watches for a file that a command makes. */
function made(folder: string, name: string): Disposable & { at(): number } {
  let at: number | null = null
  const watcher = watch(folder, (_, changed) => {
    if (changed === name) at ??= moment()
  })
  return {
    at() {
      if (at === null) throw new Error(`Nothing made ${name}.`)
      return at
    },
    [Symbol.dispose]: () => watcher.close(),
  }
}
