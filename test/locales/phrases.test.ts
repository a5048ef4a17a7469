import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RunEvent } from '../../src/core/event.ts'
import type { AccountId, MessageId, PlaceId } from '../../src/core/ids.ts'
import { pageOf } from '../../src/core/list-page.ts'
import { tiers } from '../../src/core/right.ts'
import type { Session } from '../../src/core/session.ts'
import type { BranchLeft, Remains } from '../../src/core/work.ts'
import * as approvals from '../../src/features/approvals/words.ts'
import * as board from '../../src/features/board/words.ts'
import * as diff from '../../src/features/diff/words.ts'
import * as health from '../../src/features/health/words.ts'
import { en as permissionsEn } from '../../src/features/permissions/en.ts'
import { ko as permissionsKo } from '../../src/features/permissions/ko.ts'
import * as help from '../../src/features/help/words.ts'
import * as queue from '../../src/features/queue/words.ts'
import * as runs from '../../src/features/runs/words.ts'
import { english } from '../../src/features/sessions/en.ts'
import { korean } from '../../src/features/sessions/ko.ts'
import * as skills from '../../src/features/skills/words.ts'
import * as budgets from '../../src/features/budgets/words.ts'
import * as accountsOfAgents from '../../src/features/accounts/words.ts'
import * as identity from '../../src/features/identity/words.ts'
import * as usage from '../../src/features/usage/words.ts'
import * as transcript from '../../src/features/transcript/words.ts'
import * as workers from '../../src/features/workers/words.ts'
import { languages as speaking, product } from '../features/product.ts'
import {
  accounts,
  asks,
  budgetSamples,
  holds,
  holdsBefore,
  home,
  nastyText,
  overview,
  messageSamples,
  queueSamples,
  refusals,
  rightsSamples,
  session,
  someDiff,
  startedAt,
  accountSamples,
  identitySamples,
  machineSamples,
  troubles,
  usageSamples,
  view,
  wellHealth,
  worktree,
  withoutJumps,
  nastyPath,
} from './samples.ts'

const languages = speaking(home)
/** What the features say. */
const words = {
  en: {
    approvals: approvals.en,
    board: board.en,
    diff: diff.en,
    health: health.en,
    usage: usage.en,
    budgets: budgets.en,
    identity: identity.en,
    accounts: accountsOfAgents.en,
    help: help.en,
    permissions: permissionsEn,
    queue: queue.en,
    runs: runs.en,
    sessions: english(home),
    skills: skills.en,
    transcript: transcript.en,
    workers: workers.en,
  },
  ko: {
    approvals: approvals.ko,
    board: board.ko,
    diff: diff.ko,
    health: health.ko,
    usage: usage.ko,
    budgets: budgets.ko,
    identity: identity.ko,
    accounts: accountsOfAgents.ko,
    help: help.ko,
    permissions: permissionsKo,
    queue: queue.ko,
    runs: runs.ko,
    sessions: korean(home),
    skills: skills.ko,
    transcript: transcript.ko,
    workers: workers.ko,
  },
}

/** Words that send the reader on: a command, or something to do. */
const nextStep = {
  en: /`\/|\b(ask|choose|use|try|write|send|run|check|begin)\b/i,
  ko: /`\/|(주세요|보세요|다시|이어서)/,
}

const allRemains: readonly Remains[] = [
  { kind: 'removed' },
  { kind: 'gone' },
  ...(['uncommitted', 'unmerged', 'unfinished', 'stashed', 'unknown'] as const).map((why) => ({
    kind: 'kept' as const,
    why,
  })),
]
const manyFiles = Array.from({ length: 3000 }, (_, at) => ({
  path: `${'deep/'.repeat(60)}*bold* @everyone ${at}`,
  lines: { added: at, removed: 1 },
}))

const admitted: RunEvent = { type: 'admitted', account: 'default' as AccountId }
const started: RunEvent = { type: 'started', pid: 1, warm: false, conversation: null }
const tool = (id: string, phase: 'begun' | 'done'): RunEvent => ({
  type: 'acted',
  action: { id, kind: 'edit', tool: 'Edit', title: 'src/cart.ts' },
  phase,
})

for (const say of Object.values(languages)) {
  const own = words[say.locale]
  describe(`the phrases in ${say.locale}`, () => {
    for (const [code, table] of [...Object.entries(refusals), ...Object.entries(troubles)]) {
      it(`${code} is one message that names the next step`, () => {
        for (const failure of table) {
          const text = code in refusals ? say.refusal(failure as never) : say.trouble(failure as never)
          assert.ok(text.length > 10 && text.length <= 2000, `${text.length} characters: ${text.slice(0, 200)}`)
          assert.match(text, nextStep[say.locale])
          sounds(text)
        }
      })
    }

    it('describes every command and option in 100 characters', () => {
      for (const { path, text: texts } of product.commands) {
        const name = path.join(' ')
        const words = texts[say.locale]
        for (const text of [words.description, ...Object.values(words.options)]) {
          assert.ok(text.length >= 1 && text.length <= 100, `${name}: ${text}`)
        }
        for (const option of Object.keys(words.options)) assert.match(option, /^[-_\p{Ll}\p{N}]{1,32}$/u)
      }
    })

    it('lists ten sessions in one message, whatever they are called, and says which page that is', () => {
      const many = Array.from({ length: 100 }, () =>
        overview({ session: session({ name: 'x'.repeat(32), model: nastyText, workdir: nastyPath, worktree: null }) }),
      )
      const page = pageOf(many, 3, 10)
      const lines = page.items.map((each) => own.sessions.listed(each, startedAt, say))
      const head = own.sessions.listHead(page)
      assert.match(head, /100.*(page 3 of 10|10쪽 중 3쪽)/)
      // What one message takes in Components V2.
      assert.ok([head, ...lines].join('').length <= 4000, `${lines.join('').length}`)
      for (const line of lines) sounds(line)
    })

    it('says everything else calmly, too', () => {
      const started = (of: Session, title: string, takenUp: boolean): string =>
        own.sessions.started(
          of,
          title,
          { takenUp, emptySubmodules: takenUp ? ['vendor/x'] : [], boxed: takenUp, isLent: takenUp },
          say.whereabouts(of),
        )
      const left = (why: BranchLeft['why']): string =>
        say.branchLeft(session({ worktree }), worktree, { kind: 'left', why, commit: null, detail: 'no such object' })
      const states = ['connecting', 'ready', 'resting', 'closed'] as const
      for (const text of [
        ...(['moved', 'checked-out', 'failed'] as const).map(left),
        ...[null, 'olivia'].map((by) =>
          say.branchHeld(
            session({ worktree }),
            worktree,
            Array.from({ length: 14 }, () => '.husky/pre-commit'),
            by,
          ),
        ),
        say.branchOver(session()),
        ...[false, true].map((cut) =>
          say.obeyedChanged(session(), { paths: ['.envrc', '.git/hooks/post-merge'], cut }),
        ),
        started(session(), 'Claude Code', false),
        started(session({ worktree, trusted: true }), 'Claude Code', true),
        started(session({ place: { kind: 'channel', id: session().place.id, guild: '1' } }), 'Echo', false),
        own.sessions.ended({ session: session(), name: 'shop', remains: null, detached: false }),
        own.sessions.ended({ session: session(), name: 'shop', remains: null, detached: true }),
        own.sessions.ended({ session: session(), name: null, remains: null, detached: true }),
        ...allRemains.map((remains) =>
          own.sessions.ended({ session: session({ worktree }), name: 'shop', remains, detached: false }),
        ),
        ...allRemains.map((remains) =>
          own.sessions.moved(
            { session: session({ worktree }), left: { worktree, remains }, trustEnded: false },
            say.whereabouts(session({ worktree })),
          ),
        ),
        own.sessions.moved({ session: session(), left: null, trustEnded: true }, say.whereabouts(session())),
        ...messageSamples(say),
        own.sessions.remodelled(session()),
        own.sessions.remodelled(session({ model: null })),
        own.sessions.attached(session()),
        own.sessions.resumed(session()),
        own.diff.diff(session({ worktree }), someDiff, say.whereabouts(session({ worktree }))),
        own.diff.diff(session(), { ...someDiff, files: [], patch: '' }, say.whereabouts(session())),
        own.diff.diff(session(), { ...someDiff, base: null, cut: true, files: manyFiles }, say.whereabouts(session())),
        own.transcript.exported(1, false),
        own.transcript.exported(12_000, true),
        say.forgotten('lost'),
        say.forgotten('full'),
        ...(['overloaded', 'slower'] as const).map((service) =>
          say.parked({ until: startedAt, runtime: 'claude' as never, window: null, model: null, service }, null),
        ),
        ...(['overloaded', 'failing', 'unreachable', 'slower'] as const).map((why) =>
          say.notice({ kind: 'retrying', why }),
        ),
        say.notice({ kind: 'compacting' }),
        say.notice({ kind: 'compacted' }),
        say.notice({ kind: 'model-changed', from: nastyText, to: 'sonnet' }),
        own.sessions.listHead(pageOf([], 1, 10)),
        own.sessions.listHead(pageOf([1], 1, 10)),
        own.sessions.listed(overview({ state: null, waiting: 0 }), startedAt, say),
        own.runs.stopped({ run: 'r' as never, waiting: true, afterMs: 0 }),
        own.runs.stopped({ run: 'r' as never, waiting: false, afterMs: 42_000 }),
        say.waiting({ ...inLine, frozen: true }),
        say.waiting(inLine),
        say.waiting({ place: 3, expectedMs: 240_000, atWork: 2, cap: 2, held: null, frozen: false }),
        ...accounts.map((account) => say.account(account, startedAt)),
        ...usageSamples(own.usage),
        ...budgetSamples(own.budgets),
        ...identitySamples(own.identity),
        ...machineSamples(own.workers),
        ...accountSamples(own.accounts),
        ...holdsBefore.map((hold) => say.waiting({ ...inLine, held: { hold, place: 1, of: 1, isBehind: true } })),
        ...holds.flatMap((hold) => [
          say.waiting({
            place: 3,
            expectedMs: null,
            atWork: 0,
            cap: 2,
            held: { hold, place: 2, of: 5 },
            frozen: false,
          }),
          say.parked(hold, null),
          say.parked(hold, {
            place: 3,
            expectedMs: null,
            atWork: 0,
            cap: 2,
            held: { hold, place: 21, of: 22 },
            frozen: false,
          }),
        ]),
        ...rightsSamples(own.permissions, say),
        ...queueSamples(own.queue, (line) => say.stands(line)),
        own.runs.steered({ how: 'steered', text: nastyText }, nastyText),
        own.runs.steered({ how: 'kept', text: nastyText }, nastyText),
        own.runs.steered({ how: 'asked', text: nastyText }, nastyText),
        say.wasAway(180_000, 2),
        say.restInFile('answer.md'),
        ...tiers.map((tier) =>
          withoutJumps(say.leftAlone({ kind: 'channel', id: '1' as PlaceId, guild: '2' }, '3' as MessageId, tier)),
        ),
        say.leftAloneForAll(),
        say.noSessionHere(),
        say.board([], '1'),
        ...tiers.flatMap((tier) =>
          [true, false].map((asks) =>
            own.help.help(
              tier,
              asks,
              Array.from({ length: 12 }, (_, at) => ({
                name: `command ${at}`,
                subcommands: [],
                description: 'x'.repeat(100),
              })),
            ),
          ),
        ),
        own.board.stands,
        own.board.later,
        own.skills.asked('review', '', 'alice'),
        own.skills.asked('review', `@everyone <@&5> ${'x'.repeat(5000)}`, '*alice*'),
        ...(['starter', 'mention', 'all'] as const).flatMap((listen) =>
          [true, false].map((includeBystanders) => say.channelNotice({ listen, includeBystanders, history: 10 })),
        ),
        say.internalError(),
        say.moreSteps(5),
        ...states.map((state) =>
          own.health.health(
            { ...wellHealth, gateway: { state, lastEventAgeMs: null, ping: null, serversAway: [], serversHere: 1 } },
            true,
          ),
        ),
        ...[true, false].map((isOwner) =>
          own.health.health(
            { ...wellHealth, ok: false, reasons: Array.from({ length: 90 }, () => 'x'.repeat(900)) },
            isOwner,
          ),
        ),
      ]) {
        assert.ok(text.length > 0 && text.length <= 2000, text.slice(0, 200))
        sounds(text)
      }
    })

    it('fits a board of a hundred runs into one message, and draws nothing that a name says', () => {
      const line = {
        session: 'shop',
        state: 'running' as const,
        speaker: '[x](https://evil.example) @everyone',
        since: startedAt,
        place: session().place.id,
        message: session().since,
      }
      const text = say.board(
        Array.from({ length: 100 }, () => line),
        '77',
      )
      assert.ok(text.length <= 2000)
      const shown = text.match(/\*\*shop\*\*/g)?.length ?? 0
      assert.match(text.split('\n').at(-1) ?? '', new RegExp(`${100 - shown}`))
      assert.doesNotMatch(text, /(?<!\\)\[x|@everyone/)
      assert.match(text, new RegExp(`/channels/77/${line.place}/${line.message}\\)`))
    })

    it('asks and tells of approvals calmly, in one message each, also at the worst', () => {
      for (const ask of asks) {
        const words = say.approvals
        for (const text of [
          words.title(ask, '<@1>'),
          words.reason('x'.repeat(5000)),
          words.where(`${home}/${'deep/'.repeat(500)}`),
          ...Object.values(words.risks),
          words.inFile('input.json', 123_456),
          words.mayAnswer(false, startedAt),
          words.mayAnswer(true, startedAt),
          words.runs(Object.keys(ask.runs.files)),
          words.changed(['a', 'b', 'c', 'd', 'e'].map((each) => each.repeat(500))),
          words.line(ask, true, null, true),
          words.line(ask, false, '<@1>', false),
          words.many.title(ask.runtime, 40, '<@1>'),
          words.many.item(ask),
          words.many.owners,
          words.many.more(30),
          words.many.tally([
            ask,
            { ...ask, fate: { kind: 'answered', decision: { verdict: 'approve' }, by: nastyText } },
          ]),
          words.many.inFile('questions.txt', true),
          words.many.line(ask, 40, startedAt, false, null),
          words.many.lineOver(40),
          words.many.expired(ask.runtime, 3),
          words.reminder(null, startedAt),
          words.reminder('<@1>', startedAt),
          words.expired(ask),
          words.audit(ask),
          ...(ask.fate.kind === 'open' ? [] : [words.fate(ask), words.lineOver(ask.fate)]),
        ]) {
          assert.ok(text.length > 0 && text.length <= 1000, `${text.length}: ${text.slice(0, 200)}`)
          sounds(text)
        }
      }
      for (const form of [own.approvals.deny, own.approvals.change, own.runs.steerForm]) {
        assert.ok(form.title.length <= 45 && form.label.length <= 45 && form.placeholder.length <= 100)
      }
    })

    it('has words for each field of a form', () => {
      const { title, name, address, tokens } = own.identity.form
      assert.ok(title.length <= 45)
      for (const { label, placeholder } of [name, address, tokens]) {
        assert.ok(label.length <= 45 && placeholder.length <= 100)
      }
    })

    it('knows every state of a run', () => {
      const lines = [
        view(),
        view(admitted),
        view(admitted, started),
        view(admitted, started, { type: 'stopped', by: 'alice' }),
      ].map((each) => say.working(each, 60_000))
      assert.equal(new Set(lines).size, lines.length)
      for (const line of lines) assert.match(line, /^[●?■✓] /)
    })
  })
}

/** LOOK.md: no exclamation marks, no "Oops"; and nothing left unfilled. */
function sounds(text: string): void {
  assert.doesNotMatch(text, /!|oops|undefined|null|NaN|\[object/i)
  // Outside code marks nothing of what came from people may mean anything to Discord.
  const outside = text.replace(/``.*?``|`[^`]*`/g, '')
  assert.doesNotMatch(outside, /@(everyone|here)|(?<!\\)<@&|(?<!\\)\[a\]|https:\/\//)
}

const inLine = { place: 3, expectedMs: null, atWork: 0, cap: 2, held: null, frozen: false }

describe('the lines of a run', () => {
  const say = languages.en
  const usage = { inputTokens: 12_000, outputTokens: 400, costUsd: 0.114 }

  it('shows the tool in use and the steps so far', () => {
    const seen = view(admitted, started, tool('1', 'done'), tool('2', 'begun'))
    assert.equal(say.working(seen, 44_000), '● Working · 0:42 · Edit `src/cart.ts` — 2 steps')
  })

  it('shows time, steps, tokens and money at the end', () => {
    const seen = view(admitted, started, tool('1', 'done'), { type: 'finished', outcome: { kind: 'done', usage } })
    assert.equal(say.over(seen), '✓ 0:02 · 1 step · 12.4k tokens · $0.11')
    assert.equal(languages.ko.over(seen), '✓ 0:02 · 1단계 · 12.4k 토큰 · $0.11')
  })

  it('says who stopped it', () => {
    const stopped: RunEvent = { type: 'stopped', by: '*alice*' }
    const seen = view(admitted, started, stopped, { type: 'finished', outcome: { kind: 'stopped', usage } })
    assert.equal(
      say.over(seen),
      '■ Stopped by @\\*alice\\* after 0:02 · 12.4k tokens · $0.11 — What it had done stays: `/diff`.',
    )
    assert.match(say.over(view(admitted, started, { type: 'stopped', by: null })), /^■ Stopped after 0:00/)
    assert.equal(say.over(view({ type: 'stopped', by: '*alice*' })), '■ Taken back by @\\*alice\\* before it began.')
  })

  it('says why it was refused or failed', () => {
    assert.match(
      say.over(view({ type: 'refused', refusal: { code: 'queue-full', cap: 20, waiting: 20 } })),
      /^⚠ The queue/,
    )
    const trouble = { code: 'process-died', detail: 'signal SIGKILL' } as const
    const seen = view(admitted, started, { type: 'finished', outcome: { kind: 'failed', trouble, usage } })
    assert.match(say.over(seen), /^⚠ The agent's process ended unexpectedly: `signal SIGKILL`\. What/)
  })

  it('draws a tool call in one line', () => {
    assert.equal(say.step('Bash', 'npm test', false), '› Bash `npm test`')
    assert.equal(say.step('Bash', 'echo `date`\nrm', true), '› Bash ``echo `date` rm`` ⚠ failed')
    assert.equal(say.step('Think', '', false), '› Think')
  })
})

describe('the session started', () => {
  it('shows folders relative to home', () => {
    assert.equal(
      words.en.sessions.started(
        session(),
        'Claude Code',
        { takenUp: false, emptySubmodules: [], boxed: true, isLent: true },
        languages.en.whereabouts(session()),
      ),
      '**shop** · Claude Code · `opus`\n`~/projects/shop`\n' +
        'What it writes is there at once, also what other programs obey later, such as hooks, CI and notes for agents: after a turn I name those.\n' +
        'Write here to begin. `/cancel` stops what runs, `/session stop` ends the session.',
    )
    assert.match(speaking(null).en.whereabouts(session()), /^`\/home\/olivia\/projects\/shop`$/)
  })
})
