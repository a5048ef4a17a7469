import type { Doors } from '../../core/doors.ts'
import type { Effect } from '../../core/effect.ts'
import type { RunEvent } from '../../core/event.ts'
import { messageOf } from '../../core/failure.ts'
import type { LetterId, RunId } from '../../core/ids.ts'
import { isOpenRequest, isRequest, letterKey, type Letter, type PromptLetter } from '../../core/letter.ts'
import type { Session } from '../../core/session.ts'
import { textOf, viewOf, type RunView } from '../../core/view.ts'
import { background } from '../../system/background.ts'
import { answerTo, LetterDesk, type LetterDoors } from './desk.ts'
import { newLetterId } from './names.ts'
import { en, ko } from './words.ts'

/** How often it is looked whether something can be delivered that could not before, or has waited too long. */
const lookEveryMs = 5_000
/** Of another agent's answer, when it wrote no letter itself. */
const reportUpTo = 8_000

export type PostOfficeDoors = LetterDoors & Pick<Doors, 'ask' | 'hear' | 'log' | 'checkpoint' | 'stopRun' | 'signal'>

/** Events after which there may be something to do. */
const tell: ReadonlySet<RunEvent['type']> = new Set(['told', 'refused', 'finished', 'stopped', 'lost', 'forgotten'])

/**
 * Brings letters to their sessions, once each, whatever dies and however long it takes; and sees to it that whoever asked
 * hears what became of it. All that it knows is in the store: it can be asked to look as often as one likes.
 */
export class PostOffice {
  readonly #doors: PostOfficeDoors
  readonly #desk: LetterDesk
  #again = false
  #isLooking = false

  constructor(doors: PostOfficeDoors, desk: LetterDesk) {
    this.#doors = doors
    this.#desk = desk
  }

  start(): void {
    this.#doors.hear(({ run, event }) => {
      if (tell.has(event.type)) this.look()
      if (event.type === 'used') background(this.#meter(run), this.#doors.log, 'letters.meter')
    })
    this.#later()
    this.look()
  }

  /** Something may have changed. */
  look(): void {
    this.#again = true
    if (this.#isLooking || this.#doors.signal.aborted) return
    this.#isLooking = true
    background(this.#rounds(), this.#doors.log, 'letters.look')
  }

  #later(): void {
    const { clock, signal } = this.#doors
    clock.after(lookEveryMs, () => {
      if (signal.aborted) return
      this.look()
      this.#later()
    })
  }

  async #rounds(): Promise<void> {
    while (this.#again && !this.#doors.signal.aborted) {
      this.#again = false
      await this.#look()
    }
    this.#isLooking = false
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
    if (letter.state === 'asked') return this.#remind(letter)
    if (letter.state === 'waiting') return this.#deliver(letter)
    return this.#settle(letter)
  }

  /** A run that takes its chain beyond its tokens is stopped while it works. */
  async #meter(run: RunId): Promise<void> {
    const { journal, vault, stopRun } = this.#doors
    const id = (await journal.run(run))?.prompt.letter?.id
    const letter = id === undefined ? null : await vault.letters.letter(id)
    if (letter !== null && (await this.#isSpent(letter))) await stopRun(run, null)
  }

  /** A delegation that nobody answers in time is none; one whose run was stopped is taken back. */
  async #remind(letter: Letter): Promise<void> {
    const { journal, clock, letterRules } = this.#doors
    const view = viewOf(await journal.read(letter.run))
    if (view?.stopped != null) await this.#desk.decide(letter, { kind: 'withdrawn' })
    else if (clock.now() - letter.at >= letterRules.consentMs)
      await this.#desk.decide(letter, { kind: 'denied', by: null, reason: '' })
  }

  async #deliver(letter: Letter): Promise<void> {
    const { gate, ask, keep, checkpoint } = this.#doors
    const session = await this.#sessionFor(letter)
    if (session === null) return this.#sayEnded(letter)
    const { speaker } = letter
    const { place } = session
    if (isRequest(letter) && (await this.#isSpent(letter)))
      return this.#close(letter, 'Not delivered: the chain has used its tokens.')
    const may = (await gate.judgeNow(speaker, 'prompt', place)).allowed && (await gate.sees(speaker, place))
    if (!may) return this.#close(letter, `Not delivered: ${speaker.name} may not ask that session any more.`)
    const asked = await ask({
      key: letterKey(letter.id),
      place,
      speaker,
      text: letter.text,
      message: null,
      letter: await this.#headOf(letter),
    })
    if (asked.kind === 'refused') {
      const { code } = asked.refusal
      // Too much waits there just now: it arrives later.
      if (code === 'queue-full' || code === 'person-queue-full' || code === 'draining') return
      return this.#close(letter, `Not delivered: the session did not take it (${code}).`)
    }
    checkpoint('letter-asked')
    const text = { en, ko }[speaker.locale].arrived(letter)
    const note = { key: `letter:${letter.id}`, place, text, replyTo: null, mention: null }
    const now = isRequest(letter) ? 'delivered' : 'closed'
    await keep([
      { kind: 'letter-state', letter: letter.id, was: 'waiting', now },
      { kind: 'note', note },
    ])
  }

  async #headOf({ id, chain, kind, from, hop, answers }: Letter): Promise<PromptLetter> {
    const request = answers === null ? null : await this.#doors.vault.letters.letter(answers)
    return { id, chain, kind, from: from.name, hop, serves: answers === null ? id : (request?.parent ?? null) }
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
    if (!isRequest(letter)) return
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
    const { vault } = this.#doors
    const first = await this.#viewOf(letter.id)
    if (first === null || first.run.state !== 'over') return
    const change = { kind: 'letter-state', letter: letter.id, was: 'delivered', now: 'closed' } as const
    if (first.outcome?.kind !== 'done') {
      const spent = (await this.#isSpent(letter)) ? 'The chain has used its tokens. ' : ''
      return this.#write(letter, 'report', spent + endOf(first), [change])
    }
    const all = await vault.letters.ofChain(letter.chain)
    const asked = all.filter(({ parent }) => parent === letter.id)
    if (asked.some(isOpenRequest)) return
    const answers = all.filter((each) => asked.some(({ id }) => id === each.answers))
    if (answers.some(({ state }) => state === 'waiting')) return
    let last = first
    for (const { id } of answers) {
      const view = await this.#viewOf(id)
      if (view === null) continue
      if (view.run.state !== 'over') return
      last = view
    }
    await this.#write(letter, 'report', endOf(last), [change])
  }

  async #viewOf(letter: LetterId): Promise<RunView | null> {
    const { journal } = this.#doors
    const run = await journal.find(letterKey(letter))
    return run === null ? null : viewOf(await journal.read(run.run))
  }

  async #write(request: Letter, kind: 'report' | 'notice', text: string, effects: readonly Effect[]): Promise<void> {
    const { keep, clock, ids } = this.#doors
    const answer = answerTo(request, kind, text, newLetterId(ids), clock.now())
    if (await keep([...effects, { kind: 'letter', letter: answer }])) this.#again = true
  }
}

/** What a run came to, in words for the agent that waits for it. */
function endOf(view: RunView): string {
  const said = textOf(view)
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
