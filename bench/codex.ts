import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { dataIdOf, endMarked, findMarked, markVariables } from '../src/runtimes/engine/marker.ts'
import type { RuntimeName, SessionId } from '../src/core/ids.ts'
import { CodexLogin } from '../test/clis/codex-bot.ts'
import { CodexWire } from '../test/clis/codex-wire.ts'
import { codexBinary } from '../test/clis/install.ts'
import { until } from '../test/e2e/stage.ts'
import { medianOf, moment, repeat, type Figure, type Measurement, type Size } from './figure.ts'
import { figuresOf, measure } from './prompts.ts'
import { sharedMb, Stage } from './stage.ts'

/** The mark of `codex exec`, which the bot never starts. */
const alone = 'codex-exec' as RuntimeName

/** A prompt to the real Codex CLI, whose model answers at once. Cold: its server was ended before. */
export const codexPrompts: Measurement = {
  name: 'A prompt, the real Codex CLI on a model without latency',
  async run(size: Size): Promise<readonly Figure[]> {
    const wire = await wireAlone(installed(), size === 'full' ? 18 : 4)
    await using login = await CodexLogin.open(installed())
    await using stage = await Stage.open({ OMC_MAX_ACTIVE_CLIS: '64', OMC_PER_USER_MAX_ACTIVE: '64', ...login.env })
    const bot = await stage.startBot()
    const [sessions, bursts, colds] = size === 'full' ? [3, 6, 3] : [1, 4, 1]
    const plan = { stage, bot, runtime: 'codex', model: login.model, sharesProcess: true, sessions, rushes: 0 }
    const textOf = (token: string): string => `${token} please`
    const { warm, cold } = await measure({
      ...plan,
      bursts,
      colds,
      textOf,
      beforeCold: async () => {
        await endMarked(dataOf(stage), ({ runtime }) => runtime === 'codex', 0)
      },
    })
    const models = warm.flatMap(({ model }) => model ?? [])
    return [
      ...figuresOf(warm, cold),
      {
        what: 'handed over → the CLI asks its model, beside its own wire',
        unit: 'ms',
        values: warm.flatMap(({ model, handedOver }) => (model === null ? [] : [model - handedOver])),
        against: { what: 'its wire alone', values: wire },
        below: 1.5 * medianOf(wire),
      },
      {
        what: 'seen → the CLI asks its model, beside its own wire',
        unit: 'ms',
        values: models,
        against: { what: 'its wire alone', values: wire },
      },
    ]
  },
}

/** How long the CLI takes by itself, warm, from a turn's line to the request to its model. */
async function wireAlone(binary: string, times: number): Promise<readonly number[]> {
  await using wire = await CodexWire.open(binary)
  await wire.opens()
  const [, , , ...waits] = await repeat(times + 3, 30_000, async () => {
    const known = wire.model.requests.length
    const from = moment()
    await wire.turn([{ text: 'yes' }])
    return (wire.model.requests[known]?.arrivedAt ?? Number.NaN) - from
  })
  return waits
}

/** What conversations in the middle of an answer take: in the bot's one server, and each in a process of its own. */
export const codexMemory: Measurement = {
  name: 'Memory of the real Codex CLI, in the middle of answers',
  async run(size: Size): Promise<readonly Figure[]> {
    const many = size === 'full' ? 10 : 3
    const binary = installed()
    await using login = await CodexLogin.open(binary, {
      handler: ({ prompt }) =>
        prompt.includes('token-') ? { text: 'words that stop here', chunks: 4, hang: 2 } : undefined,
    })
    await using stage = await Stage.open({ OMC_MAX_ACTIVE_CLIS: '64', OMC_PER_USER_MAX_ACTIVE: '64', ...login.env })
    await stage.startBot()
    const person = await stage.person()
    const talk = async (from: number, to: number): Promise<void> => {
      for (let nth = from; nth < to; nth++) {
        const thread = await stage.session(`codex-${nth}`, 'codex')
        await person.says(thread, `token-${nth}. please`)
        await person.sees(thread, (each) => each.author.id === person.botId && each.content.includes('words'), {
          within: 30_000,
        })
      }
    }
    await talk(0, 1)
    const serverWithOne = await memoryOf(stage, 'codex')
    await talk(1, many)
    const server = await memoryOf(stage, 'codex')
    await endMarked(dataOf(stage), ({ runtime }) => runtime === 'codex', 0)

    const before = login.model.requests.length
    for (let nth = 0; nth < many; nth++) exec(stage, login, binary, nth)
    const isHeld = (): boolean =>
      login.model.requests.slice(before).filter(({ state, chunks }) => state === 'open' && chunks === 2).length === many
    await until(isHeld, 60_000, 'the answers of codex exec')
    const processes = await memoryOf(stage, alone)
    return [
      {
        what: `${many} threads in one server of the bot`,
        unit: 'MB',
        values: [server],
        against: { what: `${many} codex exec`, values: [processes] },
      },
      {
        what: `${many} threads in one server of the bot`,
        unit: 'MB',
        values: [server],
        against: { what: 'one thread', values: [serverWithOne] },
      },
    ]
  },
}

function installed(): string {
  const binary = codexBinary()
  if (binary === null) throw new Error('the CLI is not installed: npm ci --prefix test/clis')
  return binary
}

function dataOf(stage: Stage): string {
  return dataIdOf(join(stage.data, 'spools'))
}

/** Of all processes with that mark: the CLI's, and what it has started beside itself. */
async function memoryOf(stage: Stage, marked: string): Promise<number> {
  const found = (await findMarked(dataOf(stage))).filter(({ runtime }) => runtime === marked)
  return sharedMb(found.map(({ pid }) => pid))
}

/** Asks once, as a person would without a bot. It bears the stage's mark, so that the stage ends it. */
function exec(stage: Stage, login: CodexLogin, binary: string, nth: number): void {
  const home = join(stage.root, `alone-${nth}`)
  mkdirSync(home)
  const mark = markVariables({ data: dataOf(stage), runtime: alone, session: `${alone}-${nth}` as SessionId })
  const env = { PATH: `${dirname(binary)}:/usr/local/bin:/usr/bin:/bin`, HOME: home, LANG: 'C.UTF-8' }
  const args = ['exec', '--skip-git-repo-check', '--sandbox', 'read-only', `token-${nth}. please`]
  spawn(binary, args, { cwd: home, stdio: 'ignore', env: { ...env, ...mark, CODEX_HOME: login.home } }).unref()
}
