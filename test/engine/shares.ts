import assert from 'node:assert/strict'
import type { Caps } from '../../src/core/admission.ts'
import { amountOf } from '../../src/core/budget.ts'
import type { Trouble } from '../../src/core/failure.ts'
import type { AccountId, PersonId, RunId } from '../../src/core/ids.ts'
import { allTokens, dayOf } from '../../src/core/spending.ts'
import type { Conversation } from '../../src/core/session.ts'
import { person, promptKey, scratchFolder, session, thread } from '../stores/cast.ts'
import { Chance } from '../random.ts'
import { live } from './life.ts'
import { Machine, scriptedRuntime } from './scripted-runtime.ts'
import { VirtualClock } from './virtual-clock.ts'

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]
const begin = Date.UTC(2026, 0, 5, 9)
const people = 20
const limited = [3, 12]
const limit = 9_000
const mostInAStep = 1_500
const caps: Caps = { active: 6, waiting: 10_000, personActive: 2, personWaiting: 1_000 }

/**
 * Twenty people on two accounts with quotas, two of them with a budget a day, killed every few minutes: order within a
 * person, nothing lost or twice, fair shares and a bound on every wait, no budget passed by more than one stop point of each run at work, and what
 * is booked is what was billed.
 */
export async function twentyPeople(prompts: number, turnsInWindow: number): Promise<void> {
  await using folder = await scratchFolder()
  const clock = new VirtualClock(begin)
  const chance = new Chance(15)
  const machine = new Machine(clock, () => chance.between(20_000, 3 * minute))
  const served: { readonly run: RunId; readonly who: PersonId; readonly at: number; readonly account: AccountId }[] = []
  const billed = new Map<string, number>()
  let all = 0
  machine.uses = ({ run }) => stepsOf(run)
  machine.bills = ({ prompt }, tokens) => {
    const key = `${prompt.speaker.id} ${dayOf(clock.now())}`
    billed.set(key, (billed.get(key) ?? 0) + tokens)
    all += tokens
  }
  machine.refuses = ({ run, prompt, session: { account }, goesOn }): Trouble | null => {
    const reset = begin + (Math.floor((clock.now() - begin) / (5 * hour)) + 1) * 5 * hour
    const inWindow = served.filter((each) => each.account === account && each.at >= reset - 5 * hour)
    if (inWindow.length >= turnsInWindow) return { code: 'quota-full', detail: '', window: 'five_hour', until: reset }
    if (!goesOn || served.every((each) => each.run !== run))
      served.push({ run, who: prompt.speaker.id, at: clock.now(), account })
    return null
  }
  const options = { caps, queueStaleMs: 365 * day }
  let bot = await live(folder.path, clock, machine, options)
  const conversation: Conversation = { id: 'known', transcript: null }
  const team = Array.from({ length: people }, (_, nth) => person(`person-${nth}`))
  for (const [nth, who] of team.entries()) {
    for (const part of [0, 1]) {
      const account = `account-${nth % 2}` as AccountId
      const place = thread(String(200 + nth * 2 + part))
      const runtime = scriptedRuntime(machine).name
      await bot.store.vault.addSession(session(`s${nth}-${part}`, place, { runtime, conversation, account }))
    }
    const grant = { scope: { kind: 'global' }, tier: 'member', by: who.id, at: begin } as const
    await bot.store.vault.grants.set({ ...grant, person: who.id })
  }
  for (const nth of limited) {
    const scope = { kind: 'person', id: team[nth]?.id as PersonId } as const
    const amount = { unit: 'tokens', count: limit } as const
    await bot.store.vault.budgets.set({ scope, span: 'day', limit: amount, by: 'olivia', at: begin })
  }
  await bot.wakeUp()
  const asked: { readonly run: RunId; readonly nth: number; readonly place: string }[] = []
  for (let key = 0; key < prompts * people; key++) {
    const nth = key % people
    const place = thread(String(200 + nth * 2 + (Math.floor(key / people) % 2)))
    const speaker = team[nth] ?? person('nobody')
    const request = { key: promptKey(String(10_000 + key)), place, speaker, text: 'go on', message: null }
    const outcome = await bot.desk.ask(request)
    assert.ok(outcome.kind === 'accepted')
    asked.push({ run: outcome.run, nth, place: place.id })
  }
  let kills = 0
  let half: ReadonlyMap<PersonId, number> | null = null
  while ((await bot.store.journal.open()).length > 0) {
    assert.ok(clock.now() < begin + (10 + prompts) * day, 'it comes to its end')
    await clock.goTo(clock.now() + chance.between(1, 4) * minute)
    if (half === null && served.length >= (prompts * people) / 2) half = countsOf(served)
    const { live: atWork, waiting } = await bot.store.journal.board(clock.now())
    const until = Math.min(...waiting.map(({ hold }) => hold?.until ?? clock.now()))
    await bot.die()
    // While a quota or a budget is used up for all that is left, nobody does anything for hours.
    const isIdle = atWork.length === 0 && until > clock.now() && until < begin + 1000 * day
    await clock.goTo(isIdle ? until - minute : clock.now() + chance.between(1, 30_000))
    bot = await live(folder.path, clock, machine, options)
    await bot.wakeUp()
    kills++
  }

  assert.ok(kills >= 10, `${kills} kills`)
  assert.deepEqual(new Set(served.map(({ run }) => run)), new Set(asked.map(({ run }) => run)))
  assert.equal(served.length, asked.length, 'no prompt was begun twice')
  for (const [nth] of team.entries())
    for (const part of [0, 1]) {
      const place = String(200 + nth * 2 + part)
      const own = asked.filter((each) => each.place === place).map(({ run }) => run)
      assert.deepEqual(
        served.filter(({ run }) => own.includes(run)).map(({ run }) => run),
        own,
        `${place} is in order`,
      )
    }
  const free = team.filter((_, nth) => !limited.includes(nth)).map(({ id }) => half?.get(id) ?? 0)
  const jain =
    free.reduce((sum, each) => sum + each, 0) ** 2 / (free.length * free.reduce((sum, each) => sum + each ** 2, 0))
  assert.ok(jain >= 0.95, `Jain's index of fairness is ${jain}`)
  for (const who of team.keys()) if (!limited.includes(who)) assertNobodyPasses(who)
  const over = [...billed].filter(([key]) => limited.some((nth) => key.startsWith(`${team[nth]?.id} `)))
  for (const [key, tokens] of over)
    assert.ok(tokens <= limit + caps.personActive * mostInAStep, `${key}: ${tokens} of ${limit}`)
  assert.ok(
    over.some(([, tokens]) => tokens >= limit),
    'a budget was used up',
  )
  const booked = await bot.store.vault.ledger.since(dayOf(begin))
  assert.equal(
    booked.reduce((sum, line) => sum + allTokens(line.tokens), 0),
    all,
    'what is booked was billed',
  )
  assert.equal(amountOf('tokens', booked, {}).spent, all)
  await bot.die()

  /**
   * The bound on a wait, in turns, since only the machine knows how long one takes: between two of a person's turns, as
   * long as something of theirs waits, everybody else who shares the account begins two at most (both that a person may
   * have at work at once, `caps.personActive`).
   */
  function assertNobodyPasses(nth: number): void {
    const account = `account-${nth % 2}`
    const line = served.filter((each) => each.account === account).map(({ who }) => who)
    const own = line.flatMap((who, at) => (who === team[nth]?.id ? [at] : []))
    for (const [turn, at] of own.entries()) {
      const between = line.slice(turn === 0 ? 0 : (own[turn - 1] ?? 0) + 1, at)
      for (const [who, turns] of countsOf(between.map((each) => ({ who: each }))))
        assert.ok(turns <= caps.personActive, `${who} began ${turns} times before turn ${turn} of ${team[nth]?.id}`)
    }
  }
}

function countsOf(served: readonly { readonly who: PersonId }[]): ReadonlyMap<PersonId, number> {
  const counts = new Map<PersonId, number>()
  for (const { who } of served) counts.set(who, (counts.get(who) ?? 0) + 1)
  return counts
}

/** The same for a run in every life: four to six steps. */
function stepsOf(run: RunId): readonly number[] {
  const seed = new Chance(Number.parseInt(run.replaceAll('-', '').slice(-8), 16))
  return Array.from({ length: seed.between(4, 6) }, () => seed.between(500, mostInAStep))
}
