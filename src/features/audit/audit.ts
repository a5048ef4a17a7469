import type { Doors } from '../../core/doors.ts'
import type { EpochMs } from '../../core/clock.ts'
import { feature, type Feature } from '../../core/feature.ts'
import type { Seq } from '../../core/ids.ts'
import { textOf } from '../../core/option.ts'
import type { Person } from '../../core/person.ts'
import { toThem } from '../../core/reply.ts'
import { seenGrants } from '../../core/seen-grants.ts'
import { hashChain } from '../../system/hash-chain.ts'
import { records, type AuditRecord } from './records.ts'
import { en, ko } from './words.ts'

const dayMs = 86_400_000
const spans: readonly string[] = ['1', '7', '30', '90', '365']
/** So many entries of the journal are read in one go. */
const atOnce = 500
/** Discord takes files of 10 MiB. */
const mostBytes = 7 * 1024 * 1024

type AuditDoors = Pick<Doors, 'journal' | 'vault' | 'gate' | 'scan' | 'clock' | 'audit'>

/** `/audit export`: who asked, consented, stopped and gave rights, as a file whose lines hang together by their hashes. */
export function audit(doors: AuditDoors): Feature {
  return feature({
    name: 'audit',
    rights: { 'audit.export': 'owner everywhere' },
    words: { en, ko },
    commands: {
      'audit export': {
        right: 'audit.export',
        hidden: true,
        options: [
          {
            name: 'days',
            type: 'text',
            required: false,
            choices: () => spans.map((value) => ({ name: value, value })),
          },
        ],
        async run(call, say) {
          const { person, key } = call
          const days = Number(spans.find((each) => each === textOf(call, 'days')) ?? '30')
          const to = doors.clock.now()
          const from = to - days * dayMs
          const { kept, hidden, cut } = await read(person, from, doors)
          const head = { record: 'head', from, to, by: { id: person.id, name: person.name }, hidden, cut }
          const { text, last } = hashChain([head, ...kept])
          const lines = kept.length
          await doors.audit(`audit:${key}`, (locale) => (locale === 'ko' ? ko : en).audited(person.name, lines, last))
          return {
            ...toThem(say.exported({ days, lines, hidden, cut, last })),
            file: { name: `audit-${days}-days.jsonl`, text },
          }
        },
      },
    },
  })
}

interface Read {
  readonly kept: readonly AuditRecord[]
  /** Left out: they are about places that the reader does not see. */
  readonly hidden: number
  /** There was more than a file takes: these are the latest. */
  readonly cut: boolean
}

async function read(person: Person, from: EpochMs, { journal, vault, gate, scan }: AuditDoors): Promise<Read> {
  const make = records({ vault, journal, scan })
  const grants = await seenGrants(
    person,
    (await vault.grants.all()).filter(({ at }) => at >= from),
    gate,
  )
  const letIn = await branchesLetIn(person, from, { vault, gate })
  const kept: AuditRecord[] = [...grants.seen.map((grant) => ({ record: 'grant', ...grant })), ...letIn.kept]
  let hidden = grants.hidden + letIn.hidden
  let size = 0
  let cut = false
  const sizes: number[] = kept.map(() => 0)
  for (let position = await positionAt(from, journal); ;) {
    const entries = await journal.after(position, atOnce)
    for (const entry of entries) {
      position = entry.seq
      const made = await make(entry)
      if (made === null || entry.at < from) continue
      if (!(await gate.sees(person, made.place))) {
        hidden++
        continue
      }
      kept.push(made.record)
      sizes.push(JSON.stringify(made.record).length + 200)
      size += sizes.at(-1) ?? 0
      for (; size > mostBytes; cut = true) {
        size -= sizes.shift() ?? 0
        kept.shift()
      }
    }
    if (entries.length < atOnce) return { kept, hidden, cut }
  }
}

/** Who has let in which commits to files that others obey. */
async function branchesLetIn(
  person: Person,
  from: EpochMs,
  { vault, gate }: Pick<AuditDoors, 'vault' | 'gate'>,
): Promise<{ readonly kept: readonly AuditRecord[]; readonly hidden: number }> {
  const consents = await vault.branchConsents.since(from)
  const kept: AuditRecord[] = []
  for (const { session: id, commit, by, at, paths } of consents) {
    const session = await vault.session(id)
    if (session === null || !(await gate.sees(person, session.place))) continue
    kept.push({ record: 'let-in', at, by, session: session.name, place: session.place.id, commit, paths })
  }
  return { kept, hidden: consents.length - kept.length }
}

/** Where in the journal that moment is, or a little before it. */
async function positionAt(from: EpochMs, journal: Doors['journal']): Promise<Seq> {
  let [low, high] = [0, await journal.position()]
  while (high - low > atOnce) {
    const middle = Math.floor((low + high) / 2)
    const [entry] = await journal.after(middle, 1)
    if (entry !== undefined && entry.at < from) low = middle
    else high = middle
  }
  return low
}
