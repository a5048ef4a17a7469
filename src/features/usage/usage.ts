import { amountOf, endOf } from '../../core/budget.ts'
import type { EpochMs } from '../../core/clock.ts'
import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import { money, short } from '../../core/figures.ts'
import { forecastsOf, spendForecast } from '../../core/forecast.ts'
import { channelOf } from '../../core/place.ts'
import { textOf } from '../../core/option.ts'
import { costOf, type Prices } from '../../core/price.ts'
import { seenPlaces } from '../../core/seen-places.ts'
import type { PlaceId } from '../../core/ids.ts'
import { toThem } from '../../core/reply.ts'
import { placedSlots } from '../../core/account-places.ts'
import { configured, type AccountState, type WindowPart } from '../../core/account.ts'
import { allTokens, dayOf, type LedgerLine } from '../../core/spending.ts'
import { chartOf } from './chart.ts'
import { en, ko, type UsageKey, type UsageSum } from './words.ts'

const keys: readonly UsageKey[] = ['person', 'channel', 'model', 'day']
const days: readonly number[] = [1, 7, 30]
const dayMs = 86_400_000

/** `/usage`: what the accounts know of their quotas, and what was used. Others' sums are an owner's to see. */
export function usage(doors: Pick<Doors, 'vault' | 'gate' | 'clock' | 'prices' | 'accounts' | 'agentsHere'>): Feature {
  const { vault, gate, clock, prices } = doors
  const accountsNow = async (): Promise<readonly AccountState[]> =>
    configured(await vault.accounts.all(), placedSlots(doors.accounts, await vault.machines.all(), doors.agentsHere))
  return feature({
    name: 'usage',
    rights: { usage: 'member', 'usage.all': 'owner everywhere' },
    words: { en, ko },
    commands: {
      usage: {
        right: 'usage',
        hidden: true,
        options: [
          { name: 'by', type: 'text', required: false, choices: () => keys.map((value) => ({ name: value, value })) },
          {
            name: 'days',
            type: 'text',
            required: false,
            choices: () => days.map((count) => ({ name: String(count), value: String(count) })),
          },
        ],
        async run(call, say) {
          const by = keys.find((key) => key === textOf(call, 'by')) ?? 'model'
          const span = days.find((count) => String(count) === textOf(call, 'days')) ?? 1
          const now = clock.now()
          const all = (await gate.judge(call.person, 'usage.all', call.place)).allowed
          const lines = await vault.ledger.since(dayOf(now - (span - 1) * dayMs))
          const seen = all ? lines : lines.filter(({ person }) => person === call.person.id)
          const parts = await vault.accounts.parts(call.person.id, now)
          const accounts = (await accountsNow()).flatMap((account) => [
            call.say.account(account, now),
            ...partsIn(account, parts, now).map((part) => say.part(part, call.say.quota({ ...account, ...part }))),
          ])
          const places =
            by === 'channel'
              ? await seenPlaces(
                  call.person,
                  seen.map(({ channel }) => channel),
                  gate,
                )
              : null
          const sums = sumsBy(by, seen, prices, places)
          const reply = toThem(say.usage({ accounts, sums, by, span, all }))
          if (sums.length < 2) return reply
          return { ...reply, picture: { name: `usage-by-${by}.png`, png: drawn(by, sums), says: say.picture(by) } }
        },
      },
      forecast: {
        right: 'usage',
        hidden: true,
        options: [],
        async run(call, say) {
          const now = clock.now()
          const all = (await gate.judge(call.person, 'usage.all', call.place)).allowed
          const first = `${dayOf(now).slice(0, 7)}-01`
          const lines = await vault.ledger.since(first)
          const seen = all ? lines : lines.filter(({ person }) => person === call.person.id)
          const { spent } = amountOf('usd', seen, prices)
          const { id: person, roles } = call.person
          const standings = await vault.budgets.for({ person, roles, channel: channelOf(call.place) }, now)
          return toThem(
            say.forecast({
              windows: (await accountsNow()).flatMap((account) =>
                forecastsOf(account, now).map((each) => {
                  const { runtime } = account
                  return { ...each, title: call.say.quota({ runtime, window: each.window }) }
                }),
              ),
              month: { spent, forecast: spendForecast(spent, null, [Date.parse(first), endOf('month', now)], now) },
              limits: standings.map((standing) => {
                const { span } = standing.budget
                const begin = Date.parse(span === 'month' ? first : dayOf(now))
                return {
                  standing,
                  forecast: spendForecast(standing.spent, standing.limit, [begin, endOf(span, now)], now),
                }
              }),
              all,
            }),
          )
        },
      },
    },
  })
}

/** Where nobody shares a window there is nothing to say of parts. */
function partsIn(
  { runtime, account: name }: AccountState,
  parts: readonly WindowPart[],
  now: EpochMs,
): readonly WindowPart[] {
  return parts
    .filter(({ account, people }) => people > 1 && account.runtime === runtime && account.account === name)
    .map((part) => ({ ...part, until: part.until !== null && part.until > now ? part.until : null }))
}

/** So many bars have room to be told apart. */
const barsUpTo = 31

function drawn(by: UsageKey, sums: readonly UsageSum[]): Uint8Array {
  // Where something has no price, only tokens can be compared.
  const isMoney = sums.every(({ unpriced }) => unpriced === 0)
  const bars = sums.slice(0, barsUpTo).map(({ name, tokens, costUsd }, at) => ({
    label: by === 'day' ? String(Number(name.slice(8))) : String(at + 1),
    value: isMoney ? (costUsd ?? 0) : tokens,
  }))
  return chartOf(bars, (value) => (isMoney ? money(value) : short(value)))
}

/** The sums, largest first; days in their order. Of places that are not among `places`, there is one sum without a name. */
function sumsBy(
  by: UsageKey,
  lines: readonly LedgerLine[],
  prices: Prices,
  places: ReadonlySet<PlaceId> | null,
): readonly UsageSum[] {
  const sums = new Map<string, UsageSum>()
  for (const line of lines) {
    const isHidden = places !== null && !places.has(line.channel)
    const name = isHidden ? '' : by === 'model' ? (line.model ?? '') : line[by]
    const before = sums.get(name) ?? { name, tokens: 0, costUsd: null, unpriced: 0, estimated: 0 }
    const tokens = allTokens(line.tokens)
    const cost = costOf(line, prices)
    sums.set(name, {
      name,
      tokens: before.tokens + tokens,
      costUsd: cost === null ? before.costUsd : (before.costUsd ?? 0) + cost,
      unpriced: before.unpriced + (cost === null ? tokens : 0),
      estimated: before.estimated + (line.estimated ? tokens : 0),
    })
  }
  const all = [...sums.values()]
  if (by === 'day') return all.sort((a, b) => a.name.localeCompare(b.name))
  return all.sort((a, b) => (b.costUsd ?? 0) - (a.costUsd ?? 0) || b.tokens - a.tokens)
}
