import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { holdAfter, learn, unheardOf, type AccountState } from '../../src/core/account.ts'
import type { RunEvent } from '../../src/core/event.ts'
import type { QuotaReading } from '../../src/core/quota.ts'
import { makeTurn, type Listener } from '../contracts/runtime-bench.ts'
import { ContractStage, sideBySide, type RuntimeBench } from '../contracts/runtime-stage.ts'
import { scripted, type StepInput } from '../models/script.ts'
import { claudeBench } from './claude-bench.ts'
import { codexBench } from './codex-bench.ts'
import { claudeBinary, codexBinary, howToInstall, howToInstallCodex } from './install.ts'

/**
 * Each row of what was measured of limits and errors (facts/limits-and-logins.md §1, §2), told by the real CLI: what it is
 * taken for. One process and one conversation for all rows of a CLI, because a refused turn leaves both good.
 */
const claude = claudeBinary()
const codex = codexBinary()

/** What a turn came to: how it ended, until when it would be parked, and what was learned of the account. */
interface Told {
  /** `done`, or the trouble's word. */
  readonly ended: string
  readonly window?: string | null
  /** The only model that is held back; left out: the account is, or the window's name says it. */
  readonly model?: string
  /** In seconds since 1970, as the service says it; `some time`: nobody said. */
  readonly parkedUntil?: number | 'some time'
  /** The readings of its account, each request and its windows with how much is used. */
  readonly readings?: readonly string[]
  /** Why the model was asked again. */
  readonly retried?: string
  /** How often the model was asked. */
  readonly requests?: number
}

interface Row {
  readonly what: string
  readonly steps: readonly StepInput[]
  /** Somebody stops it then: when the model was asked, or when the CLI has said that it waits. */
  readonly stopsAt?: 'asked' | 'noticed'
  readonly told: Told
}

const hour = 3600
const now = Math.floor(Date.now() / 1000)
const [soon, early, later] = [now + hour, now + 3 * hour, now + 100 * hour]

/** Plays the rows one after the other; what one run has learned of the account the next one knows. */
async function play(stage: ContractStage, rows: readonly Row[], asked: () => number): Promise<void> {
  let { session } = stage
  let account = unheardOf(session.runtime, session.account)
  let pid: number | null = null
  for (const { what, steps, stopsAt, told } of rows) {
    const before = asked()
    const listener = stage.begin(makeTurn(session, scripted([...steps])))
    if (stopsAt !== undefined) {
      const isTold = (): boolean => listener.events.some(({ type }) => type === stopsAt)
      await listener.seesEventually(stopsAt, () => (stopsAt === 'asked' ? asked() > before : isTold()))
      await listener.conduct.stop()
    }
    await listener.done
    session = stage.after(listener)
    pid ??= listener.pid
    assert.equal(listener.pid, pid, `${what}: the same process`)
    account = learned(account, listener.events)
    const seen = toldBy(listener, account)
    const requests = told.requests === undefined ? {} : { requests: asked() - before }
    assert.deepEqual({ ...seen, ...requests }, { readings: [], ...told }, what)
  }
}

function learned(account: AccountState, events: readonly RunEvent[]): AccountState {
  return events.reduce(
    (state, event, seq) => learn(state, { run: 'r' as never, seq, at: Date.now(), event }, 0),
    account,
  )
}

function toldBy(listener: Listener, account: AccountState): Told {
  const [last] = listener.last
  assert.ok(last?.type === 'finished')
  const readings = listener.events.flatMap((event) => (event.type === 'metered' ? [inWords(event.reading)] : []))
  const retried = listener.events.flatMap((event) =>
    event.type === 'noticed' && event.notice.kind === 'retrying' ? [event.notice.why] : [],
  )
  const more = { readings, ...(retried.length === 0 ? {} : { retried: retried[0] as string }) }
  if (last.outcome.kind !== 'failed') return { ended: last.outcome.kind, ...more }
  const { trouble } = last.outcome
  if (trouble.code === 'service-busy') return { ended: `service-busy: ${trouble.why}`, ...more }
  if (trouble.code !== 'quota-full') return { ended: trouble.code, ...more }
  // Not at a full second: what is guessed from here is never one that was told.
  const { until, window } = holdAfter(account, trouble, Math.floor(Date.now() / 1000) * 1000 + 1)
  const isTold = until % 1000 === 0
  const model = trouble.model === undefined ? {} : { model: trouble.model }
  return { ended: trouble.code, window, ...model, parkedUntil: isTold ? until / 1000 : 'some time', ...more }
}

function inWords({ request, windows }: QuotaReading): string {
  const each = windows.map(({ name, used }) => (used === null ? name : `${name} ${Math.round(used * 100)}`))
  return [request ?? 'told', ...each].join(' ')
}

const unified = 'anthropic-ratelimit-unified-'

/** Headers of a subscription's answer. */
function quota(status: string, claim: string | null, reset: number | null, more: Record<string, string> = {}) {
  const named = Object.entries({ status, 'representative-claim': claim, reset, ...more })
  return Object.fromEntries(named.flatMap(([name, value]) => (value === null ? [] : [[unified + name, String(value)]])))
}

function refusal(headers: Record<string, string>, details: Record<string, unknown> = {}): StepInput {
  return { error: { status: 429, type: 'rate_limit_error', message: 'over the limit', headers, details } }
}

const tool: StepInput = { tool: 'Bash', input: { command: 'echo a step', description: 'a step' } }

const claudeRows: readonly Row[] = [
  {
    what: 'served, no header at all',
    steps: [{ text: 'a' }],
    told: { ended: 'done', readings: ['served'] },
  },
  {
    what: 'served, with a window',
    steps: [{ text: 'a', headers: quota('allowed', 'five_hour', soon) }],
    told: { ended: 'done', readings: ['served five_hour'] },
  },
  {
    what: 'a warning by the service',
    steps: [
      {
        text: 'a',
        headers: quota('allowed_warning', 'five_hour', soon, {
          '5h-utilization': '0.91',
          '5h-reset': String(soon),
          '5h-surpassed-threshold': '0.9',
        }),
      },
    ],
    told: { ended: 'done', readings: ['served five_hour 91'] },
  },
  {
    what: 'a warning by the CLI’s own rule: much is used early',
    steps: [
      {
        text: 'a',
        headers: quota('allowed', 'five_hour', early, { '5h-utilization': '0.95', '5h-reset': String(early) }),
      },
    ],
    told: { ended: 'done', readings: ['served five_hour 95'] },
  },
  {
    what: 'a warning about paid use',
    steps: [
      {
        text: 'a',
        headers: quota('allowed_warning', 'overage', later, {
          'overage-utilization': '0.92',
          'overage-reset': String(later),
          'overage-surpassed-threshold': '0.9',
        }),
      },
    ],
    told: { ended: 'done', readings: ['served overage 92'] },
  },
  {
    what: 'rejected, and served for money: no limit (E6)',
    steps: [
      {
        text: 'a',
        headers: quota('rejected', 'five_hour', soon, {
          'overage-status': 'allowed',
          'overage-reset': String(later),
          'overage-in-use': 'true',
        }),
      },
    ],
    told: { ended: 'done', readings: ['paid five_hour 100 overage'] },
  },
  {
    what: 'rejected: parked until the reset, without a retry',
    steps: [
      refusal(
        quota('rejected', 'five_hour', soon, {
          'overage-status': 'rejected',
          'overage-disabled-reason': 'org_level_disabled',
        }),
      ),
    ],
    told: {
      ended: 'quota-full',
      window: 'five_hour',
      parkedUntil: soon,
      readings: ['refused five_hour 100'],
      requests: 1,
    },
  },
  {
    what: 'rejected once more, which is told by words alone: until the same moment (E2)',
    steps: [
      refusal(
        quota('rejected', 'five_hour', soon, {
          'overage-status': 'rejected',
          'overage-disabled-reason': 'org_level_disabled',
        }),
      ),
    ],
    told: { ended: 'quota-full', window: 'five_hour', parkedUntil: soon, requests: 1 },
  },
  {
    what: 'rejected in the middle, after a tool',
    steps: [tool, refusal(quota('rejected', 'seven_day', later))],
    told: {
      ended: 'quota-full',
      window: 'seven_day',
      parkedUntil: later,
      readings: ['served', 'refused seven_day 100'],
    },
  },
  {
    what: 'the limit of one model',
    steps: [refusal(quota('rejected', 'seven_day_opus', later))],
    told: {
      ended: 'quota-full',
      window: 'seven_day_opus',
      parkedUntil: later,
      readings: ['refused seven_day_opus 100'],
    },
  },
  {
    what: 'out of credits, without a reset: a person has to act',
    steps: [
      refusal(
        quota('rejected', 'seven_day_overage_included', null, {
          'overage-status': 'rejected',
          'overage-disabled-reason': 'out_of_credits',
        }),
        { details: { error_code: 'credits_required' } },
      ),
    ],
    told: { ended: 'quota-ended', readings: ['refused seven_day_overage_included 100'] },
  },
  {
    what: 'a sub-agent is rejected, and the turn goes on (E6)',
    steps: [
      {
        tool: 'Task',
        input: {
          description: 'look',
          subagent_type: 'general-purpose',
          prompt: scripted([refusal(quota('rejected', 'five_hour', soon))]),
        },
      },
      { text: 'without it', headers: quota('allowed', 'five_hour', soon) },
    ],
    told: { ended: 'done', readings: ['served', 'refused five_hour 100', 'served five_hour'] },
  },
  {
    what: 'a 429 that names no quota is the service’s own trouble',
    steps: [refusal({})],
    told: { ended: 'service-busy: slower' },
  },
  {
    what: 'the service breaks off in the middle of its words',
    steps: [{ text: 'Some words and', midError: { type: 'rate_limit_error', message: 'limit' } }],
    told: { ended: 'service-busy: slower' },
  },
  {
    what: 'an overloaded service is asked again: the turn goes on',
    steps: [{ error: { status: 529, type: 'overloaded_error', times: 1 }, text: 'a' }],
    told: { ended: 'done', readings: ['served'], retried: 'overloaded', requests: 2 },
  },
  {
    what: 'a failing service is asked again at once',
    steps: [{ error: { status: 500, times: 1 }, text: 'a' }],
    told: { ended: 'done', retried: 'failing', requests: 2 },
  },
  { what: 'and all is well', steps: [{ text: 'a' }], told: { ended: 'done' } },
]

/** With a key nothing is said of a quota, whatever the headers say: it is the service that has too much to do. */
const keyRows: readonly Row[] = [
  {
    what: 'served, and headers of a quota tell nothing',
    steps: [{ text: 'a', headers: quota('allowed_warning', 'five_hour', soon) }],
    told: { ended: 'done' },
  },
  {
    what: 'too many requests: the CLI waits as it is told, and goes on',
    steps: [{ error: { status: 429, type: 'rate_limit_error', headers: { 'retry-after': '1' }, times: 1 }, text: 'a' }],
    told: { ended: 'done', retried: 'slower', requests: 2 },
  },
  {
    what: 'too many requests, and the wait is long: the CLI gives up at once, and the run is tried again by the bot',
    steps: [{ error: { status: 429, type: 'rate_limit_error', headers: { 'retry-after': '100' } } }],
    told: { ended: 'service-busy: slower', requests: 1 },
  },
  {
    what: 'overloaded: the CLI gives up after three requests, whatever it was told; the bot rides it out (E5)',
    steps: [{ error: { status: 529, type: 'overloaded_error' } }],
    told: { ended: 'service-busy: overloaded', retried: 'overloaded', requests: 3 },
  },
  { what: 'and all is well', steps: [{ text: 'a' }], told: { ended: 'done' } },
]

const windows = (primary: number, secondary: number, more: Record<string, string> = {}) => ({
  'x-codex-primary-used-percent': String(primary),
  'x-codex-primary-window-minutes': '300',
  'x-codex-primary-reset-at': String(soon),
  'x-codex-secondary-used-percent': String(secondary),
  'x-codex-secondary-window-minutes': '10080',
  'x-codex-secondary-reset-at': String(later),
  ...more,
})

/** The family of headers that counts for some models alone. */
const beside = (used: number) => ({
  'x-codex-active-limit': 'codex_other',
  'x-codex-other-primary-used-percent': String(used),
  'x-codex-other-primary-window-minutes': '300',
  'x-codex-other-primary-reset-at': String(soon),
  'x-codex-other-limit-name': 'other things',
})

function refusedAs(type: string, more: object = {}): StepInput {
  return { error: { status: 429, type, message: 'The usage limit has been reached', ...more } }
}

const codexRows: readonly Row[] = [
  { what: 'served, nothing said', steps: [{ text: 'a' }], told: { ended: 'done' } },
  {
    what: 'used up, and nobody says until when: it is tried after a while',
    steps: [refusedAs('usage_limit_reached')],
    told: { ended: 'quota-full', window: null, parkedUntil: 'some time' },
  },
  {
    what: 'used up, and only the body says until when: the CLI tells it in words, to the minute',
    steps: [refusedAs('usage_limit_reached', { details: { resets_at: soon } })],
    told: { ended: 'quota-full', window: null, parkedUntil: Math.floor(soon / 60) * 60 + 60 },
  },
  {
    what: 'served, with windows',
    steps: [{ text: 'a', headers: windows(44, 12) }],
    told: { ended: 'done', readings: ['told five_hour 44 seven_day 12'] },
  },
  {
    what: 'a full window with a served answer is no limit',
    steps: [{ text: 'a', headers: windows(100, 12) }],
    told: { ended: 'done', readings: ['told five_hour 100 seven_day 12'] },
  },
  {
    what: 'used up: parked until the reset, without a retry',
    steps: [refusedAs('usage_limit_reached', { headers: windows(100, 60) })],
    told: {
      ended: 'quota-full',
      window: 'five_hour',
      parkedUntil: soon,
      readings: ['told five_hour 100 seven_day 60'],
      requests: 1,
    },
  },
  {
    what: 'used up, and both windows are full: until the later one',
    steps: [refusedAs('usage_limit_reached', { headers: windows(100, 100) })],
    told: {
      ended: 'quota-full',
      window: 'seven_day',
      parkedUntil: later,
      readings: ['told five_hour 100 seven_day 100'],
    },
  },
  {
    what: 'a limit beside the account’s own: its windows are its own, and what is full is full for that model alone',
    steps: [{ text: 'a', headers: windows(44, 12, beside(35)) }],
    told: { ended: 'done', readings: ['told codex_other:five_hour 35'] },
  },
  {
    what: 'and used up',
    steps: [refusedAs('usage_limit_reached', { headers: windows(44, 12, beside(100)) })],
    told: {
      ended: 'quota-full',
      window: 'codex_other:five_hour',
      model: 'gpt-5.5',
      parkedUntil: soon,
      readings: ['told codex_other:five_hour 100'],
      requests: 1,
    },
  },
  {
    what: 'used up in the middle, after a tool',
    steps: [
      { tool: 'exec_command', input: { cmd: 'echo a step' }, headers: windows(99, 12) },
      refusedAs('usage_limit_reached', { headers: windows(100, 12) }),
    ],
    told: {
      ended: 'quota-full',
      window: 'five_hour',
      parkedUntil: soon,
      readings: ['told five_hour 99 seven_day 12', 'told five_hour 100 seven_day 12'],
    },
  },
  {
    what: 'a member’s credits are gone: a person has to act (E3)',
    steps: [
      refusedAs('usage_limit_reached', {
        headers: windows(44, 12, { 'x-codex-rate-limit-reached-type': 'workspace_member_credits_depleted' }),
      }),
    ],
    told: { ended: 'quota-ended', readings: ['told five_hour 44 seven_day 12'] },
  },
  { what: 'the plan has none of it (E3)', steps: [refusedAs('usage_not_included')], told: { ended: 'quota-ended' } },
  { what: 'no money is left (E3)', steps: [refusedAs('insufficient_quota')], told: { ended: 'quota-ended' } },
  {
    what: 'too many requests: the CLI waits as it is told, and goes on',
    steps: [
      { error: { status: 429, type: 'rate_limit_exceeded', headers: { 'retry-after': '1' }, times: 1 }, text: 'a' },
    ],
    told: { ended: 'done', retried: 'slower', requests: 2 },
  },
  {
    what: 'too many requests, said in the stream: the CLI waits as the words say, and goes on',
    steps: [
      {
        error: { status: 200, type: 'rate_limit_exceeded', message: 'Rate limit. Please try again in 1.2s.', times: 1 },
        text: 'a',
      },
    ],
    told: { ended: 'done', retried: 'slower', requests: 2 },
  },
  {
    what: 'too many requests, and the wait is long: the CLI waits, which is told, and Stop ends it at once',
    steps: [{ error: { status: 429, type: 'rate_limit_exceeded', headers: { 'retry-after': '600' } } }],
    stopsAt: 'noticed',
    told: { ended: 'stopped', retried: 'slower', requests: 1 },
  },
  {
    what: 'overloaded, and the wait is long: not a word on any line, and Stop ends it',
    steps: [{ error: { status: 503, type: 'server_is_overloaded', headers: { 'retry-after': '600' } } }],
    stopsAt: 'asked',
    told: { ended: 'stopped', requests: 1 },
  },
  {
    what: 'the connection breaks off in the middle of its words: the CLI asks again',
    steps: [{ text: 'Some words and', cut: 1, chunks: 3, error: { hangup: true, times: 1 } }],
    told: { ended: 'service-busy: unreachable', retried: 'unreachable' },
  },
  { what: 'and all is well', steps: [{ text: 'a' }], told: { ended: 'done' } },
]

describe('limits as the real CLIs tell of them', { ...sideBySide }, () => {
  test('Claude, with a subscription', { skip: claude === null && howToInstall }, async () => {
    const make = async (): Promise<RuntimeBench> => {
      const bench = await claudeBench(claude ?? '')
      const { ANTHROPIC_API_KEY: _, ...account } = bench.options.account ?? {}
      const token = { CLAUDE_CODE_OAUTH_TOKEN: 'dummy-token-for-the-scripted-model' }
      asked = () => bench.model.requests.length
      return { ...bench, options: { ...bench.options, account: { ...account, ...token } } }
    }
    let asked = (): number => 0
    await using stage = await ContractStage.open('claude', make)
    await play(stage, claudeRows, () => asked())
  })

  test('Claude, with a key', { skip: claude === null && howToInstall }, async () => {
    let asked = (): number => 0
    const make = async (): Promise<RuntimeBench> => {
      const bench = await claudeBench(claude ?? '')
      asked = () => bench.model.requests.length
      return bench
    }
    await using stage = await ContractStage.open('claude', make)
    await play(stage, keyRows, () => asked())
  })

  test('Codex', { skip: codex === null && howToInstallCodex }, async () => {
    let asked = (): number => 0
    const make = async (): Promise<RuntimeBench> => {
      const bench = await codexBench(codex ?? '')
      asked = () => bench.model.requests.length
      return bench
    }
    await using stage = await ContractStage.open('codex', make)
    await play(stage, codexRows, () => asked())
  })
})
