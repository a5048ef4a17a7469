import { workOn } from '../../core/chain.ts'
import type { Doors } from '../../core/doors.ts'
import type { Effect } from '../../core/effect.ts'
import type { RunEvent } from '../../core/event.ts'
import { messageOf } from '../../core/failure.ts'
import type { RunId } from '../../core/ids.ts'
import { isRequest, letterKey, type Letter, type PromptLetter } from '../../core/letter.ts'
import type { Place } from '../../core/place.ts'
import type { SecretScan } from '../../core/secret-scan.ts'
import type { Session } from '../../core/session.ts'
import { textOf, viewOf, type RunView } from '../../core/view.ts'
import { background } from '../../system/background.ts'
import { Rounds } from '../../system/rounds.ts'
import { newLetterId } from '../../system/letter-names.ts'
import { answerTo, LetterDesk, type LetterDoors } from './desk.ts'
import { en, ko } from './words.ts'

/** How often it is looked whether something can be delivered that could not before, or has waited too long. */
const lookEveryMs = 5_000
/** Of another agent's answer, when it wrote no letter itself. */
const reportUpTo = 8_000

export type PostOfficeDoors = LetterDoors &
  Pick<Doors, 'ask' | 'hear' | 'hearKept' | 'log' | 'checkpoint' | 'stopRun' | 'signal'>

/** Events after which there may be something to do; with one that is admitted a place in the queue is free. */
const tell: ReadonlySet<RunEvent['type']> = new Set([
  'told',
  'admitted',
  'refused',
  'finished',
  'stopped',
  'lost',
  'forgotten',
])

/**
 * Brings letters to their sessions, once each, whatever dies and however long it takes; and sees to it that whoever asked
 * hears what became of it. All that it knows is in the store: it can be asked to look as often as one likes.
 */
export class PostOffice {
  readonly #doors: PostOfficeDoors
  readonly #desk: LetterDesk
  readonly #rounds: Rounds

  constructor(doors: PostOfficeDoors, desk: LetterDesk) {
    this.#doors = doors
    this.#desk = desk
    this.#rounds = new Rounds({ ...doors, name: 'letters', work: () => this.#look() })
  }

  start(): void {
    this.#doors.hear(({ run, event }) => {
      if (tell.has(event.type)) this.look()
      if (event.type === 'used') background(this.#meter(run), this.#doors.log, 'letters.meter')
    })
    this.#doors.hearKept(() => this.look())
    this.#rounds.every(lookEveryMs, this.#doors.clock)
    this.look()
    background(this.#meterAll(), this.#doors.log, 'letters.meter')
  }

  /** Something may have changed. */
  look(): void {
    this.#rounds.wake()
  }

  async #look(): Promise<void> {
    const { vault, log } = this.#doors
    try {
      for (const letter of await vault.letters.in(['asked', 'waiting', 'delivered'])) {
        await this.#see(letter).catch((error: unknown) => {
          if (this.#doors.signal.aborted) return
          log.warn({ letter: letter.id, error: messageOf(error) }, 'letter.later')
        })
      }
    } catch (error) {
      if (!this.#doors.signal.aborted) log.warn({ error: messageOf(error) }, 'letters.unread')
    }
  }

  async #see(letter: Letter): Promise<void> {
    if ((await this.#doors.vault.tasks.task(letter.chain))?.status === 'cancelled') return this.#takeBack(letter)
    if (letter.state === 'asked') return this.#remind(letter)
    if (letter.state === 'waiting') return this.#deliver(letter)
    return this.#settle(letter)
  }

  /** The task that a letter belongs to was taken back; what works on it is stopped there (features/tasks). */
  async #takeBack(letter: Letter): Promise<void> {
    if (letter.state === 'asked') await this.#desk.decide(letter, { kind: 'withdrawn' })
    else await this.#doors.keep([{ kind: 'letter-state', letter: letter.id, was: letter.state, now: 'withdrawn' }])
  }

  /** A run that takes its chain beyond its tokens is stopped while it works. */
  async #meter(run: RunId): Promise<void> {
    const { journal, vault, stopRun } = this.#doors
    const id = (await journal.run(run))?.prompt.letter?.id
    const letter = id === undefined ? null : await vault.letters.letter(id)
    if (letter !== null && (await this.#isSpent(letter))) await stopRun(run, null)
  }

  /** What was used in an earlier life may not have been looked at. */
  async #meterAll(): Promise<void> {
    for (const { run } of await this.#doors.journal.open()) await this.#meter(run)
  }

  /** A delegation that nobody answers in time is none; one whose run was stopped is taken back. */
  async #remind(letter: Letter): Promise<void> {
    const { journal, clock, letterRules } = this.#doors
    const view = letter.run === null ? null : viewOf(await journal.read(letter.run))
    if (view?.stopped != null) await this.#desk.decide(letter, { kind: 'withdrawn' })
    else if (clock.now() - letter.at >= letterRules.consentMs)
      await this.#desk.decide(letter, { kind: 'denied', by: null, reason: '' })
  }

  async #deliver(letter: Letter): Promise<void> {
    const { gate, ask, checkpoint } = this.#doors
    const session = await this.#sessionFor(letter)
    if (session === null) return letter.kind === 'broadcast' ? this.#close(letter, '') : this.#sayEnded(letter)
    const { speaker } = letter
    const { place } = session
    if ((isRequest(letter) || letter.kind === 'broadcast') && (await this.#isSpent(letter)))
      return this.#close(letter, 'Not delivered: the chain has used its tokens.')
    const may = (await gate.judgeNow(speaker, 'prompt', place)).allowed && (await gate.sees(speaker, place))
    if (!may) return this.#close(letter, `Not delivered: ${speaker.name} may not ask that session any more.`)
    if (!(await this.#mayStillDelegate(letter)))
      return this.#close(letter, `Not delivered: ${speaker.name} may not hand work over any more.`)
    const asked = await ask({
      key: letterKey(letter.id),
      place,
      speaker,
      text: letter.text,
      message: null,
      session: session.id,
      letter: await this.#headOf(letter),
    })
    if (asked.kind === 'refused') {
      const { code } = asked.refusal
      // Too much waits there just now, or the session has ended in this very moment: it arrives later.
      if (['queue-full', 'person-queue-full', 'draining', 'no-session'].includes(code)) return
      return this.#close(letter, `Not delivered: the session did not take it (${code}).`)
    }
    checkpoint('letter-asked')
    await this.arrived(letter, place)
  }

  /**
   * It is a prompt there, which is told and kept once. A death in between leaves that undone for a moment, in which the agent
   * may be at work already, and answer.
   */
  async arrived(letter: Letter, place: Place): Promise<void> {
    const { keep } = this.#doors
    const text = { en, ko }[letter.speaker.locale].arrived(letter)
    const note = { key: `letter:${letter.id}`, place, text, replyTo: null, mention: null }
    const now = isRequest(letter) ? 'delivered' : 'closed'
    const change = { kind: 'letter-state', letter: letter.id, was: 'waiting', now } as const
    // A task has its card there.
    await keep(letter.kind === 'task' ? [change] : [change, { kind: 'note', note }])
  }

  /** Between the wish and a person's consent whoever it is for may have become less. */
  async #mayStillDelegate({ kind, speaker, from }: Letter): Promise<boolean> {
    const { gate, vault } = this.#doors
    if (kind !== 'delegate' && kind !== 'broadcast') return true
    const session = await vault.session(from.session)
    return session === null || (await gate.judgeNow(speaker, `letter.${kind}`, session.place)).allowed
  }

  async #headOf({ id, chain, kind, from, hop, answers }: Letter): Promise<PromptLetter> {
    const request = answers === null ? null : await this.#doors.vault.letters.letter(answers)
    const serves = answers === null && kind !== 'broadcast' ? id : (request?.parent ?? null)
    return { id, chain, kind, from: from.name, hop, serves }
  }

  /** The live session that a letter is for, or the one of its name that was started in its place since. */
  async #sessionFor({ to }: Letter): Promise<Session | null> {
    const { vault } = this.#doors
    const session = await vault.session(to.session)
    if (session === null || session.endedAt === null) return session
    const next = await vault.sessionAt(session.key)
    return next?.name === session.name ? next : null
  }

  /** Whoever waits for a session that has ended is told, once; the letter waits on. */
  async #sayEnded(letter: Letter): Promise<void> {
    if (!isRequest(letter) || letter.kind === 'task') return
    const others = await this.#doors.vault.letters.ofChain(letter.chain)
    if (others.some(({ kind, answers }) => kind === 'notice' && answers === letter.id)) return
    const text = `The session ${letter.to.name} has ended. Your letter ${letter.id} waits until it is started again; do not count on it.`
    await this.#write(letter, 'notice', text, [])
  }

  async #isSpent({ chain }: Letter): Promise<boolean> {
    const { vault, letterRules } = this.#doors
    return (await this.#desk.spent(await vault.letters.ofChain(chain))) >= letterRules.tokens
  }

  /** Nothing more comes of a letter; for a request, whoever wrote it is told. */
  async #close(letter: Letter, why: string): Promise<void> {
    const change = { kind: 'letter-state', letter: letter.id, was: letter.state, now: 'closed' } as const
    if (isRequest(letter)) await this.#write(letter, 'report', why, [change])
    else await this.#doors.keep([change])
  }

  /** A request whose work is over without a word of its agent: its last words are the answer. */
  async #settle(letter: Letter): Promise<void> {
    const { vault, journal } = this.#doors
    const run = await journal.find(letterKey(letter.id))
    if (run?.state !== 'over') return
    const first = viewOf(await journal.read(run.run))
    if (first === null) return
    const change = { kind: 'letter-state', letter: letter.id, was: 'delivered', now: 'closed' } as const
    if (first.outcome?.kind !== 'done') {
      const spent = (await this.#isSpent(letter)) ? 'The chain has used its tokens. ' : ''
      return this.#write(letter, 'report', spent + endOf(first, this.#doors.scan), [change])
    }
    const all = await vault.letters.ofChain(letter.chain)
    const work = workOn(letter, all)
    // Where nobody is there any more who could go on, whoever waits is told.
    if (work === null) return (await this.#sessionFor(letter)) === null ? this.#sayEnded(letter) : undefined
    let last = run
    for (const id of work.slice(1)) {
      const next = await journal.find(letterKey(id))
      if (next === null) continue
      if (next.state !== 'over') return
      last = next
    }
    await this.#write(letter, 'report', endOf(viewOf(await journal.read(last.run)) ?? first, this.#doors.scan), [
      change,
    ])
  }

  async #write(request: Letter, kind: 'report' | 'notice', text: string, effects: readonly Effect[]): Promise<void> {
    const { keep, clock, ids } = this.#doors
    const answer = answerTo(request, kind, text, newLetterId(ids), clock.now())
    // People read what became of a task, and no agent does.
    const letter = request.kind === 'task' ? ({ ...answer, state: 'closed' } as const) : answer
    if (await keep([...effects, { kind: 'letter', letter }])) this.look()
  }
}

/** What a run came to, in words for the agent that waits for it. */
function endOf(view: RunView, scan: SecretScan): string {
  // Before it is cut: half a secret looks like none.
  const said = scan.mask(textOf(view)).text
  const text = said.length > reportUpTo ? `${said.slice(0, reportUpTo).toWellFormed()}…` : said
  const { outcome, refusal, stopped } = view
  if (outcome?.kind === 'done') return text === '' ? 'It is done, without a word.' : text
  const by = stopped?.by == null ? '' : ` by ${stopped.by}`
  const how =
    refusal !== null
      ? `was refused (${refusal.code})`
      : outcome?.kind === 'failed'
        ? `failed (${outcome.trouble.code})`
        : `was stopped${by}`
  return `The work ${how}.${text === '' ? '' : ` What was said before:\n${text}`}`
}
