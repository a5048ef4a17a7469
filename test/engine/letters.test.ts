import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { LetterRules } from '../../src/core/chain.ts'
import type { Entry } from '../../src/core/event.ts'
import type { RunId } from '../../src/core/ids.ts'
import { isRequest, letterKey, type Letter } from '../../src/core/letter.ts'
import type { Turn } from '../../src/core/runtime.ts'
import type { Task } from '../../src/core/task.ts'
import type { Store } from '../../src/stores/open.ts'
import { person, placeId, promptKey, scratchFolder, session, thread } from '../stores/cast.ts'
import { VirtualClock } from './virtual-clock.ts'
import { WritingAgents, type Deed } from './writing-agents.ts'
import { writingLife, type WritingLife } from './writing-life.ts'

const minute = 60_000
const begin = Date.UTC(2026, 0, 5, 9)
const end = begin + 120 * minute
const rules: LetterRules = {
  hops: 4,
  tokens: 12_000,
  cooldownMs: 5_000,
  consentMs: 4 * minute,
  approverRole: null,
  auditChannel: null,
}
const names = Array.from({ length: 12 }, (_, nth) => `s${nth}`)
const people = ['ann', 'ben', 'cho', 'dan'].map((name) => person(name))
const owner = person('olivia')
const deadly = ['tool-answered', 'letter-asked', 'task-moved', 'asked']

/** The same day every time. */
function dice(seed: number): (sides: number) => number {
  let state = seed >>> 0
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

/** What an agent does follows from its prompt alone, so that another attempt does the same again. */
function plan({ prompt, attempt, session: { name } }: Turn): readonly Deed[] {
  let seed = 7
  const { letter: of, text, key } = prompt
  const about = of === undefined ? key : [name, text, of.kind, of.hop, of.from].join()
  for (const letter of about) seed = Math.imul(seed ^ letter.charCodeAt(0), 16_777_619)
  const chance = dice(seed)
  const works = (): Deed => ({ does: 'works', ms: 5_000 + chance(90_000), tokens: 600 + chance(1_800) })
  const someone = (): string => names[chance(names.length)] ?? name
  const writes = (tool: string): Deed => ({
    does: 'calls',
    tool,
    input: { session: someone(), text: `${tool} ${chance(1_000)}` },
  })
  const deeds: Deed[] = [works()]
  const isAnswer = prompt.letter !== undefined && !isRequest(prompt.letter)
  for (let left = chance(isAnswer ? 2 : 3); left > 0; left--)
    deeds.push(writes(chance(2) === 0 ? 'consult' : 'delegate'))
  if (prompt.letter !== undefined && chance(3) > 0)
    deeds.push({ does: 'calls', tool: 'reply', input: { text: 'so it is' } })
  deeds.push(works())
  const diesAt = 1 + chance(deeds.length)
  if (chance(6) === 0 && attempt === 1) deeds.splice(diesAt, 0, { does: 'dies' })
  return deeds
}

test('twelve sessions write to each other for two hours, people consent, deny and stop, everything dies now and then', async () => {
  await using folder = await scratchFolder()
  const clock = new VirtualClock(begin)
  const chance = dice(20_260_105)
  const agents = new WritingAgents(clock, plan)
  let kills = 0
  /** When nobody was there who could stop a run: from each death until the next life woke up. */
  const away: { readonly from: number; to: number }[] = []
  /** How far the afternoon has come, of what is wanted of it. */
  const due = (of: number): number => (of * (clock.now() - begin)) / (end - begin)
  // As often as it has to, it dies at that very moment.
  const dies = (name: string): boolean => {
    const isIt = deadly.includes(name) && kills < due(24) && chance(4) === 0
    if (isIt) away.push({ from: clock.now(), to: end * 2 })
    return isIt
  }
  const born = (): Promise<WritingLife> => writingLife(folder.path, clock, agents, { rules, dies })
  let bot = await born()
  const scope = { kind: 'global' } as const
  for (const [each, tier] of [...people.map((who) => [who, 'member'] as const), [owner, 'owner'] as const])
    await bot.store.vault.grants.set({ person: each.id, scope, tier, by: owner.id, at: begin })
  for (const [nth, name] of names.entries()) {
    const place = thread(String(200 + nth), String(100 + (nth % 3)))
    await bot.store.vault.addSession(session(name, place, { runtime: agents.runtime().name, startedAt: begin }))
  }
  await bot.wakeUp()
  const again = async (): Promise<void> => {
    await bot.die()
    kills++
    await clock.goTo(clock.now() + chance(20_000))
    bot = await born()
    await bot.wakeUp()
    // All that this life does first: it stops what has gone beyond its budget meanwhile.
    await clock.goTo(clock.now())
    for (const each of away) each.to = Math.min(each.to, clock.now())
  }
  using db = new DatabaseSync(join(folder.path, 'orchestrator.sqlite'), { readOnly: true })
  const tokenOf = (letter: string): string => {
    const row = db.prepare('select note from messages where owner = ?').get(`panel:letter:${letter}`) as {
      note: string
    }
    const [button] = (JSON.parse(row.note) as { buttons: readonly { id: string }[] }).buttons
    return button?.id.split(':').slice(2).join(':') ?? ''
  }

  /** Tasks that stand like this. */
  const tasks = (where: string): readonly Task[] => {
    const rows = db.prepare(`select task from omc_chains where task is not null and ${where} order by seq`).all()
    return rows.map(({ task }) => JSON.parse(String(task)) as Task)
  }
  /** Two people do something about a task at once. */
  const decides = async ({ chain, to }: Task, verbs: readonly string[]): Promise<void> => {
    const deeds = [verbs, verbs].map((each) => each[chance(each.length)] ?? 'accept')
    await Promise.all(
      deeds.map((deed) =>
        Promise.resolve(bot.press('tasks', owner, to.place, deed, chain, String(++key))).catch(() => null),
      ),
    )
  }
  const given: string[] = []

  const written = (): number => (db.prepare('select count(*) as n from letters').get() as { n: number }).n

  let key = 10_000
  while (clock.now() < end) {
    await clock.goTo(clock.now() + 2_000 + chance(30_000))
    if (bot.isDead()) await again()
    const place = thread(String(200 + chance(names.length)), '100')
    const at = { ...place, channel: placeId(String(100 + ((Number(place.id) - 200) % 3))) }
    const speaker = people[chance(people.length)] ?? owner
    const prompt = { key: promptKey(String(++key)), place: at, speaker, text: 'go on', message: null }
    if (given.length < due(24)) {
      given.push(prompt.key)
      const to = names[chance(names.length)] ?? ''
      const gives = () => bot.gives(speaker, at, prompt.key, to, `task ${prompt.key}`).catch(() => null)
      if ((await gives()) === null) {
        await again()
        await gives()
      } else if (chance(3) === 0) await gives()
    }
    const [pending] = tasks("task_status = 'pending'")
    if (pending !== undefined && !bot.isDead()) await decides(pending, ['accept', 'accept', 'accept', 'reject'])
    const [busy] = tasks("task_status in ('accepted', 'in_progress')")
    if (busy !== undefined && !bot.isDead() && chance(40) === 0)
      await decides(busy, busy.trouble === null ? ['cancel'] : ['accept', 'done', 'cancel'])
    if (chance(written() < due(320) ? 3 : 12) === 0) {
      const first = await bot.desk.ask(prompt).catch(() => null)
      // Whoever heard nothing says it again, as Discord does: with the same key.
      if (first === null) {
        await again()
        await bot.desk.ask(prompt).catch(() => null)
      }
    }
    const [asked] = await bot.store.vault.letters.in(['asked']).catch(() => [])
    if (asked === undefined || chance(4) === 0 || bot.isDead()) continue
    // Its run is stopped before anybody answers.
    if (chance(5) === 0) {
      await bot.desk.stop(owner, (await bot.store.vault.session(asked.from.session))?.place ?? at).catch(() => null)
      continue
    }
    const verbs = ['yes', 'yes', 'yes', 'pair', 'no', 'change']
    const token = tokenOf(asked.id)
    if (token === '') continue
    // Two decide at once: one of them is told that it is over.
    const [one, other] = [verbs[chance(verbs.length)] ?? 'yes', verbs[chance(verbs.length)] ?? 'no']
    const replies = await Promise.all(
      [one, other].map((verb) =>
        Promise.resolve(bot.press('letters', owner, thread('200'), verb, token)).catch(() => null),
      ),
    )
    if (!bot.isDead())
      assert.ok(replies.filter((reply) => reply != null && 'refused' in reply && reply.refused).length >= 1)
  }
  // Nobody asks any more: it comes to an end by itself.
  for (let more = 0; more < 240; more++) {
    if (bot.isDead()) await again()
    await clock.goTo(clock.now() + minute)
    for (const task of tasks("task_status = 'pending'")) await decides(task, ['reject'])
    const open = await bot.store.journal.open().catch(() => null)
    if (open?.length !== 0 || tasks('task_busy = 1').length > 0) continue
    if ((await bot.store.vault.letters.in(['asked', 'waiting', 'delivered'])).length === 0) break
  }

  const { store } = bot
  assert.deepEqual(await store.journal.open(), [], 'nothing is left open')
  const all = await store.vault.letters.in(['asked', 'waiting', 'delivered', 'closed', 'denied', 'withdrawn'])
  const open = all.filter(({ state }) => ['asked', 'waiting', 'delivered'].includes(state))
  assert.deepEqual(
    open.map(({ id, kind, state }) => [id, kind, state]),
    [],
    'every letter came to its end',
  )
  const cancelled = new Set(tasks("task_status = 'cancelled'").map(({ chain }) => chain))
  await assertLetters(store, all, db, cancelled)
  await assertTasks(store, all, tasks('1 = 1'), db)
  assert.equal(tasks('1 = 1').length, given.length, 'each is given once')
  for (const status of ['done', 'rejected', 'cancelled'] as const)
    assert.ok(tasks(`task_status = '${status}'`).length > 0, status)
  const sum = (query: string): unknown => (db.prepare(query).get() as { n: unknown }).n
  const told = "select sum(json_extract(json, '$.spend.tokens.input')) as n from run_events where type = 'used'"
  assert.equal(sum('select sum(input) as n from ledger'), sum(told), 'what was used is booked once')
  await assertChains(store, all, (at) => away.some(({ from, to }) => from <= at && at <= to))
  const count = (what: (letter: Letter) => boolean): number => all.filter(what).length
  assert.ok(all.length >= 300, `${all.length} letters`)
  assert.ok(kills >= 20, `${kills} kills`)
  for (const state of ['denied', 'withdrawn'] as const) assert.ok(count((letter) => letter.state === state) > 0, state)
  for (const kind of ['consult', 'delegate', 'reply', 'report'] as const)
    assert.ok(count((letter) => letter.kind === kind) > 10, kind)
  await bot.die()
})

/** Each letter arrived once, and each request was answered once. */
async function assertLetters(
  store: Store,
  all: readonly Letter[],
  db: DatabaseSync,
  cancelled: ReadonlySet<string>,
): Promise<void> {
  const notes = db.prepare("select count(*) as n from messages where owner like 'note:letter:%'").get() as { n: number }
  const arrived = []
  for (const letter of all) {
    const run = await store.journal.find(letterKey(letter.id))
    // A task has its card.
    if (run !== null && letter.kind !== 'task') arrived.push(letter)
    const isNever = (letter.state === 'denied' || letter.state === 'withdrawn') && !cancelled.has(letter.chain)
    assert.ok(!isNever || run === null, `${letter.id} was ${letter.state}, and not delivered`)
    if (run !== null) {
      const entries = await store.journal.read(run.run)
      assert.equal(entries.filter(isEnd).length, 1, `${letter.id} ended once`)
    }
    const answers = all.filter(({ kind, answers: to }) => to === letter.id && kind !== 'notice')
    const owed = isRequest(letter) && letter.state !== 'withdrawn' ? 1 : 0
    assert.equal(answers.length, owed, `${letter.kind} ${letter.id} (${letter.state}) has its answer`)
  }
  assert.equal(notes.n, arrived.length, 'each that arrived is shown once')
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length)
}

/** Each task was with its agent as often as somebody let it be, stands where that led to, and its end was told once. */
async function assertTasks(
  store: Store,
  all: readonly Letter[],
  tasks: readonly Task[],
  db: DatabaseSync,
): Promise<void> {
  for (const { chain, status, steps, trouble, letter, origin, to, stopping } of tasks) {
    const tries = all.filter((each) => each.kind === 'task' && each.chain === chain)
    assert.equal(tries.length, steps.filter(({ deed }) => deed === 'accept').length, chain)
    assert.equal(tries.at(-1)?.id ?? null, letter)
    assert.ok(!stopping && status !== 'pending', `${chain} is ${status}`)
    if (status === 'accepted' || status === 'in_progress') assert.ok(trouble !== null, `${chain} stands still`)
    for (const each of tries) {
      const reports = all.filter(({ kind, answers }) => kind === 'report' && answers === each.id)
      assert.equal(reports.length, each.state === 'withdrawn' ? 0 : 1, `${chain} has one report for each try`)
    }
    const bySomebody = steps.some(({ deed }) => deed !== 'accept')
    if (status !== 'done' || bySomebody || origin.place.id === to.place.id) continue
    const told = db.prepare('select count(*) as n from messages where owner like ?').get(`note:task:${chain}:%`)
    const failed = tries.length - 1
    assert.equal(told?.['n'], failed + 1, `the end of ${chain} is told once`)
    const run = letter === null ? null : await store.journal.find(letterKey(letter))
    assert.equal(run?.state, 'over')
  }
}

async function assertChains(store: Store, all: readonly Letter[], isAway: (at: number) => boolean): Promise<void> {
  const last = new Map<string, number>()
  for (const letter of all.filter((each) => isRequest(each) && each.kind !== 'task')) {
    const pair = `${letter.from.session}>${letter.to.session}`
    const before = last.get(pair)
    assert.ok(before === undefined || letter.at - before >= rules.cooldownMs, `${pair} waits`)
    last.set(pair, letter.at)
    assert.ok(letter.hop <= rules.hops)
  }
  for (const chain of Map.groupBy(all, (letter) => letter.chain).values()) {
    const runs = new Map<RunId, readonly Entry[]>()
    for (const { id } of chain) {
      const run = await store.journal.find(letterKey(id))
      if (run !== null) runs.set(run.run, await store.journal.read(run.run))
    }
    assertCircles(chain)
    assertBudget(runs, isAway)
    await assertCalls(store, chain)
  }
}

/** Upwards from a request nobody stands twice, but whoever handed work over and is asked back. */
function assertCircles(chain: readonly Letter[]): void {
  for (const letter of chain.filter(isRequest)) {
    const path: string[] = []
    for (let at: Letter | undefined = letter; at !== undefined; at = chain.find(({ id }) => id === at?.parent))
      path.push(at.to.session)
    assert.equal(new Set(path.slice(1)).size, path.length - 1, path.join(' < '))
  }
}

/** Beyond the budget each run is stopped with the next thing that it uses, but for what it uses while no bot is there. */
function assertBudget(runs: ReadonlyMap<RunId, readonly Entry[]>, isAway: (at: number) => boolean): void {
  const used = [...runs.values()]
    .flat()
    .filter(({ event }) => event.type === 'used')
    .sort((a, b) => a.seq - b.seq)
  let sum = 0
  const beyond = new Map<RunId, number>()
  for (const { run, event, at } of used) {
    if (sum >= rules.tokens && !isAway(at)) beyond.set(run, (beyond.get(run) ?? 0) + 1)
    if (event.type === 'used') sum += event.spend.tokens.input
  }
  for (const [run, times] of beyond) assert.ok(times <= 1, `${run} went on ${times} times`)
}

/** No run has written more than one attempt of it wanted to. */
async function assertCalls(store: Store, chain: readonly Letter[]): Promise<void> {
  for (const [run, written] of Map.groupBy(chain.filter(isRequest), (letter) => letter.run)) {
    if (run === null) continue
    const attempts: number[] = []
    for (const { event } of await store.journal.read(run)) {
      if (event.type === 'admitted') attempts.push(0)
      const isRequestTool = event.type === 'called' && event.call.tool !== 'reply'
      if (isRequestTool) attempts[attempts.length - 1] = (attempts.at(-1) ?? 0) + 1
    }
    assert.ok(written.length <= Math.max(...attempts), `${run} wrote ${written.length} in ${attempts.join()}`)
  }
}

function isEnd({ event }: Entry, nth: number, entries: readonly Entry[]): boolean {
  if (event.type === 'finished' || event.type === 'refused') return true
  // One that was stopped may be over without another word, or with the loss of its process.
  return ['stopped', 'lost'].includes(event.type) && nth === entries.length - 1
}
