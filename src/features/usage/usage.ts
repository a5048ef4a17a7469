import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import { textOf } from '../../core/option.ts'
import { costOf, type Prices } from '../../core/price.ts'
import { toThem } from '../../core/reply.ts'
import { allTokens, dayOf, type LedgerLine } from '../../core/spending.ts'
import { listPrices } from './prices.ts'
import { en, ko, type UsageKey, type UsageSum } from './words.ts'

const keys: readonly UsageKey[] = ['person', 'channel', 'model', 'day']
const days: readonly number[] = [1, 7, 30]
const dayMs = 86_400_000

/** `/usage`: what the accounts know of their quotas, and what was used. Others' sums are an owner's to see. */
export function usage(doors: Pick<Doors, 'vault' | 'gate' | 'clock' | 'prices'>): Feature {
  const { vault, gate, clock } = doors
  const prices = { ...listPrices, ...doors.prices }
  return feature({
    name: 'usage',
    rights: { usage: 'member', 'usage.all': 'owner' },
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
          const accounts = (await vault.accounts.all()).map((account) => call.say.account(account, now))
          return toThem(say.usage({ accounts, sums: sumsBy(by, seen, prices), by, span, all }))
        },
      },
    },
  })
}

/** The sums, largest first; days in their order. */
function sumsBy(by: UsageKey, lines: readonly LedgerLine[], prices: Prices): readonly UsageSum[] {
  const sums = new Map<string, UsageSum>()
  for (const line of lines) {
    const name = by === 'model' ? (line.model ?? '') : line[by]
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
