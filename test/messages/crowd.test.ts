import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pause } from '../../src/core/clock.ts'
import type { PlaceId } from '../../src/core/ids.ts'
import type { Deed } from '../../src/core/pace.ts'
import { usualTimings } from '../../src/core/timings.ts'
import { Budgets } from '../../src/discord/budgets.ts'
import { ReadTurns } from '../../src/discord/read-turns.ts'
import type { Urgency } from '../../src/messages/pace.ts'
import { Throttle } from '../../src/messages/throttle.ts'
import { ModelLimit } from '../discord/discord-limits.ts'
import { VirtualClock } from '../engine/virtual-clock.ts'
import { placeId } from '../stores/cast.ts'

type Windows = 'standing' | 'sliding'

/** A drawing and what is kept of it, before the call goes out; and the call's way there and back. */
const [drawnAfterMs, tripMs] = [4, 60]
const dayMs = 9_000
const never = new AbortController().signal

/** Discord, which counts for each place and each deed, and for the bot as a whole. */
class Limits {
  readonly #clock: VirtualClock
  readonly #windows: Windows
  readonly #limits = new Map<string, ModelLimit>()
  #lately: number[] = []

  constructor(clock: VirtualClock, windows: Windows) {
    this.#clock = clock
    this.#windows = windows
  }

  /** A call that arrives: its status, and its headers. `of`: whose counter it is; null: the bot's alone. */
  call(url: string, of: string | null): { readonly status: number; readonly headers: Headers } {
    if (url.startsWith('/interactions/')) return { status: 204, headers: new Headers() }
    const now = this.#clock.now()
    this.#lately = this.#lately.filter((at) => at > now - 1000)
    if (this.#lately.length >= 50) return { status: 429, headers: new Headers({ 'X-RateLimit-Scope': 'global' }) }
    this.#lately.push(now)
    if (of === null) return { status: 200, headers: new Headers() }
    const limit = this.#limits.get(of) ?? new ModelLimit(this.#windows, 5, 5000)
    this.#limits.set(of, limit)
    return limit.call(now)
  }
}

/** Prompts of one session: who works, when those before them ended, who is told when that changes. */
interface Line {
  at: number
  readonly endedAt: number[]
  readonly looks: Set<() => void>
}

/** A team at work: what is written where, what Discord says to it, and how long it waited. */
class Team {
  readonly clock = new VirtualClock(0)
  readonly refused: string[] = []
  readonly questions: number[] = []
  /** How long the first words of those who begin while others are at work waited for their turn. */
  readonly firsts: number[] = []
  /** The longest time between two edits of what grew in each place. */
  readonly gaps = new Map<PlaceId, number>()
  readonly ends: number[] = []
  /** How long what somebody waits for waited to be read. */
  readonly reads: number[] = []
  readonly #budgets = new Budgets(this.clock)
  readonly #turns = new ReadTurns(this.clock, this.#budgets, never)
  readonly #limits: Limits
  readonly #throttle: Throttle

  constructor(windows: Windows) {
    this.#limits = new Limits(this.clock, windows)
    const budgets = this.#budgets
    const pace = {
      budget: (at: string, deed: Deed) => budgets.of(at, deed),
      total: () => budgets.total(),
      claim: (at: string, deed: Deed) => budgets.claim(at, deed),
      editableForMs: 1,
      nonceForMs: 1,
    }
    this.#throttle = new Throttle({ clock: this.clock, pace, timings: usualTimings, signal: never })
  }

  /** Gives how long it waited for its turn; `draws` is called when it has come. */
  async write(
    place: PlaceId,
    deed: Deed,
    urgency: Urgency | (() => Urgency),
    draws: () => void = () => undefined,
  ): Promise<number> {
    const from = this.clock.now()
    let began = from
    const wish = typeof urgency === 'string' ? () => urgency : urgency
    await this.#throttle.turn(place, deed, wish, async () => {
      began = this.clock.now()
      draws()
      await this.#rest(drawnAfterMs)
      const method = { post: 'POST', edit: 'PATCH', remove: 'DELETE' }[deed]
      await this.#call(method, `/channels/${place}/messages${deed === 'post' ? '' : '/9'}`, `${deed} ${place}`)
      return true
    }).done
    return began - from
  }

  /** A prompt: its first words, words that grow for some time, its end. */
  async run(place: PlaceId, workMs: number): Promise<void> {
    const work = this.#throttle.keep({ place, works: true })
    const endsAt = this.clock.now() + workMs
    const urgency = (): Urgency => (this.clock.now() >= endsAt ? 'end' : 'growth')
    // Whoever has an end to say has the place look.
    this.clock.after(workMs, () => this.#throttle.keep({ place, works: true })[Symbol.dispose]())
    await this.write(place, 'post', 'first')
    let last = this.clock.now()
    for (let isSaid = false; !isSaid;) {
      const from = this.clock.now()
      const waited = await this.write(place, 'edit', urgency)
      isSaid = from + waited >= endsAt
      if (isSaid) this.ends.push(from + waited - Math.max(from, endsAt))
      else this.gaps.set(place, Math.max(this.gaps.get(place) ?? 0, this.clock.now() - last))
      last = this.clock.now()
    }
    work[Symbol.dispose]()
  }

  /**
   * Prompts in one session, worked on one after the other. Those that wait have a card, which says where in the line they
   * are and becomes their answer.
   */
  async inARow(place: PlaceId, runs: number, workMs: number): Promise<void> {
    const line: Line = { at: 0, endedAt: [], looks: new Set() }
    const all = Array.from({ length: runs }, (_, nth) => this.#inLine(place, nth, line))
    while (line.at < runs) {
      for (const look of line.looks) look()
      await this.#rest(workMs)
      line.endedAt[line.at++] = this.clock.now()
    }
    for (const look of line.looks) look()
    await Promise.all(all)
  }

  async #inLine(place: PlaceId, nth: number, line: Line): Promise<void> {
    const said = { drawn: '', changed: Promise.withResolvers<void>() }
    const kept: { works: boolean | null; hold: Disposable | null } = { works: null, hold: null }
    const isOver = (): boolean => nth < line.at
    const wanted = (): string => (isOver() ? 'end' : nth > line.at ? `${nth - line.at}.` : `${this.clock.now()}`)
    const urgency = (): Urgency => {
      if (isOver()) return 'end'
      if (nth > line.at) return 'card'
      return said.drawn === '' || said.drawn.endsWith('.') ? 'first' : 'growth'
    }
    line.looks.add(() => {
      const works = isOver() ? null : nth === line.at
      if (works !== kept.works) {
        kept.hold?.[Symbol.dispose]()
        kept.hold = works === null ? null : this.#throttle.keep({ place, works })
        kept.works = works
      }
      // Whoever is told of something has the place look.
      this.#throttle.keep({ place, works: true })[Symbol.dispose]()
      said.changed.resolve()
      said.changed = Promise.withResolvers()
    })
    for (let stands = false; said.drawn !== 'end'; stands = true) {
      if (said.drawn === wanted()) await said.changed.promise
      await this.write(place, stands ? 'edit' : 'post', urgency, () => {
        said.drawn = wanted()
        if (said.drawn === 'end') this.ends.push(this.clock.now() - (line.endedAt[nth] ?? 0))
      })
    }
  }

  /** A question now and then, and the same when it was answered. */
  async asks(place: PlaceId, firstMs: number): Promise<void> {
    await this.#rest(firstMs)
    while (this.clock.now() < dayMs) {
      this.questions.push(await this.write(place, 'post', 'question'))
      await this.#rest(2000)
      await this.write(place, 'edit', 'question')
      await this.#rest(4000)
    }
  }

  /** Somebody begins in a place of their own, every second. */
  async beginners(): Promise<void> {
    for (let nth = 0; this.clock.now() < dayMs - 4000; nth++) {
      await this.#rest(1000)
      if (nth > 0) this.firsts.push(await this.write(placeId(String(400_000 + nth)), 'post', 'first'))
    }
  }

  async board(place: PlaceId): Promise<void> {
    while (this.clock.now() < dayMs) {
      await this.write(place, 'edit', 'card')
      await this.#rest(5000)
    }
  }

  /** Commands are answered beside all that, and nobody waits for a turn there. */
  async commands(): Promise<void> {
    for (let nth = 0; this.clock.now() < dayMs; nth++) {
      await this.#call('POST', `/interactions/1/token${nth}/callback`, null)
      await this.#call('PATCH', `/webhooks/1/token${nth}/messages/@original`, null)
      await this.#rest(500)
    }
  }

  /** A list of sixty places that somebody asks for, and a person's roles beside it. */
  async lists(): Promise<void> {
    for (let nth = 0; this.clock.now() < dayMs; nth++) {
      const many = Array.from({ length: 60 }, (_, at) => this.#read('many', `/channels/${600_000 + at}`))
      await this.#rest(20)
      this.reads.push(await this.#read('asked', `/guilds/1/members/${nth}`))
      await Promise.all(many)
      await this.#rest(500)
    }
  }

  async #read(urgency: 'asked' | 'many', url: string): Promise<number> {
    const from = this.clock.now()
    await this.#turns.turn(urgency)
    const waited = this.clock.now() - from
    await this.#call('GET', url, null)
    return waited
  }

  async #call(method: string, url: string, of: string | null): Promise<void> {
    const counted = this.#budgets.call(method, url)
    await this.#rest(tripMs / 2)
    const { status, headers } = this.#limits.call(url, of)
    await this.#rest(tripMs / 2)
    counted?.answered(status, headers)
    if (status === 429) this.refused.push(`${this.clock.now()} ${method} ${url}`)
  }

  #rest(ms: number): Promise<void> {
    return pause(this.clock, ms, never)
  }
}

describe('a whole team under Discord’s limits', () => {
  for (const windows of ['standing', 'sliding'] as const)
    for (const [runs, places] of [
      [1, 1],
      [3, 1],
      [10, 1],
      [50, 1],
      [10, 10],
      [50, 50],
    ] as const)
      test(`${runs} at work in ${places}, a board, questions, commands and lists: ${windows} windows`, async () => {
        const team = new Team(windows)
        const all = Array.from({ length: places }, (_, nth) => placeId(String(300_000 + nth)))
        const asking = all.slice(0, Math.min(10, Math.ceil(places / 2)))
        const [first] = all as [PlaceId]
        const work = Promise.all([
          ...Array.from({ length: runs }, (_, nth) => team.run(all[nth % places] ?? first, 5_000 + nth * 100)),
          ...asking.map((place, nth) => team.asks(place, 100 + nth * 70)),
          team.board(first),
          team.commands(),
          team.lists(),
          team.beginners(),
        ])
        const done = { isSo: false }
        const over = work.then(() => void (done.isSo = true))
        while (!done.isSo) await team.clock.goTo(team.clock.now() + 100)
        await over
        assert.deepEqual(team.refused, [])
        assert.ok(team.questions.length >= asking.length * 2)
        const beginners = Math.max(...team.firsts)
        assert.ok(beginners <= 300, `first words waited ${beginners} ms`)
        const read = Math.max(...team.reads)
        assert.ok(read <= 300, `a read waited ${read} ms`)
        const longest = Math.max(...team.questions)
        assert.ok(longest <= 300, `a question waited ${longest} ms`)
        if (places === 1) return
        const ends = Math.max(...team.ends)
        assert.ok(ends <= 300, `an end waited ${ends} ms`)
        // Where fifty grow at once the bot's own limit stretches them; nobody promises more than that it is kept.
        if (places > 10) return
        const gaps = all.filter((place) => !asking.includes(place)).map((place) => team.gaps.get(place) ?? Infinity)
        assert.ok(Math.max(...gaps) <= 1300, `nothing grew for ${Math.max(...gaps)} ms`)
      })
  for (const windows of ['standing', 'sliding'] as const)
    test(`twenty answers that grow are whole at one moment: ${windows} windows`, async () => {
      const team = new Team(windows)
      const all = Array.from({ length: 20 }, (_, nth) => placeId(String(300_000 + nth)))
      const asking = placeId('500000')
      const work = Promise.all([
        ...all.map((place) => team.run(place, 6_000)),
        team.asks(asking, 100),
        team.board(placeId('500001')),
        team.commands(),
      ])
      const done = { isSo: false }
      const over = work.then(() => void (done.isSo = true))
      while (!done.isSo) await team.clock.goTo(team.clock.now() + 100)
      await over
      assert.deepEqual(team.refused, [])
      assert.equal(team.ends.length, 20)
      const last = Math.max(...team.ends)
      assert.ok(last <= 150, `an end waited ${last} ms`)
      const question = Math.max(...team.questions)
      assert.ok(question <= 300, `a question waited ${question} ms`)
      const gap = Math.max(...all.map((place) => team.gaps.get(place) ?? Infinity))
      assert.ok(gap <= 1300, `nothing grew for ${gap} ms`)
    })
  for (const windows of ['standing', 'sliding'] as const)
    test(`ten prompts in one session, a second and a half each, are whole as they end: ${windows} windows`, async () => {
      const team = new Team(windows)
      const place = placeId('300000')
      const work = team.inARow(place, 10, 1500)
      const done = { isSo: false }
      const over = work.then(() => void (done.isSo = true))
      while (!done.isSo) await team.clock.goTo(team.clock.now() + 100)
      await over
      assert.deepEqual(team.refused, [])
      assert.equal(team.ends.length, 10)
      const last = Math.max(...team.ends)
      assert.ok(last <= 150, `an end waited ${last} ms: ${team.ends.join(' ')}`)
    })
})
