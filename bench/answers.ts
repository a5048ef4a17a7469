import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Actor, SeenPlace } from 'loopback-discord'
import { claudeBinary } from '../test/clis/install.ts'
import { startAnthropic, type ScriptedModel } from '../test/models/anthropic.ts'
import type { ModelRequest } from '../test/models/ledger.ts'
import type { StepInput } from '../test/models/script.ts'
import type { Bot } from '../test/e2e/bots.ts'
import { moment, repeat, type Figure, type Measurement, type Size } from './figure.ts'
import { botFromSource, Stage } from './stage.ts'

/** What people wait for: the last word of an answer, after the model has said it. */
interface Answer {
  readonly what: string
  /** How often it is asked for, of each side. */
  readonly times: number
  readonly length: number
  /** Pieces, and milliseconds between two of them. */
  readonly chunks: number
  readonly chunkDelay: number
}

const answers: readonly Answer[] = [
  { what: '20 characters at once', times: 15, length: 20, chunks: 4, chunkDelay: 0 },
  { what: '300 characters at once', times: 15, length: 300, chunks: 8, chunkDelay: 0 },
  { what: '3,000 characters at once', times: 3, length: 3000, chunks: 40, chunkDelay: 0 },
  { what: '300 characters, 50 tokens a second', times: 5, length: 300, chunks: 75, chunkDelay: 20 },
  { what: '3,000 characters, 200 tokens a second', times: 2, length: 3000, chunks: 750, chunkDelay: 5 },
]
/** Sessions that are asked in turn, so that each place's limits are whole again when it is its turn. */
const sessions = 5
const betweenMs = 400
const windows = ['real', 'sliding'] as const
/** First prompts that long after the start of their session, and how often. */
const rests = [
  { restMs: 300, times: 2 },
  { restMs: 1000, times: 2 },
  { restMs: 2500, times: 15 },
] as const
const restarts = 15
/** No figure takes much longer than this; the longer for those that need it for fifteen of ours. */
const [figureMs, longMs] = [40_000, 75_000]
/** The other version is slower, and a few of it are enough: every so many of ours. */
const rare = { seldom: 3, ms: longMs } as const

/** One version of the bot at work, with sessions of the real Claude CLI on a model that costs no time. */
interface Side {
  readonly name: string
  readonly file: string
  readonly stage: Stage
  readonly model: ScriptedModel
  /** What the model answers, by a word of the prompt. */
  readonly steps: Map<string, StepInput>
  readonly person: Actor
  readonly threads: readonly SeenPlace[]
  bot: Bot
}

/** `against`: another checkout of the project, whose bot is measured in the same run, in turn with ours. */
export function wholeAnswers(against: string | null): Measurement {
  return {
    name: 'Whole answers, the real Claude CLI under Discord’s limits',
    async run(size: Size, figures: Figure[]): Promise<readonly Figure[]> {
      const share = size === 'full' ? 1 : 1 / 3
      const some = (times: number): number => Math.ceil(times * share)
      await using stack = new AsyncDisposableStack()
      const sides = [await open('now', botFromSource, stack)]
      if (against !== null) sides.push(await open('before', join(against, 'bench', 'bot.ts'), stack))
      for (const answer of answers) {
        const waits = await inTurn(sides, some(answer.times), (side, nth) => waitFor(side, answer, nth))
        figures.push(figure(`the model's end → whole: ${answer.what}`, sides, waits, answer.length <= 300 ? 100 : null))
      }
      for (const limits of windows) {
        for (const { stage } of sides) stage.sandbox.limits.mode = limits
        for (const [count, rounds] of [
          [3, 1],
          [10, 2],
        ] as const) {
          const waits = await inTurn(
            sides,
            some(rounds),
            (side, nth) => together(side, count, `${limits}-${nth}`),
            rare,
          )
          const what = `the model's end → whole: ${count} prompts at once in one thread, ${limits} windows`
          figures.push({ ...figure(what, sides, waits, 150), each: true })
        }
      }
      for (const { stage } of sides) stage.sandbox.limits.mode = 'off'
      for (const { restMs, times } of rests) {
        const waits = await inTurn(sides, some(times), (side, nth) => firstPrompt(side, restMs, nth), rare)
        const what = `first prompt ${restMs / 1000} s after /session start → first words`
        figures.push(figure(what, sides, waits, restMs === 2500 ? 120 : null))
      }
      const after = await inTurn(sides, some(restarts), (side, nth) => afterRestart(side, nth), rare)
      figures.push(figure('first prompt after a clean restart → first words', sides, after, 120))
      const refused = sides.map(({ stage }) => [stage.sandbox.limits.refusals.user])
      figures.push(figure('requests refused for their number', sides, refused, 1, ''))
      return figures
    },
  }
}

async function open(name: string, file: string, stack: AsyncDisposableStack): Promise<Side> {
  const binary = claudeBinary()
  if (binary === null) throw new Error('the CLI is not installed: npm ci --prefix test/clis')
  const steps = new Map<string, StepInput>()
  const handler = ({ prompt }: ModelRequest): StepInput => steps.get(/t\d+x/.exec(prompt)?.[0] ?? '') ?? { text: 'yes' }
  const model = stack.use(await startAnthropic({ handler }))
  const stage = stack.use(
    await Stage.open({
      OMC_MAX_ACTIVE_CLIS: '24',
      OMC_PER_USER_MAX_ACTIVE: '24',
      OMC_PER_USER_MAX_QUEUED: '24',
      OMC_CLAUDE_BIN: binary,
      CLAUDE_CONFIG_DIR: 'claude',
      ANTHROPIC_API_KEY: 'dummy-key-for-the-scripted-model',
      ANTHROPIC_BASE_URL: model.url,
    }),
  )
  const bot = await stage.startBot(file)
  const person = await stage.person()
  const threads: SeenPlace[] = []
  for (let nth = 0; nth < sessions; nth++) threads.push(await stage.session(`whole-${nth}`, 'claude'))
  const side = { name, file, stage, model, steps, person, threads, bot }
  for (const thread of threads) await seen(side, thread, 'warming', { text: 'warming' })
  await stage.allSettled()
  stage.sandbox.limits.mode = 'real'
  await delay(5_500)
  return side
}

/** Each side once, and then again: what disturbs the machine disturbs both. Those beside ours once in `seldom` times. */
async function inTurn(
  sides: readonly Side[],
  times: number,
  measure: (side: Side, nth: number) => Promise<number | readonly number[]>,
  { seldom, ms } = { seldom: 1, ms: figureMs },
): Promise<readonly (readonly number[])[]> {
  const values: number[][] = sides.map(() => [])
  await repeat(times, ms, async (nth) => {
    for (const [at, side] of sides.entries()) {
      if (at === 0 || nth % seldom === 0) values[at]?.push(...[await measure(side, nth)].flat())
    }
  })
  return values
}

function figure(
  what: string,
  sides: readonly Side[],
  values: readonly (readonly number[])[],
  below: number | null,
  unit: Figure['unit'] = 'ms',
): Figure {
  const [now, before] = sides.map(({ name }, at) => ({ what: name, values: values[at] ?? [] }))
  return {
    what,
    unit,
    values: now?.values ?? [],
    ...(before === undefined ? {} : { against: before }),
    ...(below === null ? {} : { below }),
  }
}

let last = 0

/** Asks, and gives how long after the model's end the last word stood in the person's own client. */
async function seen(side: Side, thread: SeenPlace, word: string, step: StepInput): Promise<number> {
  const { person, model, steps } = side
  const token = `t${++last}x`
  const text = `${step.text ?? ''} ${word}${token}`
  steps.set(token, { ...step, text })
  await person.says(thread, `Say ${token}`)
  await person.sees(thread, (each) => each.author.id === person.botId && each.content.includes(`${word}${token}`), {
    within: 90_000,
  })
  const at = moment()
  const request = model.requests.find(({ prompt }) => prompt.includes(token))
  return Math.max(0, at - (request?.endedAt ?? at))
}

async function waitFor(side: Side, answer: Answer, nth: number): Promise<number> {
  const thread = side.threads[nth % sessions] as SeenPlace
  const wait = await seen(side, thread, 'end', stepOf(answer))
  await delay(betweenMs)
  return wait
}

function stepOf({ length, chunks, chunkDelay }: Answer): StepInput {
  const words = 'some words of an answer that goes on and on. '
  return { text: words.repeat(Math.ceil(length / words.length)).slice(0, length - 8), chunks, chunkDelay }
}

async function together(side: Side, count: number, name: string): Promise<readonly number[]> {
  const thread = await side.stage.session(`together-${side.name}-${count}-${name}`, 'claude')
  const step = stepOf(answers[3] as Answer)
  const waits = await Promise.all(Array.from({ length: count }, () => seen(side, thread, 'end', step)))
  await side.stage.allSettled(60_000)
  return waits
}

async function firstPrompt(side: Side, restMs: number, nth: number): Promise<number> {
  const thread = await side.stage.session(`first-${side.name}-${restMs}-${nth}`, 'claude')
  await delay(restMs)
  const took = await firstWords(side, thread)
  await side.person.runs(thread, '/session stop')
  return took
}

async function afterRestart(side: Side, nth: number): Promise<number> {
  await side.stage.allSettled()
  await side.bot.terminate()
  side.bot = await side.stage.startBot(side.file)
  return firstWords(side, side.threads[nth % sessions] as SeenPlace)
}

async function firstWords(side: Side, thread: SeenPlace): Promise<number> {
  const from = moment()
  await seen(side, thread, 'first', { text: '' })
  return moment() - from
}
