import { budgetSpans, isMeant, parseAmount, type Budget, type BudgetAsk, type BudgetScope } from '../../core/budget.ts'
import type { Press } from '../../core/button.ts'
import type { Reply } from '../../core/chat.ts'
import type { Call } from '../../core/command.ts'
import type { RunEvent } from '../../core/event.ts'
import { formOf, type Form } from '../../core/form.ts'
import { feature, type Feature } from '../../core/feature.ts'
import type { BudgetId } from '../../core/ids.ts'
import type { OpenRun } from '../../core/journal.ts'
import { personOf, placeOf, textOf } from '../../core/option.ts'
import type { Person } from '../../core/person.ts'
import { channelOf } from '../../core/place.ts'
import { seenPlaces } from '../../core/seen-places.ts'
import { refused, toThem } from '../../core/reply.ts'
import { BudgetWatch, type BudgetDoors } from './watch.ts'
import { en, ko, type BudgetFate } from './words.ts'

/**
 * Limits on what agents may use (SPEC F14). A run that has used one up waits between two steps, and owners are asked:
 * this run may exceed it, the limit is raised until its period is over, or the run is stopped.
 */
export function budgets(doors: BudgetDoors): Feature {
  const { vault, journal, gate, clock, keep, checkpoint } = doors
  const watch = new BudgetWatch(doors)

  function changed(): void {
    doors.admitAgain()
    watch.look()
  }

  /** The limits of which somebody may hear: one of a channel names it. */
  async function seenBy(person: Person, all: readonly Budget[]): Promise<ReadonlySet<Budget>> {
    const channels = all.flatMap(({ scope }) => (scope.kind === 'channel' ? [scope.id] : []))
    const seen = await seenPlaces(person, channels, gate)
    return new Set(all.filter(({ scope }) => scope.kind !== 'channel' || seen.has(scope.id)))
  }

  async function find(
    press: Press,
  ): Promise<{ readonly ask: BudgetAsk; readonly run: OpenRun } | 'over' | 'not-yours'> {
    const ask = await vault.budgets.ask(press.argument)
    const run = ask === null ? null : await journal.run(ask.run)
    if (ask === null || run === null) return 'over'
    const { place } = run.prompt
    const may = (await gate.sees(press.person, place)) && (await gate.judgeNow(press.person, 'budget.exceed', place))
    if (may === false || !may.allowed) return 'not-yours'
    return ask.isOpen || (await isOwnAnswer(press, ask)) ? { ask, run } : 'over'
  }

  /** A second try of the same press: the first one has done it. */
  async function isOwnAnswer({ person }: Press, { run, hold }: BudgetAsk): Promise<boolean> {
    const last = (await journal.read(run)).findLast(
      ({ event }) => event.type === 'stopped' || (event.type === 'allowed' && event.budget === hold.id),
    )?.event
    return (last?.type === 'allowed' || last?.type === 'stopped') && last.by === person.name
  }

  async function decide(ask: BudgetAsk, run: OpenRun, fate: Exclude<BudgetFate, { kind: 'passed' }>): Promise<boolean> {
    const panel = { kind: 'panel', panel: await watch.panelOf(ask, run, fate) } as const
    const answered = { kind: 'budget-answered', token: ask.token } as const
    const { id: budget, period } = ask.hold
    const raisedTo = fate.kind === 'raised' ? fate.to : null
    const raise = raisedTo === null ? [] : [{ kind: 'budget-raise', budget, period, to: raisedTo } as const]
    const event: RunEvent =
      fate.kind === 'stopped' ? { type: 'stopped', by: fate.by } : { type: 'allowed', budget, by: fate.by, raisedTo }
    // With the question, so that of two who answer at once only one has.
    const effects = [answered, ...raise, panel]
    const kept = await journal.append(run.run, [event], clock.now(), { effects })
    if (kept.length === 0) return false
    checkpoint('budget-answered')
    return keep([panel])
  }

  function decides(fateOf: (press: Press, ask: BudgetAsk, say: typeof en) => BudgetFate | string) {
    return {
      right: 'budget.decide',
      answer: 'in-place',
      async act(press: Press, say: typeof en): Promise<Reply<never>> {
        const found = await find(press)
        if (found === 'not-yours') return { ...toThem(say.notYours), refused: true }
        if (found === 'over') return { ...toThem(say.over), refused: true }
        const { ask, run } = found
        const fate = fateOf(press, ask, say)
        if (typeof fate === 'string') return { ...toThem(fate), refused: true }
        if (fate.kind === 'passed') return { ...toThem(say.over), refused: true }
        if (!ask.isOpen) return toThem(say.fate(fate, ask.hold))
        if (!(await decide(ask, run, fate))) return { ...toThem(say.over), refused: true }
        const key = `budget:${ask.token}`
        await doors.audit(key, (locale) => {
          const words = locale === 'ko' ? ko : en
          return `${words.audit.asked(ask.hold)} · ${words.fate(fate, ask.hold)}`
        })
        changed()
        return toThem(say.fate(fate, ask.hold))
      },
    } as const
  }

  return feature({
    name: 'budgets',
    rights: {
      'budget.set': 'owner everywhere',
      'budget.show': 'guest',
      'budget.all': 'owner everywhere',
      'budget.exceed': 'owner everywhere',
      'budget.decide': 'public',
    },
    words: { en, ko },
    commands: {
      'budget set': {
        right: 'budget.set',
        hidden: true,
        options: [
          { name: 'limit', type: 'text', required: true },
          {
            name: 'each',
            type: 'text',
            required: true,
            choices: () => budgetSpans.map((value) => ({ name: value, value })),
          },
          { name: 'person', type: 'user', required: false },
          { name: 'channel', type: 'place', required: false },
          { name: 'role', type: 'text', required: false },
        ],
        async run(call, say) {
          const limit = parseAmount(textOf(call, 'limit') ?? '')
          if (limit === null) return { ...toThem(say.badAmount), refused: true }
          const span = budgetSpans.find((each) => each === textOf(call, 'each'))
          if (span === undefined) return refused(call, { code: 'option-missing', option: 'each' })
          const scope = scopeOf(call, say)
          if (typeof scope === 'string') return { ...toThem(scope), refused: true }
          if (scope.kind === 'channel' && !(await gate.sees(call.person, scope.id)))
            return { ...toThem(say.noChannel), refused: true }
          const budget = await vault.budgets.set({ scope, span, limit, by: call.person.name, at: clock.now() })
          await doors.audit(`budget-set:${call.key}`, (locale) => (locale === 'ko' ? ko : en).audit.set(budget))
          changed()
          return toThem(say.set(budget))
        },
      },
      'budget show': {
        right: 'budget.show',
        hidden: true,
        options: [{ name: 'person', type: 'user', required: false }],
        async run(call, say) {
          const about = call.options.has('person') ? personOf(call, 'person') : call.person
          if (about === null) return refused(call, { code: 'option-missing', option: 'person' })
          const all = await gate.judge(call.person, 'budget.all', call.place)
          if (about.id !== call.person.id && !all.allowed) return refused(call, all.refusal)
          const who = { person: about.id, channel: channelOf(call.place), roles: about.roles }
          const standings = await vault.budgets.for(who, clock.now())
          const known = new Set(standings.map(({ budget }) => budget.id))
          const isOwn = about.id === call.person.id
          const mine = await vault.budgets.all()
          const seen = await seenBy(call.person, mine)
          const rest = mine.filter((each) => {
            const { id, span } = each
            if (known.has(id)) return false
            // Those of runs and chains are for whoever they are about; the rest is an owner's to see.
            return (all.allowed && isOwn) || ((span === 'run' || span === 'chain') && isMeant(each, who))
          })
          const others = rest.filter((each) => seen.has(each))
          return toThem(say.shown({ standings, others, hidden: rest.length - others.length }, about.id))
        },
      },
      'budget remove': {
        right: 'budget.set',
        hidden: true,
        options: [{ name: 'budget', type: 'text', required: true, suggests: true }],
        async run(call, say) {
          const id = /^B\d+/i.exec(textOf(call, 'budget') ?? '')?.[0]?.toUpperCase() ?? ''
          const seen = [...(await seenBy(call.person, await vault.budgets.all()))].some((each) => each.id === id)
          if (!seen || !(await vault.budgets.remove(id as BudgetId))) return { ...toThem(say.unknown), refused: true }
          await doors.audit(`budget-removed:${call.key}`, (locale) =>
            (locale === 'ko' ? ko : en).audit.removed(id, call.person.name),
          )
          changed()
          return toThem(say.removed(id))
        },
        async complete({ person }, _option, typed) {
          const wanted = typed.trim().toUpperCase()
          const seen = [...(await seenBy(person, await vault.budgets.all()))]
          return seen.map(({ id }) => String(id)).filter((id) => id.startsWith(wanted))
        },
      },
    },
    buttons: {
      once: decides(({ person }) => ({ kind: 'allowed', by: person.name })),
      raise: {
        ...decides(({ person, text }, { hold }, say) => {
          const amount = parseAmount(text)
          if (amount === null) return say.badAmount
          const isHigher = amount.unit === hold.unit && amount.count > Math.max(hold.limit, hold.spent)
          return isHigher ? { kind: 'raised', by: person.name, to: amount.count } : say.notHigher(hold)
        }),
        async form(press: Press, say: typeof en): Promise<Form | Reply<never>> {
          const found = await find(press)
          if (found === 'not-yours') return { ...toThem(say.notYours), refused: true }
          if (found === 'over') return { ...toThem(say.over), refused: true }
          return formOf(say.raising, true)
        },
      },
      stop: decides(({ person }) => ({ kind: 'stopped', by: person.name })),
    },
    async start() {
      watch.start()
    },
  })
}

/** Whose use is meant; a text says why nobody's. */
function scopeOf(call: Call, say: typeof en): BudgetScope | string {
  const named = ['person', 'channel', 'role'].filter((option) => call.options.has(option))
  if (named.length > 1) return say.oneScope
  if (call.options.has('person')) {
    const person = personOf(call, 'person')
    return person === null ? say.oneScope : { kind: 'person', id: person.id }
  }
  if (call.options.has('channel')) {
    const place = placeOf(call, 'channel')
    return place === null || place.kind === 'dm' ? say.noChannel : { kind: 'channel', id: channelOf(place) }
  }
  const role = textOf(call, 'role')
  if (role === null) return { kind: 'everyone' }
  const id = /^(?:<@&)?(\d{5,25})>?$/.exec(role)?.[1]
  return id === undefined ? say.badRole : { kind: 'role', id }
}
