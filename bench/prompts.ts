import { statSync, watch } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Actor, SeenMessage, SeenPlace } from 'loopback-discord'
import { claudeBinary } from '../test/clis/install.ts'
import type { Bot } from '../test/e2e/bots.ts'
import { startAnthropic, type ScriptedModel } from '../test/models/anthropic.ts'
import { medianOf, moment, repeat, type Figure, type Measurement, type Size } from './figure.ts'
import { markAt, Stage } from './stage.ts'

/** What one prompt leaves behind (commits, the read of its end) is over by then. */
const betweenPromptsMs = 60

interface Timing {
  /** From the moment the gateway handed the message to the bot's socket, in ms. */
  readonly asked: number
  readonly claimed: number
  readonly handedOver: number
  /** The CLI's first line of output for it; null where one process speaks for many sessions. */
  readonly taken: number | null
  /** The model got its request; null without one. */
  readonly model: number | null
  readonly visible: number
  /** From the moment the person sent it. */
  readonly sentToVisible: number
}

/** A prompt to the scripted agent, warm and cold, and beside them the least that can answer on Discord. */
export const echoPrompts: Measurement = {
  name: 'A prompt, echo',
  async run(size: Size): Promise<readonly Figure[]> {
    const bare = await bareAnswers(size === 'full' ? 30 : 10)
    await using stage = await Stage.open({ OMC_MAX_ACTIVE_CLIS: '64', OMC_PER_USER_MAX_ACTIVE: '64' })
    const bot = await stage.startBot()
    const [bursts, colds, rushes] = size === 'full' ? [16, 8, 3] : [6, 2, 1]
    const textOf = (token: string): string => `!say ${token} are the first words of this answer`
    const { warm, cold, rushed } = await measure({
      stage,
      bot,
      runtime: 'echo',
      model: null,
      sessions: 5,
      bursts,
      colds,
      rushes,
      textOf,
    })
    return [...figuresOf(warm, cold), ...beside(warm, bare), atOnce(rushed, cold)]
  },
}

/** The same to the real Claude CLI, whose model answers at once. */
export const claudePrompts: Measurement = {
  name: 'A prompt, the real Claude CLI on a model without latency',
  async run(size: Size): Promise<readonly Figure[]> {
    const binary = claudeBinary()
    if (binary === null) throw new Error('the CLI is not installed: npm ci --prefix test/clis')
    await using model = await startAnthropic()
    await using stage = await Stage.open({
      OMC_MAX_ACTIVE_CLIS: '64',
      OMC_CLAUDE_BIN: binary,
      CLAUDE_CONFIG_DIR: 'claude',
      ANTHROPIC_API_KEY: 'dummy-key-for-the-scripted-model',
      ANTHROPIC_BASE_URL: model.url,
    })
    const bot = await stage.startBot()
    const [sessions, bursts, colds] = size === 'full' ? [3, 8, 4] : [1, 6, 1]
    const textOf = (token: string): string => `${token} please`
    const { warm, cold } = await measure({
      stage,
      bot,
      runtime: 'claude',
      model,
      sessions,
      bursts,
      colds,
      rushes: 0,
      textOf,
    })
    return figuresOf(warm, cold)
  },
}

export interface Plan {
  readonly stage: Stage
  readonly bot: Bot
  readonly runtime: string
  readonly model: ScriptedModel | null
  /** Sessions that are asked in turn: a place takes one edit in 1.5 s, which must not fall into the next prompt there. */
  readonly sessions: number
  /** How often each of them is asked. */
  readonly bursts: number
  /** Sessions whose first prompt, which starts a process, is measured. */
  readonly colds: number
  /** All sessions talk to one process. */
  readonly sharesProcess?: boolean
  /** Ends the processes before each of these first prompts, where sessions share one. */
  readonly beforeCold?: () => Promise<void>
  /** How often as many new sessions are asked at the same time. */
  readonly rushes: number
  /** A prompt whose answer's first words hold the token. */
  readonly textOf: (token: string) => string
}

export interface Timings {
  readonly warm: readonly Timing[]
  readonly cold: readonly Timing[]
  /** Of these only what people see is theirs: the bot's checkpoints do not say of which run they are. */
  readonly rushed: readonly Timing[]
}

/** A session, and where it talks to its process; null where that is not its own. */
interface Subject {
  readonly thread: SeenPlace
  readonly spool: string | null
}

export async function measure(plan: Plan): Promise<Timings> {
  const { stage, runtime, sessions, bursts, colds } = plan
  const person = await stage.person()
  const subject = async (name: string): Promise<Subject> => {
    const thread = await stage.session(name, runtime)
    return { thread, spool: plan.sharesProcess === true ? null : stage.spoolOf(thread) }
  }
  const subjects: Subject[] = []
  for (let nth = 0; nth < sessions; nth++) subjects.push(await subject(`warm-${nth}`))
  const burst = async (name: string): Promise<readonly Timing[]> => {
    const timings: Timing[] = []
    for (const [nth, each] of subjects.entries()) {
      timings.push(await ask(plan, person, each, `${name}-${nth}.`))
      await delay(betweenPromptsMs)
    }
    await stage.allSettled()
    return timings
  }
  // The first prompts also pay for code that V8 has never run; they are no measure of the next hundred.
  for (let nth = 0; nth < 2; nth++) await burst(`first-${nth}`)
  const warm = (await repeat(bursts, 40_000, (nth) => burst(`warm-${nth}`))).flat()
  const cold = await repeat(colds, 30_000, async (nth) => {
    const newcomer = await subject(`cold-${nth}`)
    await plan.beforeCold?.()
    const timing = await ask(plan, person, newcomer, `cold-${nth}.`)
    await stage.allSettled()
    return timing
  })
  const rushed: Timing[] = []
  for (let nth = 0; nth < plan.rushes; nth++) {
    const crowd: Subject[] = []
    for (let one = 0; one < sessions; one++) crowd.push(await subject(`rush-${nth}-${one}`))
    rushed.push(...(await Promise.all(crowd.map((each, one) => ask(plan, person, each, `rush-${nth}-${one}.`)))))
    await stage.allSettled()
  }
  return { warm, cold, rushed }
}

/** Says something and waits until its answer's first words stand in the person's own client. */
async function ask(plan: Plan, person: Actor, { thread, spool }: Subject, token: string): Promise<Timing> {
  const { stage, bot, model, textOf } = plan
  const line = bot.log.length
  using output = spool === null ? null : firstOutput(spool)
  const sent = moment()
  const message = await person.says(thread, textOf(token))
  const visible = await person
    .sees(thread, (each) => each.author.id === person.botId && each.content.includes(token), { within: 30_000 })
    .then(() => moment())
  const seen = stage.handedToBot.get(message.id)
  if (seen === undefined) throw new Error('The bot was never told of the prompt.')
  const request = model?.requests.find((each) => each.prompt.includes(token))
  return {
    asked: markAt(bot, 'asked', line) - seen,
    claimed: markAt(bot, 'claimed', line) - seen,
    handedOver: markAt(bot, 'handed-over', line) - seen,
    taken: output === null ? null : output.at() - seen,
    model: request === undefined ? null : request.arrivedAt - seen,
    visible: visible - seen,
    sentToVisible: visible - sent,
  }
}

/** Watches for the first line that a CLI writes from now on; its process need not have been started. */
export function firstOutput(spool: string): Disposable & { at(): number } {
  const file = join(spool, 'stdout')
  const sizeBefore = sizeOf(file)
  let at: number | null = null
  const look = (): void => {
    if (at === null && sizeOf(file) > sizeBefore) at = moment()
  }
  // A file that is not there yet cannot be watched, so it is looked for every millisecond.
  const watcher = sizeBefore > 0 ? watch(file, look) : null
  const timer = watcher === null ? setInterval(look, 1) : null
  return {
    at() {
      if (at === null) throw new Error(`The CLI wrote nothing to ${file}.`)
      return at
    },
    [Symbol.dispose]() {
      watcher?.close()
      if (timer !== null) clearInterval(timer)
    },
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

/** What discord.js takes to hear of a message and to answer it, with nothing in between. */
interface Bare {
  readonly heard: number
  readonly visible: number
}

async function bareAnswers(count: number): Promise<readonly Bare[]> {
  await using stage = await Stage.open()
  const bot = stage.spawnBareBot()
  await bot.ready()
  const person = await stage.person()
  await person.messages('general')
  // Awaited here, because the stage is taken down when this returns.
  return await repeat(count, 10_000, async (nth) => {
    const line = bot.log.length
    const message = await person.says('general', `token-${nth}.`)
    const isAnswer = (each: SeenMessage): boolean => each.author.id === person.botId && each.content === `token-${nth}.`
    const visible = await person.sees('general', isAnswer).then(() => moment())
    await delay(betweenPromptsMs)
    const seen = stage.handedToBot.get(message.id) ?? Number.NaN
    return { heard: markAt(bot, 'heard', line) - seen, visible: visible - seen }
  })
}

export function figuresOf(warm: readonly Timing[], cold: readonly Timing[]): readonly Figure[] {
  const both = (what: string, pick: (timing: Timing) => number, below?: number): Figure => ({
    what,
    unit: 'ms',
    values: warm.map(pick),
    against: { what: 'cold', values: cold.map(pick) },
    ...(below === undefined ? {} : { below }),
  })
  /** What only some CLIs let us see. */
  const known = (what: string, pick: (timing: Timing) => number | null): readonly Figure[] => {
    const of = (timings: readonly Timing[]): readonly number[] =>
      timings.map(pick).filter((value): value is number => value !== null)
    return of(warm).length === 0
      ? []
      : [{ what, unit: 'ms', values: of(warm), against: { what: 'cold', values: of(cold) } }]
  }
  return [
    both('seen by the bot → in the journal', (each) => each.asked),
    both('seen → admitted', (each) => each.claimed),
    both("seen → in the CLI's hands", (each) => each.handedOver, 5),
    ...known("seen → the CLI's first line about it", (each) => each.taken),
    ...known('seen → the CLI asks its model', (each) => each.model),
    both('seen → first words visible', (each) => each.visible, 150),
    both('sent by the person → first words visible', (each) => each.sentToVisible),
  ]
}

function atOnce(rushed: readonly Timing[], cold: readonly Timing[]): Figure {
  return {
    what: 'seen → first words visible, five new sessions at once',
    unit: 'ms',
    values: rushed.map((each) => each.visible),
    against: { what: 'one, cold', values: cold.map((each) => each.visible) },
  }
}

function beside(warm: readonly Timing[], bare: readonly Bare[]): readonly Figure[] {
  const both = (what: string, ours: (timing: Timing) => number, theirs: (timing: Bare) => number): Figure => ({
    what,
    unit: 'ms',
    values: warm.map(ours),
    against: { what: 'discord.js alone', values: bare.map(theirs) },
  })
  // What the socket and discord.js take is not ours; each way differs, so the median stands for it.
  const way = medianOf(bare.map((each) => each.heard))
  return [
    {
      what: "our own time: in the CLI's hands, less the way to a bare bot",
      unit: 'ms',
      values: warm.map((each) => each.handedOver - way),
      below: 5,
    },
    both(
      'seen → in the journal, beside only heard of',
      (each) => each.asked,
      (each) => each.heard,
    ),
    both(
      'seen → first words visible, beside a bare answer',
      (each) => each.visible,
      (each) => each.visible,
    ),
  ]
}
