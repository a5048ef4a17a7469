import type { AccountState } from '../../src/core/account.ts'
import type { en as usageWords } from '../../src/features/usage/words.ts'
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
} from '../../src/core/ids.ts'
import type { SessionId } from '../../src/core/ids.ts'
import type { Person } from '../../src/core/person.ts'
import type { LinePlace } from '../../src/core/chat.ts'
import type { en as permissionWords } from '../../src/features/permissions/en.ts'
import type { en as queueWords, Wait } from '../../src/features/queue/words.ts'
import type { Phrases } from '../../src/core/phrases.ts'
import { composeSessionKey, type Place } from '../../src/core/place.ts'
import type { Ground, Scope } from '../../src/core/policy.ts'
import { tiers } from '../../src/core/right.ts'
import { actionNames, product, rights } from '../features/product.ts'
import type { Session, Worktree } from '../../src/core/session.ts'
import { viewOf, type RunView } from '../../src/core/view.ts'
import type { Diff } from '../../src/core/work.ts'

/** A path as nasty as a file system allows, and far too long for one message. */
const nastyPath = `/srv/\`back\`tick *bold* @everyone \n<@1> ${'lang/'.repeat(700)}`
export const nastyText = `**loud** \`x\` <@&5> @here https://evil.example [a](b)\n# head ${'x'.repeat(5000)}`

/** Every refusal, with what people and machines put into it at its worst. A missing code does not compile. */
export const refusals: { readonly [Code in Refusal['code']]: readonly Extract<Refusal, { code: Code }>[] } = {
  'not-allowed': actionNames.flatMap((action) =>
    tiers.map((tier) => ({ code: 'not-allowed' as const, action, tier, needs: rights[action] ?? 'owner' })),
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
  'workdir-outside': [
    { code: 'workdir-outside', path: nastyPath, roots: Array.from({ length: 40 }, () => nastyPath) },
    { code: 'workdir-outside', path: '/etc', roots: ['/home/olivia/projects'] },
  ],
  'workdir-missing': [{ code: 'workdir-missing', path: nastyPath }],
  'runtime-unknown': [
    { code: 'runtime-unknown', runtime: nastyText, known: Array.from({ length: 40 }, () => nastyText) },
    { code: 'runtime-unknown', runtime: 'x', known: [] },
  ],
  'runtime-unavailable': [{ code: 'runtime-unavailable', runtime: 'claude', detail: nastyText }],
  'queue-full': [{ code: 'queue-full', cap: 20, waiting: 20 }],
  'person-queue-full': [{ code: 'person-queue-full', active: 2, cap: 5, waiting: 5 }],
  'nothing-to-stop': [{ code: 'nothing-to-stop' }],
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
  'attached-ended': [{ code: 'attached-ended', name: 'shop' }],
  'nothing-to-export': [{ code: 'nothing-to-export' }],
  'option-missing': [{ code: 'option-missing', option: 'name' }],
  'approval-not-yours': [
    { code: 'approval-not-yours', speaker: null },
    { code: 'approval-not-yours', speaker: nastyText },
  ],
  'approval-answered': (['approve', 'deny', 'reply'] as const).flatMap((verdict) => [
    { code: 'approval-answered', by: null, verdict },
    { code: 'approval-answered', by: nastyText, verdict },
  ]),
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
  'process-died': [{ code: 'process-died', detail: 'signal SIGKILL' }],
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
export const holds: readonly Hold[] = [
  'five_hour',
  'seven_day',
  'seven_day_opus',
  'seven_day_sonnet',
  'seven_day_overage_included',
  'overage',
  nastyText,
  null,
].map((window) => ({ until: 1_790_000_000_000, runtime: 'claude' as RuntimeName, window, model: null }))

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
    say.usage({ ...report, by: 'channel', span: 30, sums: [{ ...sum, name: '1187654321098766000' }] }),
    say.usage({ ...report, by: 'day', all: false, span: 30, sums: [{ ...sum, name: '2026-11-28' }] }),
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

export const wellHealth: Health = {
  accounts: [],
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
  restartCount: 3,
  gateway: { state: 'ready', lastEventAgeMs: 12, ping: 41.6 },
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
export function rightsSamples(say: typeof permissionWords): string[] {
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
  return [
    say.grants([]),
    say.grants(many),
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
          needs: rights[action] ?? 'owner',
        }),
        say.why(about, product.deed(action, 'en'), where, {
          allowed: false,
          tier: 'blocked',
          ground: { kind: 'none' },
          needs: rights[action] ?? 'owner',
          refusal: { code: 'not-allowed', action, tier: 'blocked', needs: rights[action] ?? 'owner' },
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
  const line = { place: 3, expectedMs: 240_000, atWork: 1, cap: 1, held: null }
  const wait: Wait = {
    run: 'run' as RunId,
    session: nastyText,
    place: session().place,
    message: '5' as MessageId,
    line,
  }
  const direct: Wait = { ...wait, place: { kind: 'dm', id: '12' as PlaceId }, message: null, line: null }
  const told = [
    say.withdraw({ ...wait, session: 'shop' }),
    say.withdraw({ ...direct, session: 'shop' }),
    say.withdrawn({ run: wait.run, waiting: true, afterMs: 0 }),
    say.withdrawn({ run: wait.run, waiting: false, afterMs: 42_000 }),
    say.waits([], stands),
    say.waits([wait], stands),
    say.waits(
      Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? wait : direct)),
      stands,
    ),
  ]
  return told.map((text) => text.replaceAll(/\]\(https:\/\/discord\.com\/channels\/[@\w/]+\)/g, ''))
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
    askedAt: startedAt,
    expiresAt: startedAt + 600_000,
    draft: {},
    fate,
    lasting: at % 2 === 0,
  })),
)
