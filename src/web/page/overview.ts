import { canLast } from '../../core/consent.ts'
import type { Ask } from '../../core/ask.ts'
import { inOneLine } from '../../core/finding.ts'
import { isLive, isQueued } from '../../core/lifecycle.ts'
import type { OpenRun } from '../../core/journal.ts'
import type { Person } from '../../core/person.ts'
import type { Place } from '../../core/place.ts'
import type { Session } from '../../core/session.ts'
import { beginningOf } from '../../core/secret-scan.ts'
import { visible, visibleCommand } from '../../core/visible.ts'
import type { PageDoors } from './doors.ts'
import type { Guests } from './guests.ts'

/** So much of the queue is shown; its length is told. */
const mostQueued = 100
const mostAsks = 50

/** What the page shows beside the runs at work: sessions, the queue, what is asked of people, how the bot is. */
export async function overviewFor(person: Person, guests: Guests, doors: PageDoors): Promise<object> {
  const { journal, vault, health, catalogue } = doors
  const [sessions, open, now, frozen] = await Promise.all([
    vault.liveSessions(),
    journal.open(),
    health(),
    vault.freezes.now(),
  ])
  const seen = await only(sessions, ({ place }) => guests.sees(person, place))
  const waiting = open.filter(({ state }) => isQueued(state))
  const names = new Map(sessions.map(({ id, name }) => [id, name]))
  const queued = await only(inLine(waiting, doors), ({ prompt }) => guests.sees(person, prompt.place))
  return {
    sessions: seen.map((session) => shownSession(session, open, doors)),
    hidden: sessions.length - seen.length,
    queue: queued.slice(0, mostQueued).map(({ run, session, prompt, hold, isPromoted }) => {
      const line = doors.line(run)
      const say = catalogue[person.locale]
      const stands = hold !== null ? say.parked(hold, line) : line === null ? null : say.stands(line)
      return {
        run,
        session: names.get(session) ?? '',
        by: prompt.speaker.name,
        text: beginningOf(prompt.text, 300, doors.scan),
        since: prompt.askedAt,
        stands: stands === null ? null : bare(stands),
        first: isPromoted,
      }
    }),
    queued: waiting.length,
    asks: await asksFor(person, guests, doors),
    frozen: frozen === null ? null : { by: frozen.by, at: frozen.at },
    health: {
      ok: now.ok,
      reasons: now.reasons.map((reason) => clean(reason, doors)),
      findings: now.findings.map((found) => ({
        level: found.level,
        text: clean(inOneLine(found), doors),
        since: found.since,
      })),
      version: now.version,
      startedAt: now.startedAt,
      restarts: now.restartCount,
      gateway: now.gateway.state,
      processes: now.cliProcessCount,
      closed: now.closedMessages,
      boxed: now.box.boxed,
    },
  }
}

/** A text as it may leave: no secret in it. */
export function clean(text: string, { scan }: Pick<PageDoors, 'scan'>): string {
  return scan.mask(text).text
}

/** Where a place is in Discord. */
export function linkTo(place: Place): string {
  return `https://discord.com/channels/${place.kind === 'dm' ? '@me' : place.guild}/${place.id}`
}

/** Those of which it is true, in their order. */
export async function only<Each>(all: readonly Each[], fits: (each: Each) => Promise<boolean>): Promise<Each[]> {
  const fit = await Promise.all(all.map(fits))
  return all.filter((_each, at) => fit[at])
}

/** A path as people write it. */
function shownPath(path: string, { home }: Pick<PageDoors, 'home'>): string {
  return home !== null && (path === home || path.startsWith(`${home}/`)) ? `~${path.slice(home.length)}` : path
}

function shownSession(session: Session, open: readonly OpenRun[], doors: PageDoors): object {
  const own = open.filter((each) => each.session === session.id)
  const { id, name, runtime, model, workdir, worktree, owner, account, place, startedAt } = session
  return {
    id,
    name,
    runtime,
    model,
    folder: clean(shownPath(workdir, doors), doors),
    branch: worktree?.branch ?? null,
    owner,
    account,
    where: linkTo(place),
    kind: place.kind,
    startedAt,
    state: own.find(({ state }) => isLive(state))?.state ?? 'idle',
    waiting: own.filter(({ state }) => isQueued(state)).length,
  }
}

/** As they will start: those that nobody has placed yet come last. */
function inLine(waiting: readonly OpenRun[], { line }: PageDoors): readonly OpenRun[] {
  const placed = waiting.map((each) => ({ each, at: line(each.run)?.place ?? Number.POSITIVE_INFINITY }))
  return placed.sort((a, b) => a.at - b.at || a.each.prompt.askedAt - b.each.prompt.askedAt).map(({ each }) => each)
}

/** What is asked and theirs to answer, as the desk says. */
async function asksFor(person: Person, guests: Guests, doors: PageDoors): Promise<readonly object[]> {
  const asks: Ask[] = []
  // What others alone may see or answer takes nobody's place.
  for (const { token } of await doors.vault.approvals.unclosed()) {
    if (asks.length === mostAsks) break
    const looked = await doors.approval(person, token)
    if (looked.ok && (await guests.sees(person, looked.value.prompt.place))) asks.push(looked.value)
  }
  return asks.map((ask) => shownAsk(ask, doors))
}

/** The whole of what is asked, as it is: what cannot be seen is written out, as in Discord. */
function shownAsk(ask: Ask, doors: PageDoors): object {
  const { token, run, prompt, session, runtime, approval, askedAt, expiresAt, changed } = ask
  const { subject } = approval
  const question = subject.kind === 'questions' && subject.questions.length === 1 ? subject.questions[0] : undefined
  return {
    token,
    run,
    by: prompt.speaker.name,
    session: session.name,
    runtime,
    kind: subject.kind,
    body: clean(visible(bodyOf(ask)), doors),
    folder: clean(
      shownPath(subject.kind === 'command' ? (subject.folder ?? session.workdir) : session.workdir, doors),
      doors,
    ),
    risks: approval.risks,
    changed,
    askedAt,
    expiresAt,
    where: linkTo(prompt.place),
    lasting: canLast(ask),
    // One question with one answer is a choice; what takes more is answered in Discord.
    options:
      question === undefined || question.several
        ? []
        : question.options.map(({ label }) => clean(visible(label), doors)),
    plain: subject.kind !== 'questions',
  }
}

function bodyOf({ approval: { subject, input } }: Ask): string {
  switch (subject.kind) {
    case 'command':
      return visibleCommand(subject.command)
    case 'change':
      return subject.changes.map(({ path, diff }) => `${path}\n${diff}`).join('\n\n')
    case 'host':
      return `${subject.host}:${subject.port}`
    case 'plan':
      return subject.plan
    case 'questions':
      return subject.questions
        .map(({ text, options }) => [text, ...options.map(({ label }) => `- ${label}`)].join('\n'))
        .join('\n\n')
    case 'tool':
      return input
  }
}

/** Discord's marks, which the page does not draw. */
function bare(text: string): string {
  return text
    .replace(/<t:(\d+):\w>/g, (_whole, seconds: string) =>
      new Date(Number(seconds) * 1000).toISOString().slice(0, 16).replace('T', ' '),
    )
    .replace(/\*\*|\\/g, '')
}
