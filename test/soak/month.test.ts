import assert from 'node:assert/strict'
import { readdirSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { RunEvent } from '../../src/core/event.ts'
import { endReaders } from '../../src/core/journal.ts'
import type { Owner } from '../../src/core/message.ts'
import type { Person } from '../../src/core/person.ts'
import { composeSessionKey, type Place } from '../../src/core/place.ts'
import type { Conduct, Cursor, Runtime } from '../../src/core/runtime.ts'
import { lineOf } from '../../src/core/transcript.ts'
import { viewOf } from '../../src/core/view.ts'
import { live } from '../engine/life.ts'
import { Machine, scriptedRuntime } from '../engine/scripted-runtime.ts'
import { VirtualClock } from '../engine/virtual-clock.ts'
import { Chance } from '../random.ts'
import { events, person, placeId, promptKey, scratchFolder, session, thread } from '../stores/cast.ts'

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]
const begin = Date.UTC(2026, 0, 5)
const days = 30
const promptsADay = 40
const keep = { wordsMs: 7 * day, transcriptsMs: 7 * day, attachmentsMs: 7 * day, copies: 2 }
const options = {
  caps: { active: 6, waiting: 40, personActive: 4, personWaiting: 10 },
  queueStaleMs: 10 * minute,
}

const people = Array.from({ length: 10 }, (_, nth) => person(`person-${nth}`))
const channels: readonly Place[] = ['100', '101', '102', '103'].map((id) => ({
  kind: 'channel',
  id: placeId(id),
  guild: '1',
}))

/** Agents that speak and take steps, some 4 kB of it a turn. */
function speaking(runtime: Runtime): Runtime {
  const words: readonly RunEvent[] = Array.from({ length: 6 }, (_, nth) => [
    events.acted(String(nth), 'begun'),
    events.acted(String(nth), 'done'),
    events.said(`${nth} ${'a sentence about the shop and its carts. '.repeat(8)}`, `b${nth}`, true),
  ]).flat()
  const spoken = ({ output, ...rest }: Conduct): Conduct => ({
    ...rest,
    output: (async function* () {
      for await (const piece of output) {
        if (piece.events.some(({ type }) => type === 'finished')) yield { events: words, cursor: 'words' as Cursor }
        yield piece
      }
    })(),
  })
  return {
    ...runtime,
    begin: (turn) => spoken(runtime.begin(turn)),
    async adopt(turn, cursor) {
      const conduct = await runtime.adopt(turn, cursor)
      return conduct === null ? null : spoken(conduct)
    },
  }
}

type Bot = Awaited<ReturnType<typeof live>>

/** What a day leaves behind. */
interface Size {
  readonly runs: number
  readonly database: number
  readonly log: number
  readonly heap: number
  readonly attachments: number
  readonly transcripts: number
  /** All others: the database's own, copies, notes. */
  readonly others: number
}

test(`a month of ten people: what is kept stays bounded`, async (told) => {
  await using folder = await scratchFolder()
  const clock = new VirtualClock(begin)
  const chance = new Chance(30)
  const machine = new Machine(clock, () => chance.between(3_000, minute))
  const start = async (where = folder.path): Promise<Bot> => {
    const bot = await live(where, clock, machine, { ...options, runtime: speaking(scriptedRuntime(machine)) })
    await bot.wakeUp()
    return bot
  }
  let bot = await start()
  for (const { id } of people)
    await bot.store.vault.grants.set({ person: id, scope: { kind: 'global' }, tier: 'member', by: id, at: begin })
  for (const [nth, place] of channels.entries())
    await bot.store.vault.addSession(at(bot, `channel-${nth}`, place, clock))
  let key = 10_000
  let runs = 0
  let inChannels = 0
  const sizes: Size[] = []

  for (let nth = 0; nth < days; nth++) {
    const morning = begin + nth * day + 9 * hour
    // Nobody is there at night, the bot neither: its timers would be most of what happens.
    await bot.die()
    await clock.goTo(morning)
    bot = await start()
    const threads: readonly Place[] = [0, 1, 2, 3, 4].map((each) => thread(String(1000 + nth * 10 + each), '100'))
    for (const [each, place] of threads.entries())
      await bot.store.vault.addSession(at(bot, `day-${nth}-${each}`, place, clock))
    for (let asked = 0; asked < promptsADay; asked++) {
      await clock.goTo(clock.now() + chance.between(10_000, 50_000))
      const place = [...channels, ...threads][chance.between(0, 8)] as Place
      const speaker = people[chance.between(0, 9)] as Person
      const attachments = asked % 10 === 0 ? [await file(bot, `${nth} ${asked}`, clock.now(), folder.path)] : []
      if (attachments.length > 0 && place.kind === 'channel') inChannels += 1
      const request = { key: promptKey(String(++key)), place, speaker, text: 'go on', message: null, attachments }
      if ((await bot.desk.ask(request)).kind !== 'refused') runs += 1
      // Once a day something dies.
      if (asked === 20) {
        await bot.die()
        bot = await start()
      }
    }
    await clock.goTo(clock.now() + options.queueStaleMs + 2 * minute)
    for (const { id } of (await bot.store.vault.liveSessions()).filter(({ name }) => name.startsWith('day-')))
      await bot.store.vault.endSession(id, clock.now())
    await outboxAndTranscripts(bot)
    age(folder.path, clock.now())
    await bot.store.prune(keep)
    sizes.push(sizeOf(folder.path, runs))
  }

  assert.deepEqual(await bot.store.journal.open(), [])
  await bot.die()
  await using empty = await scratchFolder()
  const startMs = { empty: await startsOf(() => start(empty.path)), month: await startsOf(() => start()) }
  const [first, later, last] = [sizes[9], sizes[19], sizes[29]] as [Size, Size, Size]
  told.diagnostic(JSON.stringify({ first, later, last, startMs }))
  assert.ok(runs > days * promptsADay * 0.9, `${runs} runs`)
  // Some 4 kB of words a run go after a week; what was asked, came of it and cost stays.
  const perRun = (last.database - later.database) / (last.runs - later.runs)
  assert.ok(perRun < 4000, `${perRun} bytes of database a run`)
  assert.ok(last.log < 32 * 1024 * 1024, `${last.log} bytes of write-ahead log`)
  // Sessions that live keep theirs; of the others those of the last days are there.
  assert.ok(last.attachments <= inChannels + 8 * 8, `${last.attachments} attachments, ${inChannels} of channels`)
  assert.ok(last.transcripts <= first.transcripts + 5, `${last.transcripts} transcripts`)
  assert.ok(last.others <= first.others, `${last.others} other files, ${first.others} before`)
  assert.ok(last.heap < later.heap + 24 * 1024 * 1024, `${last.heap} bytes of memory, ${later.heap} before`)
})

function at({ tools }: Bot, name: string, place: Place, clock: VirtualClock) {
  const [runtime] = [...tools.runtimes.keys()]
  if (runtime === undefined) throw new Error('there is no agent')
  return session(name, place, { runtime, startedAt: clock.now(), key: composeSessionKey(place) })
}

async function file({ store }: Bot, text: string, at: number, folder: string) {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text.repeat(1000))
  }
  const kept = await store.attachments.keep('a.txt', source())
  if (typeof kept === 'string') throw new Error(kept)
  const moment = new Date(at)
  utimesSync(join(folder, 'attachments', kept.sha256), moment, moment)
  return kept
}

/** How long a start takes, in milliseconds: the middle one of seven. */
async function startsOf(start: () => Promise<Bot>): Promise<number> {
  const took: number[] = []
  for (let nth = 0; nth < 7; nth++) {
    const since = performance.now()
    const bot = await start()
    took.push(performance.now() - since)
    await bot.die()
  }
  return Math.round(took.toSorted((one, other) => one - other)[3] ?? 0)
}

/** What the outbox and the transcriber do about every run that is over. */
async function outboxAndTranscripts({ store }: Bot): Promise<void> {
  const { journal, vault } = store
  for (
    let ended = await journal.ended('transcripts', 500);
    ended.length > 0;
    ended = await journal.ended('transcripts', 500)
  ) {
    for (const run of ended) {
      const view = viewOf(await journal.read(run))
      const of = view === null ? null : await vault.session(view.prompt.session)
      if (view !== null && of !== null) await store.transcripts.append(of.key, lineOf(view, of.name))
      await vault.postings.settled(`run:${run}` as Owner)
    }
    for (const reader of endReaders) await journal.doneWith(reader, ended)
  }
}

/** Transcripts of today are as old as today is. */
function age(folder: string, now: number): void {
  const moment = new Date(now)
  for (const name of readdirSync(join(folder, 'transcripts'))) {
    const path = join(folder, 'transcripts', name)
    if (statSync(path).mtimeMs > now + day) utimesSync(path, moment, moment)
  }
}

/** What is not in use any more is no memory that is used: without it, chance would be measured. */
function collect(): void {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('gc')
  if (typeof gc !== 'function') throw new Error('this Node does not collect on demand')
  gc()
}

function sizeOf(folder: string, runs: number): Size {
  collect()
  const bytes = (name: string): number => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0
  return {
    runs,
    database: bytes('orchestrator.sqlite'),
    log: bytes('orchestrator.sqlite-wal'),
    heap: process.memoryUsage().heapUsed,
    attachments: readdirSync(join(folder, 'attachments')).length,
    transcripts: readdirSync(join(folder, 'transcripts')).length,
    others: filesIn(folder) - filesIn(join(folder, 'attachments')) - filesIn(join(folder, 'transcripts')),
  }
}

function filesIn(folder: string): number {
  const below = readdirSync(folder, { recursive: true, withFileTypes: true })
  return below.filter((each) => each.isFile()).length
}
