import type { SessionId } from '../../core/ids.ts'
import type { Chain, Letter } from '../../core/letter.ts'
import type { Person } from '../../core/person.ts'
import { costOf } from '../../core/price.ts'
import { beginningOf } from '../../core/secret-scan.ts'
import { seenGrants } from '../../core/seen-grants.ts'
import type { Session } from '../../core/session.ts'
import { allTokens, dayOf, type LedgerLine } from '../../core/spending.ts'
import type { TranscriptLine } from '../../core/transcript.ts'
import type { PageDoors } from './doors.ts'
import type { Guests } from './guests.ts'
import { clean, only } from './overview.ts'

const dayMs = 86_400_000
const mostSessions = 200
const mostChains = 40
/** Of one session's transcript so much is read: its latest turns. */
const mostRead = 1024 * 1024
const mostTurns = 200
const mostFound = 50

/** One bar: what a person, a model or a day has used. */
interface Sum {
  readonly key: string
  tokens: number
  /** Null: nothing of it has a known price. */
  costUsd: number | null
}

/** What is read when somebody opens it, and does not change under their eyes. */
export class PageReading {
  readonly #doors: PageDoors
  readonly #guests: Guests

  constructor(doors: PageDoors, guests: Guests) {
    this.#doors = doors
    this.#guests = guests
  }

  /** What was used in the last so many days, by person, model and day. */
  async usage(person: Person, days: number): Promise<object> {
    const { vault, clock, prices } = this.#doors
    const lines = await vault.ledger.since(dayOf(clock.now() - (days - 1) * dayMs))
    const by = (key: (line: LedgerLine) => string): readonly Sum[] => {
      const sums = new Map<string, Sum>()
      for (const line of lines) {
        const sum = sums.get(key(line)) ?? { key: key(line), tokens: 0, costUsd: null }
        const cost = costOf(line, prices)
        sum.tokens += allTokens(line.tokens)
        if (cost !== null) sum.costUsd = (sum.costUsd ?? 0) + cost
        sums.set(key(line), sum)
      }
      return [...sums.values()]
    }
    const largest = (sums: readonly Sum[]): readonly Sum[] =>
      [...sums].sort((a, b) => b.tokens - a.tokens).slice(0, 100)
    return {
      days,
      names: await this.#names(person),
      person: largest(by((line) => line.person)),
      model: largest(by(({ model }) => model ?? '')),
      day: by(({ day }) => day),
    }
  }

  /** The tiers that were given, as far as the person sees the places. */
  async grants(person: Person): Promise<object> {
    const { seen, hidden } = await seenGrants(person, await this.#doors.vault.grants.all(), this.#guests)
    return { names: await this.#names(person), grants: seen, hidden }
  }

  /** The latest chains with their letters, as far as the person sees the places. */
  async chains(person: Person): Promise<object> {
    const { letters } = this.#doors.vault
    const chains = []
    const seesChain = ({ session }: Chain): Promise<boolean> => this.#seesSession(person, session)
    for (const chain of await firstSeen(mostChains, (count) => letters.latest(count), seesChain)) {
      const all = await letters.ofChain(chain.id)
      const seen = await only(all, async ({ from, to }) => {
        return (await this.#seesSession(person, from.session)) && (await this.#seesSession(person, to.session))
      })
      const { id, speaker, at } = chain
      chains.push({
        id,
        by: speaker.name,
        at,
        hidden: all.length - seen.length,
        letters: seen.map((each) => this.#letter(each)),
      })
    }
    return { chains }
  }

  /** The sessions whose transcripts can be read: live ones first. */
  async transcripts(person: Person): Promise<object> {
    const sessions = await this.#sessions(person)
    return {
      sessions: sessions.map(({ id, name, runtime, startedAt, endedAt }) => ({
        id,
        name,
        runtime,
        startedAt,
        endedAt,
      })),
    }
  }

  /** The latest turns of a session; null: there is none that they see. */
  async transcript(person: Person, id: SessionId): Promise<object | null> {
    const session = await this.#doors.vault.session(id)
    if (session === null || !(await this.#guests.sees(person, session.place))) return null
    const { turns, cut } = await this.#turns(session)
    const shown = turns.slice(-mostTurns)
    return { name: session.name, turns: shown.map((turn) => this.#turn(turn)), cut: cut || shown.length < turns.length }
  }

  /** Turns with these words, in whatever session the person sees. What is hidden cannot be searched for. */
  async search(person: Person, words: string): Promise<object> {
    const wanted = words.toLowerCase()
    const found: object[] = []
    const has = (...texts: readonly string[]): boolean => texts.some((text) => text.toLowerCase().includes(wanted))
    for (const session of await this.#sessions(person)) {
      const { turns } = await this.#turns(session)
      for (const turn of turns.toReversed()) {
        if (!has(turn.text, turn.answer)) continue
        const shown = this.#turn(turn)
        if (!has(shown.text, shown.answer)) continue
        found.push({ session: session.id, name: session.name, ...shown })
        if (found.length === mostFound) return { found, cut: true }
      }
    }
    return { found, cut: false }
  }

  #turn({ run, asked, ended, by, text, answer, tools, outcome }: TranscriptLine) {
    const hidden = (each: string): string => clean(each, this.#doors)
    const steps = tools.map(({ tool, title, phase }) => ({ tool, title: hidden(title), phase }))
    const { kind = '' } = outcome as { readonly kind?: string }
    return { run, asked, ended, by: by.name, text: hidden(text), answer: hidden(answer), steps, outcome: kind }
  }

  #letter({ id, kind, state, from, to, parent, answers, hop, at, text, consent }: Letter): object {
    const above = answers ?? parent
    const shown = beginningOf(text, 4_000, this.#doors.scan)
    return { id, kind, state, from: from.name, to: to.name, above, hop, at, text: shown, consent: consent?.by ?? null }
  }

  async #turns({
    key,
    name,
    startedAt,
    endedAt,
  }: Session): Promise<{ turns: readonly TranscriptLine[]; cut: boolean }> {
    const read = await this.#doors.transcripts.read(key, mostRead)
    const lines = read === null ? [] : read.text.split('\n').filter((line) => line !== '')
    const turns = lines.flatMap((line) => turnIn(line) ?? [])
    // One place can have had several sessions, one after the other.
    const own = turns.filter(
      ({ session, asked }) => session === name && asked >= startedAt && asked <= (endedAt ?? asked),
    )
    return { turns: own, cut: read?.cut ?? false }
  }

  async #sessions(person: Person): Promise<readonly Session[]> {
    const { vault } = this.#doors
    const sees = ({ place }: Session): Promise<boolean> => this.#guests.sees(person, place)
    const live = await only((await vault.liveSessions()).toReversed(), sees)
    const ended = await firstSeen(mostSessions, (count) => vault.endedSessions(count), sees)
    return [...live, ...ended].slice(0, mostSessions)
  }

  async #seesSession(person: Person, id: SessionId): Promise<boolean> {
    const session = await this.#doors.vault.session(id)
    return session !== null && this.#guests.sees(person, session.place)
  }

  /** Who is behind an id, as far as somebody of that id has asked lately where the person sees it. */
  async #names(person: Person): Promise<Readonly<Record<string, string>>> {
    const { journal } = this.#doors
    const names: Record<string, string> = { [person.id]: person.name }
    for (const { id } of (await this.#sessions(person)).slice(0, 60)) {
      for (const run of await journal.lastOf(id, 3)) {
        const speaker = (await journal.run(run))?.prompt.speaker
        if (speaker !== undefined) names[speaker.id] ??= speaker.name
      }
    }
    return names
  }
}

/** The first so many that somebody sees: what they do not see takes nobody's place. `first`: so many of all, in their order. */
async function firstSeen<Each>(
  most: number,
  first: (count: number) => Promise<readonly Each[]>,
  sees: (each: Each) => Promise<boolean>,
): Promise<readonly Each[]> {
  for (let count = most; ; count *= 4) {
    const all = await first(count)
    const seen = await only(all, sees)
    if (seen.length >= most || all.length < count) return seen.slice(0, most)
  }
}

/** Null: a death left half of it. */
function turnIn(line: string): TranscriptLine | null {
  try {
    return JSON.parse(line) as TranscriptLine
  } catch {
    return null
  }
}
