import type { AccountState } from '../../src/core/account.ts'
import type { en as budgetWords } from '../../src/features/budgets/words.ts'
import { budgetSpans, holdIn, never, type BudgetScope, type BudgetStanding } from '../../src/core/budget.ts'
import type { en as accountWords } from '../../src/features/accounts/words.ts'
import type { en as identityWords } from '../../src/features/identity/words.ts'
import type { en as usageWords } from '../../src/features/usage/words.ts'
import type { en as workersWords } from '../../src/features/workers/words.ts'
import type { Hold } from '../../src/core/quota.ts'
import type { SessionOverview } from '../../src/features/sessions/service.ts'
import type { Decision, Subject } from '../../src/core/approval.ts'
import type { Ask, Fate } from '../../src/core/ask.ts'
import { bySessionRule } from '../../src/core/consent.ts'
import type { Entry, RunEvent } from '../../src/core/event.ts'
import type { Refusal, Trouble } from '../../src/core/failure.ts'
import type { Health } from '../../src/core/health.ts'
import type {
  AccountId,
  ApprovalId,
  MessageId,
  PersonId,
  PlaceId,
  PromptKey,
  RunId,
  RuntimeName,
  WorkerId,
} from '../../src/core/ids.ts'
import type { SessionId } from '../../src/core/ids.ts'
import type { Person } from '../../src/core/person.ts'
import type { LinePlace } from '../../src/core/chat.ts'
import type { en as permissionWords } from '../../src/features/permissions/en.ts'
import type { en as queueWords, Wait } from '../../src/features/queue/words.ts'
import type { Phrases } from '../../src/core/phrases.ts'
import { composeSessionKey, type Place } from '../../src/core/place.ts'
import type { Ground, Scope } from '../../src/core/policy.ts'
import { pageOf } from '../../src/core/list-page.ts'
import { tierIn, tiers, type ActionName, type Tier } from '../../src/core/right.ts'
import { actionNames, product, rights } from '../features/product.ts'
import type { Session, Worktree } from '../../src/core/session.ts'
import { viewOf, type RunView } from '../../src/core/view.ts'
import type { Diff } from '../../src/core/work.ts'

/** The tier that an action takes. */
function needed(action: ActionName): Tier {
  return tierIn(rights[action] ?? 'owner here')
}

/** A path as nasty as a file system allows, and far too long for one message. */
export const nastyPath = `/srv/\`back\`tick *bold* @everyone \n<@1> ${'lang/'.repeat(700)}`
export const nastyText = `**loud** \`x\` <@&5> @here https://evil.example [a](b)\n# head ${'x'.repeat(5000)}`

/** Every refusal, with what people and machines put into it at its worst. A missing code does not compile. */
export const refusals: { readonly [Code in Refusal['code']]: readonly Extract<Refusal, { code: Code }>[] } = {
  'not-allowed': actionNames.flatMap((action) =>
    tiers.map((tier) => ({ code: 'not-allowed' as const, action, tier, needs: needed(action) })),
  ),
  'no-session': [{ code: 'no-session' }],
  'session-exists': [
    { code: 'session-exists', name: nastyText },
    { code: 'session-exists', name: null },
  ],
  'name-taken': [{ code: 'name-taken', name: 'shop_2' }],
  'name-invalid': [
    { code: 'name-invalid', name: '' },
    { code: 'name-invalid', name: nastyText },
  ],
  'model-invalid': [{ code: 'model-invalid', model: nastyText }],
  'workdir-outside': [
    { code: 'workdir-outside', path: nastyPath, roots: Array.from({ length: 40 }, () => nastyPath) },
    { code: 'workdir-outside', path: '/etc', roots: ['/home/olivia/projects'] },
  ],
  'workdir-missing': [{ code: 'workdir-missing', path: nastyPath }],
  'runtime-unknown': [
    { code: 'runtime-unknown', runtime: nastyText, known: Array.from({ length: 40 }, () => nastyText) },
    { code: 'runtime-unknown', runtime: 'x', known: [] },
  ],
  'account-unknown': [{ code: 'account-unknown', account: nastyText, known: ['default', 'team'] }],
  'machine-unknown': [
    { code: 'machine-unknown', machine: nastyText, known: ['w1', 'w2'] },
    { code: 'machine-unknown', machine: 'w9', known: [] },
  ],
  'machine-away': [{ code: 'machine-away', machine: 'w1' }],
  'machine-draining': [{ code: 'machine-draining', machine: 'w1' }],
  'machine-none': [{ code: 'machine-none', runtime: 'claude' }],
  'runtime-unavailable': [{ code: 'runtime-unavailable', runtime: 'claude', detail: nastyText }],
  'queue-full': [{ code: 'queue-full', cap: 20, waiting: 20 }],
  'person-queue-full': [{ code: 'person-queue-full', active: 2, cap: 5, waiting: 5 }],
  'nothing-to-stop': [{ code: 'nothing-to-stop' }],
  'not-waiting': [{ code: 'not-waiting' }],
  'prompt-empty': [{ code: 'prompt-empty' }],
  'prompt-too-long': [{ code: 'prompt-too-long', length: 17_000, limit: 16_000 }],
  'skill-unknown': [
    { code: 'skill-unknown', skill: nastyText, known: [] },
    { code: 'skill-unknown', skill: 'reveiw', known: Array.from({ length: 40 }, () => 'review') },
  ],
  'attachments-many': [{ code: 'attachments-many', count: 11, limit: 10 }],
  'attachment-large': [{ code: 'attachment-large', name: nastyText, limit: 26_214_400 }],
  'attachment-unsuitable': [{ code: 'attachment-unsuitable', name: 'setup.exe' }],
  'attachment-unread': [{ code: 'attachment-unread', name: nastyPath }],
  'attachment-not-kept': [{ code: 'attachment-not-kept', name: 'a.png' }],
  'place-unsupported': [{ code: 'place-unsupported' }],
  draining: [{ code: 'draining' }],
  'worktree-failed': [{ code: 'worktree-failed', detail: nastyText }],
  'program-folder': [{ code: 'program-folder', path: nastyPath }],
  'folder-too-wide': [{ code: 'folder-too-wide', path: nastyPath }],
  'folder-taken': [
    { code: 'folder-taken', path: nastyPath, name: nastyText },
    { code: 'folder-taken', path: nastyPath, name: null },
  ],
  'no-repository': [{ code: 'no-repository', path: nastyPath }],
  'git-failed': [{ code: 'git-failed', detail: nastyText }],
  'session-busy': [
    { code: 'session-busy', name: 'shop', waiting: 0 },
    { code: 'session-busy', name: nastyText, waiting: 3 },
  ],
  'nothing-to-resume': [{ code: 'nothing-to-resume', name: 'shop' }],
  'session-unknown': [{ code: 'session-unknown', name: nastyText }],
  'attached-ended': [
    { code: 'attached-ended', name: 'shop' },
    { code: 'attached-ended', name: null },
  ],
  'nothing-to-export': [{ code: 'nothing-to-export' }],
  'option-missing': [{ code: 'option-missing', option: 'name' }],
  'person-is-app': [{ code: 'person-is-app', name: nastyText }],
  'approval-not-yours': [
    { code: 'approval-not-yours', speaker: null },
    { code: 'approval-not-yours', speaker: nastyText },
  ],
  'approval-answered': (['approve', 'deny', 'reply'] as const).flatMap((verdict) => [
    { code: 'approval-answered', by: null, verdict },
    { code: 'approval-answered', by: nastyText, verdict },
  ]),
  'approvals-not-all-yours': [1, 12].map((count) => ({ code: 'approvals-not-all-yours', count, of: 40 })),
  'approval-changed': [['run.sh'], [nastyText, 'a/b.js']].map((files) => ({ code: 'approval-changed', files })),
  'approval-over': (['withdrawn', 'lost', 'ended', 'stopped', 'unknown'] as const).map((why) => ({
    code: 'approval-over',
    why,
  })),
  'answer-missing': [
    { code: 'answer-missing', question: '' },
    { code: 'answer-missing', question: nastyText },
  ],
  'owner-by-configuration': [{ code: 'owner-by-configuration', person: '1187654321098766000' as PersonId }],
  'scope-too-wide': [
    { code: 'scope-too-wide', scope: 'channel' },
    { code: 'scope-too-wide', scope: 'global' },
  ],
  'action-unknown': [{ code: 'action-unknown', action: nastyText }],
  expired: [{ code: 'expired', waitedMs: 1_800_000 }],
  'steer-above': [{ code: 'steer-above', tier: 'member', needs: 'owner' }],
}

export const troubles: { readonly [Code in Trouble['code']]: readonly Extract<Trouble, { code: Code }>[] } = {
  'start-failed': [
    { code: 'start-failed', detail: nastyText },
    { code: 'start-failed', detail: '' },
  ],
  'beyond-roots': [{ code: 'beyond-roots', folder: nastyText }],
  'process-died': [{ code: 'process-died', detail: 'signal SIGKILL' }],
  'machine-dropped': [{ code: 'machine-dropped', machine: nastyText }],
  'auth-failed': [{ code: 'auth-failed', detail: 'OAuth token has expired' }],
  'rate-limited': [
    { code: 'rate-limited', detail: 'limit', until: null },
    { code: 'rate-limited', detail: 'limit', until: 1_790_000_000_000 },
  ],
  'quota-full': [
    { code: 'quota-full', detail: nastyText, window: 'five_hour', until: 1_790_000_000_000 },
    { code: 'quota-full', detail: '', window: null, until: null },
  ],
  'quota-ended': [{ code: 'quota-ended', detail: nastyText }],
  'model-failed': [
    { code: 'model-failed', detail: 'overloaded', status: 529 },
    { code: 'model-failed', detail: nastyText, status: null },
  ],
  'service-busy': (['overloaded', 'failing', 'unreachable', 'slower'] as const).map((why) => ({
    code: 'service-busy',
    detail: nastyText,
    why,
  })),
  'context-full': [{ code: 'context-full', detail: 'prompt is too long' }],
  'too-large': [{ code: 'too-large', detail: 'Request too large (max 32MB)' }],
  'model-declined': [{ code: 'model-declined', detail: nastyText }],
  'model-unknown': [{ code: 'model-unknown', detail: 'model: no-such-model' }],
  'turn-limit': [{ code: 'turn-limit', detail: 'max turns' }],
  'conversation-gone': [{ code: 'conversation-gone', detail: 'No conversation found' }],
  silent: [{ code: 'silent', seconds: 600 }],
  flooded: [{ code: 'flooded', detail: '512 MB' }],
  'lost-too-often': [{ code: 'lost-too-often', times: 3 }],
  'rights-changed': [
    { code: 'rights-changed', was: 'owner', now: 'guest' },
    { code: 'rights-changed', was: 'guest', now: 'blocked' },
  ],
}

/** What holds runs back: every window there is a word for, and one that nobody knows. */
const windows = [
  'five_hour',
  'seven_day',
  'seven_day_opus',
  'seven_day_sonnet',
  'seven_day_overage_included',
  'overage',
  nastyText,
  null,
]
const budgetHold = holdIn({
  budget: {
    id: 'B1' as never,
    scope: { kind: 'everyone' },
    span: 'day',
    limit: { unit: 'usd', count: 1 },
    by: '',
    at: 1,
  },
  period: '2026-11-28',
  limit: 1,
  spent: 2,
  unpriced: 0,
  isAllowed: false,
})
export const holds: readonly Hold[] = [
  ...windows.map((window) => ({ until: 1_790_000_000_000, runtime: 'claude' as RuntimeName, window, model: null })),
  ...[1_790_000_000_000, never].map((until) => ({
    until,
    runtime: 'claude' as RuntimeName,
    window: null,
    model: null,
    budget: budgetHold,
  })),
  ...([null, 'w1'] as readonly (WorkerId | null)[]).flatMap((id) =>
    (['gone', 'draining'] as const).map((why) => ({
      until: never,
      runtime: '' as RuntimeName,
      window: null,
      model: null,
      machine: { id, why },
    })),
  ),
]

/** What a prompt stands behind that is held back by an earlier one alone. */
export const holdsBefore: readonly Hold[] = [
  ...holds.filter(({ machine }) => machine === undefined),
  ...(['overloaded', 'login'] as const).map((service) => ({ ...(holds[0] as Hold), window: null, service })),
]

/** What is known of logins. */
export const accounts: readonly AccountState[] = [
  {
    runtime: 'claude' as RuntimeName,
    account: 'default' as AccountId,
    windows: [],
    paid: false,
    rests: [],
    ended: null,
    heardAt: null,
  },
  {
    runtime: 'codex' as RuntimeName,
    account: 'second' as AccountId,
    windows: [
      { name: 'five_hour', used: 0.914, resetsAt: 1_790_000_900_000 },
      { name: 'overage', used: 0.2, resetsAt: null },
      { name: nastyText, used: null, resetsAt: null },
    ],
    paid: true,
    rests: [],
    ended: null,
    heardAt: 1_790_000_000_000,
  },
  {
    runtime: 'claude' as RuntimeName,
    account: 'default' as AccountId,
    windows: [],
    paid: false,
    rests: [
      { until: 1_790_000_900_000, window: 'seven_day', model: null, since: 1 },
      { until: 1_790_000_900_000, window: null, model: 'opus', since: 1 },
    ],
    ended: null,
    heardAt: null,
  },
  {
    runtime: 'claude' as RuntimeName,
    account: 'default' as AccountId,
    windows: [],
    paid: false,
    rests: [],
    ended: { detail: nastyText, since: 1 },
    heardAt: null,
  },
]

/** Everything that is said of budgets. */
export function budgetSamples(say: typeof budgetWords): string[] {
  const scopes: readonly BudgetScope[] = [
    { kind: 'everyone' },
    { kind: 'person', id: '1187654321098766000' as PersonId },
    { kind: 'role', id: '1187654321098766000' },
    { kind: 'channel', id: '1187654321098766000' as PlaceId },
  ]
  const standings = scopes.flatMap((scope) =>
    budgetSpans.flatMap((span) =>
      (['usd', 'tokens'] as const).map((unit): BudgetStanding => {
        const budget = { id: 'B1' as never, scope, span, limit: { unit, count: 10 }, by: nastyText, at: 1 }
        return { budget, period: '2026-11-28', limit: 12, spent: 13, unpriced: 7, isAllowed: false }
      }),
    ),
  )
  const by = nastyText
  const all = [
    ...standings.flatMap((standing) => {
      const { budget } = standing
      const hold = holdIn(standing)
      return [
        say.set(budget),
        say.nearly(standing),
        say.unpriced(budget),
        say.notHigher(hold),
        say.audit.set(budget),
        say.audit.asked(hold),
        say.fate({ kind: 'raised', by, to: 15 }, hold),
        say.shown({ standings: [standing], others: [budget], hidden: 2 }, '1187654321098766000' as PersonId),
        ...[null, startedAt].map((until) =>
          say.asking({ hold, session: nastyText, speaker: '1187654321098766000' as PersonId, until }),
        ),
      ]
    }),
    ...(['allowed', 'stopped'] as const).map((kind) => say.fate({ kind, by }, holdIn(standings[0] as BudgetStanding))),
    say.fate({ kind: 'passed' }, holdIn(standings[0] as BudgetStanding)),
    say.shown({ standings: [], others: [], hidden: 0 }, '1187654321098766000' as PersonId),
    say.removed('B1'),
    say.audit.removed('B1', by),
    say.nearlySomewhere,
    say.badAmount,
    say.badRole,
    say.oneScope,
    say.noChannel,
    say.unknown,
    say.notYours,
    say.over,
  ]
  // A role that an owner has named is meant to stand there; it rings for nobody.
  return all.map((text) => text.replaceAll('<@&1187654321098766000>', 'a role'))
}

/** Everything that `/account` says. */
export function accountSamples(say: typeof accountWords): string[] {
  const listed = { line: '**Claude** · no usage known yet', name: 'team', sessions: 1, shared: true, machines: [null] }
  return [
    say.list([listed, { ...listed, name: 'default', sessions: 0, shared: false, machines: [null, 'w1'] }]),
    say.moved(nastyText, 'team'),
    say.movedOn(nastyText, 'default', 'team'),
    say.alone(nastyText),
    say.stillRests('claude:team', '⏸ **Claude** · 5-hour window is full'),
    say.unknown(nastyText, ['default', 'team']),
  ]
}

/** Everything that `/identity` says. */
export function identitySamples(say: typeof identityWords): string[] {
  const identity = { name: nastyText, email: 'ann@example.org', tokens: {} }
  const token = { username: 'x', secret: 'y' }
  const tokens = { 'https://github.com': token, 'http://gitea.lan:3000': token }
  return [
    say.linked(identity, true, []),
    say.linked(identity, false, ['w1', 'w2']),
    say.shown({ ...identity, tokens }, ['w1']),
    say.nothing(nastyText, '42@discord.invalid'),
    say.unlinked([]),
    say.unlinked(['`github.com`']),
    say.tokenGone('`github.com`'),
    say.noToken('`github.com`'),
    ...(['name', 'address', 'too-many'] as const).map((what) => say.fault({ what })),
    ...(['host', 'token'] as const).map((what) => say.fault({ what, line: 3 })),
  ]
}

/** Everything that `/usage` says. */
export function usageSamples(say: typeof usageWords): string[] {
  const sum = { tokens: 1_234_567, costUsd: 12.345, unpriced: 0, estimated: 0 }
  const report = { accounts: ['**Claude** · nothing'], by: 'model', span: 1, all: true } as const
  return [
    say.usage({ ...report, sums: [] }),
    say.usage({ ...report, all: false, sums: [] }),
    say.usage({
      ...report,
      sums: [
        { ...sum, name: nastyText },
        { ...sum, name: '', costUsd: null, unpriced: 7 },
      ],
    }),
    say.usage({ ...report, by: 'person', span: 7, sums: [{ ...sum, name: '1187654321098766000', estimated: 100 }] }),
    ...['1187654321098766000', ''].map((name) =>
      say.usage({ ...report, by: 'channel', span: 30, sums: [{ ...sum, name }] }),
    ),
    say.usage({ ...report, by: 'day', all: false, span: 30, sums: [{ ...sum, name: '2026-11-28' }] }),
    ...(['person', 'channel', 'model', 'day'] as const).map((by) => say.picture(by)),
    say.forecast({ windows: [], month: { spent: 0, forecast: null }, limits: [], all: true }),
    ...[null, startedAt].flatMap((at) =>
      [true, false].map((all) =>
        say.forecast({
          windows: [
            {
              title: nastyText,
              account: { runtime: 'claude' as RuntimeName, account: 'default' as AccountId },
              window: 'five_hour',
              used: 0.43,
              resetsAt: startedAt,
              fullAt: at,
            },
          ],
          month: { spent: 3, forecast: all ? { atEnd: 12, reachedAt: null } : null },
          limits: (['usd', 'tokens'] as const).map((unit) => ({
            standing: {
              budget: {
                id: 'B1' as never,
                scope: { kind: 'everyone' },
                span: 'day',
                limit: { unit, count: 9 },
                by: '',
                at: 1,
              },
              period: '2026-11-28',
              limit: 9,
              spent: 3,
              unpriced: 0,
              isAllowed: false,
            },
            forecast: all ? { atEnd: 12, reachedAt: at } : null,
          })),
          all,
        }),
      ),
    ),
  ]
}

export const home = '/home/olivia'
export const startedAt = 1_790_000_000_000

export function session(changes: Partial<Session> = {}): Session {
  const place: Place = {
    kind: 'thread',
    id: '1187654321098765001' as PlaceId,
    channel: '1187654321098765000' as PlaceId,
    guild: '1187654321098764000',
  }
  return {
    id: 'session' as SessionId,
    key: composeSessionKey(place),
    place,
    name: 'shop',
    runtime: 'claude' as RuntimeName,
    workdir: `${home}/projects/shop`,
    model: 'opus',
    owner: '1187654321098766000' as PersonId,
    account: 'default' as AccountId,
    conversation: null,
    since: '1187654321098767000' as MessageId,
    startedAt,
    worker: null,
    worktree: null,
    trusted: false,
    endedAt: null,
    ...changes,
  }
}

export const worktree: Worktree = {
  repository: `${home}/projects/shop`,
  folder: `${home}/projects/.omc-worktrees/shop/shop`,
  borrows: [`${home}/projects/shop/.git/objects`],
  branch: 'omc/shop',
  base: '0123456789abcdef0123456789abcdef01234567',
}

export const someDiff: Diff = {
  base: worktree.base,
  files: [
    { path: 'src/cart.ts', lines: { added: 12, removed: 3 } },
    { path: 'logo.png', lines: null },
  ],
  patch: 'diff --git a/src/cart.ts b/src/cart.ts\n',
  cut: false,
}

export function overview(changes: Partial<SessionOverview> = {}): SessionOverview {
  return { session: session(), state: 'running', waiting: 2, since: startedAt, ...changes }
}

const machineVitals = { cpuShare: 0.126, rssBytes: 96_000_000, cliProcessCount: 2, freeMemoryBytes: 5_100_000_000 }

/** Everything that `/workers` and what belongs to it say. */
export function machineSamples(say: typeof workersWords): string[] {
  const machine = {
    id: nastyText as WorkerId,
    host: nastyText,
    version: '1.2.3',
    runtimes: ['echo' as RuntimeName],
    accounts: [],
    capacity: 6,
    boxed: true,
    key: '',
    vitals: machineVitals,
    isHere: true,
    isDraining: false,
  }
  const load = { machine, sessions: 2, live: 1, waiting: 0 }
  return [
    say.none(true),
    say.none(false),
    say.head(2, true),
    say.bot({ cpuShare: 0.04, rssBytes: 120_000_000 }),
    say.line(load),
    say.line({ ...load, sessions: 1, machine: { ...machine, boxed: false, vitals: null, isHere: false } }),
    say.line({ ...load, machine: { ...machine, isDraining: true } }),
    say.drained(nastyText),
    say.resumed(nastyText),
    say.dropped(nastyText, 1, 2),
    say.ask(nastyText, 1),
    say.ask(nastyText, 2),
    say.unknown(nastyText, []),
    say.unknown(nastyText, ['w1', 'w2']),
  ]
}

export const wellHealth: Health = {
  accounts: [],
  accountSlotsHealth: [],
  machines: [
    { id: 'w1', state: 'here', activeRuns: 1, capacity: 6, boxed: true, vitals: machineVitals },
    { id: 'w2', state: 'away', activeRuns: 2, capacity: 6, boxed: false, vitals: null },
  ],
  tokenStatus: {
    hasToken: true,
    expiresAt: startedAt + 3_600_000,
    remainingMin: 60,
    daemonRunning: 'running',
    refreshFailures: 0,
    persistedFailures: 0,
    authFailuresTotal: 0,
    maxFailures: 10,
    lastRefresh: null,
  },
  ok: true,
  reasons: [],
  findings: [],
  version: '0.1.0',
  startedAt,
  activeSessions: 3,
  activeRuns: 1,
  queuedCount: 2,
  oldestQueuedAgeMs: 42_000,
  cliProcessCount: 4,
  closedMessages: 2,
  rssBytes: 120_000_000,
  cpuShare: 0.04,
  restartCount: 3,
  gateway: { state: 'ready', lastEventAgeMs: 12, ping: 41.6, serversAway: [], serversHere: 1 },
  store: { ok: true, schema: 1 },
  disk: { freeBytes: 12_300_000_000 },
  box: { boxed: true },
}

/** The view of a run with these events, one second apart, asked at 0. */
export function view(...events: readonly RunEvent[]): RunView {
  const asked: RunEvent = {
    type: 'asked',
    prompt: {
      key: '1' as PromptKey,
      session: 'session' as SessionId,
      place: session().place,
      speaker: { id: '2' as PersonId, name: 'alice', locale: 'en', roles: [] },
      text: 'hello',
      message: null,
      askedAt: 0,
      tier: 'owner',
      attachments: [],
      context: [],
    },
  }
  const entries = [asked, ...events].map((event, at): Entry => ({
    run: 'run' as RunId,
    seq: at + 1,
    at: at * 1000,
    event,
  }))
  const seen = viewOf(entries)
  if (seen === null) throw new Error('the events do not begin a run')
  return seen
}

/** Everything that is said about tiers, at its worst. */
export function rightsSamples(say: typeof permissionWords, phrases: Phrases): string[] {
  const about: Person = { id: '3' as PersonId, name: nastyText, locale: 'en', roles: [] }
  const scopes: readonly Scope[] = [
    { kind: 'thread', id: '10' as PlaceId },
    { kind: 'channel', id: '11' as PlaceId },
    { kind: 'global' },
  ]
  const grants = tiers.flatMap((tier) =>
    scopes.map((scope) => ({ person: about.id, scope, tier, by: '4' as PersonId, at: startedAt })),
  )
  const many = Array.from({ length: 20 }, () => grants).flat()
  const grounds: readonly Ground[] = [
    { kind: 'owner-user' },
    { kind: 'owner-role' },
    { kind: 'none' },
    ...grants.map((grant) => ({ kind: 'grant' as const, grant })),
  ]
  const places: readonly Place[] = [session().place, { kind: 'dm', id: '12' as PlaceId }]
  const direct: Place = { kind: 'dm', id: '12' as PlaceId }
  const owners = [
    { user: '5', role: '6' },
    { user: null, role: null },
  ]
  const explained = Object.values(refusals)
    .flat()
    .flatMap((refusal) =>
      owners.map((each) => {
        const past = { key: '1', person: about.id, place: session().place, at: startedAt, refusal }
        return say.explained({ past, verdict: null, owners: each }, phrases)
      }),
    )
  const judged = tiers.flatMap((tier) =>
    grounds.flatMap((ground) =>
      owners.map((each) => {
        const refusal = { code: 'not-allowed', action: 'prompt', tier, needs: 'guest' } as const
        const past = { key: '1', person: about.id, place: direct, at: startedAt, refusal }
        const verdict = { tier, ground, needs: 'guest', allowed: false, refusal } as const
        return say.explained({ past, verdict, owners: each }, phrases)
      }),
    ),
  )
  return [
    ...explained,
    ...judged,
    say.neverRefused,
    say.notYours,
    say.grants({ seen: [], hidden: 0 }),
    say.grants({ seen: [], hidden: 2 }),
    say.grants({ seen: many, hidden: 12 }),
    ...grounds.map((ground) => say.standing({ about, tier: 'guest', ground, grants: many })),
    ...[...tiers, null].flatMap((tier) =>
      scopes.flatMap((scope) => [0, 1, 3].map((stopped) => say.changed({ about, scope, tier, now: 'guest', stopped }))),
    ),
    ...actionNames.flatMap((action) =>
      places.flatMap((where) => [
        say.why(about, product.deed(action, 'en'), where, {
          allowed: true,
          tier: 'owner',
          ground: { kind: 'none' },
          needs: needed(action),
        }),
        say.why(about, product.deed(action, 'en'), where, {
          allowed: false,
          tier: 'blocked',
          ground: { kind: 'none' },
          needs: needed(action),
          refusal: { code: 'not-allowed', action, tier: 'blocked', needs: needed(action) },
        }),
        say.why(about, product.deed(action, 'en'), where, {
          allowed: false,
          tier: 'owner',
          ground: { kind: 'none' },
          needs: 'owner',
          refusal: { code: 'scope-too-wide', scope: 'global' },
        }),
      ]),
    ),
  ]
}

/** What is said where a message could not stand as it was meant to. */
export function messageSamples({ messages: say }: Phrases): string[] {
  const places: readonly Place[] = [session().place, { kind: 'dm', id: '12' as PlaceId }]
  return [
    say.refusedInFile(),
    say.refused(),
    ...places.flatMap((place) => [
      say.answerShutOut(nastyText, place, true),
      say.answerShutOut('shop', place, false),
      say.approvalShutOut(nastyText, place),
      say.placeClosed(place),
    ]),
  ]
}

/** Everything that is said about the queue; its links lead into Discord and nowhere else. */
export function queueSamples(say: typeof queueWords, stands: (line: LinePlace) => string): string[] {
  const line = { place: 3, expectedMs: 240_000, atWork: 1, cap: 1, held: null, frozen: false }
  const wait: Wait = {
    run: 'run' as RunId,
    session: nastyText,
    place: session().place,
    message: '5' as MessageId,
    line,
  }
  const direct: Wait = { ...wait, place: { kind: 'dm', id: '12' as PlaceId }, message: null, line: null }
  const told = [
    say.withdrawn({ run: wait.run, waiting: true, afterMs: 0 }),
    say.withdrawn({ run: wait.run, waiting: false, afterMs: 42_000 }),
    ...[0, 1, 10, 100].map((count) =>
      say.waits(
        pageOf(
          Array.from({ length: count }, () => wait),
          1,
          10,
        ),
      ),
    ),
    say.waiting(wait, stands),
    say.waiting(direct, stands),
  ]
  return told.map(withoutJumps)
}

/** Links to messages are ours. */
export function withoutJumps(text: string): string {
  return text.replaceAll(/\]\(https:\/\/discord\.com\/channels\/[@\w/]+\)/g, '')
}
const subjects: readonly Subject[] = [
  { kind: 'command', command: nastyText, folder: nastyPath, reason: nastyText },
  { kind: 'change', changes: [], reason: null },
  { kind: 'change', changes: [{ path: nastyPath, diff: nastyText }], reason: nastyText },
  { kind: 'tool' },
  { kind: 'questions', questions: [] },
  {
    kind: 'questions',
    questions: [{ id: 'q', header: nastyText, text: nastyText, options: [], several: true, free: true }],
  },
  { kind: 'plan', plan: nastyText },
]

const decisions: readonly Decision[] = [
  { verdict: 'approve' },
  { verdict: 'deny', reason: nastyText },
  { verdict: 'reply', answers: { q: [nastyText, 'blue'] } },
]

const fates: readonly Fate[] = [
  { kind: 'open' },
  ...decisions.flatMap((decision) =>
    [nastyText, null, bySessionRule('alice')].map((by) => ({ kind: 'answered' as const, decision, by })),
  ),
  { kind: 'withdrawn' },
  { kind: 'lost' },
  { kind: 'ended' },
  { kind: 'stopped', by: nastyText },
  { kind: 'stopped', by: null },
]

/** Approvals of every kind with every fate. */
export const asks: readonly Ask[] = subjects.flatMap((subject) =>
  fates.map((fate, at) => ({
    token: 'AbCd_fGh-jKlMnOpQrStUv',
    run: '0196b2a0-0000-7000-8000-000000000000' as RunId,
    prompt: { ...view().prompt, speaker: { ...view().prompt.speaker, name: nastyText } },
    session: session({ name: 'shop' }),
    runtime: 'Claude Code',
    approval: {
      id: 'ask' as ApprovalId,
      action: { id: 'a', kind: 'command', tool: 'Bash', title: nastyText },
      input: '{}',
      subject,
      risks: [],
    },
    inputHash: '0123456789ab',
    runs: { known: true, files: { [nastyText]: 'abc' } },
    listed: at % 4 === 0 ? { list: 'lAbCd', at } : null,
    changed: at % 3 === 0 ? [nastyText] : [],
    askedAt: startedAt,
    expiresAt: startedAt + 600_000,
    draft: {},
    fate,
    lasting: at % 2 === 0,
  })),
)
