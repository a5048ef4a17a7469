import { tokensOf } from '../../core/chain.ts'
import type { PanelLook } from '../../core/chat.ts'
import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import type { ChainId } from '../../core/ids.ts'
import { letterKey, type Chain, type Letter, type LetterState } from '../../core/letter.ts'
import { textOf } from '../../core/option.ts'
import type { Person } from '../../core/person.ts'
import { refused, toThem } from '../../core/reply.ts'
import type { Session } from '../../core/session.ts'
import { viewOf } from '../../core/view.ts'
import { en, ko, type Trace, type TraceLine } from './words.ts'

type TraceDoors = Pick<Doors, 'gate' | 'vault' | 'journal' | 'letterRules'>

/** `/show-trace`: what agents wrote to each other because of one prompt, as far as the reader can see the places. */
export function trace(doors: TraceDoors): Feature {
  const { gate, vault, letterRules } = doors

  /** The file shows more than stands in the place, so that takes the right there, too. */
  async function mayLook(by: Person, { place }: Session): Promise<boolean> {
    return (await gate.sees(by, place)) && (await gate.judge(by, 'trace', place)).allowed
  }

  async function seen(by: Person, { from, to }: Letter): Promise<boolean> {
    const sessions = await Promise.all([vault.session(from.session), vault.session(to.session)])
    for (const session of sessions) {
      if (session === null || !(await mayLook(by, session))) return false
    }
    return true
  }

  async function traceOf(by: Person, chain: Chain): Promise<{ trace: Trace; letters: readonly Letter[] } | null> {
    const home = await vault.session(chain.session)
    if (home === null || !(await mayLook(by, home))) return null
    const all = await vault.letters.ofChain(chain.id)
    const sight = await Promise.all(all.map((letter) => seen(by, letter)))
    const letters = all.filter((_letter, at) => sight[at])
    const lines = await Promise.all(letters.map((letter) => lineOf(letter, all, doors)))
    const tokens = lines.reduce((sum, line) => sum + (line.tokens ?? 0), 0)
    const { id, speaker, at } = chain
    const hidden = all.length - letters.length
    const trace = {
      id,
      speaker: speaker.name,
      session: home.name,
      at,
      lines,
      hidden,
      tokens,
      budget: letterRules.tokens,
    }
    return { trace, letters }
  }

  return feature({
    name: 'trace',
    rights: { trace: 'member' },
    words: { en, ko },
    commands: {
      'show-trace': {
        right: 'trace',
        hidden: true,
        options: [{ name: 'chain', type: 'text', required: true }],
        async run(call, say) {
          const name = textOf(call, 'chain')?.trim().toUpperCase() ?? null
          if (name === null) return refused(call, { code: 'option-missing', option: 'chain' })
          const chain = await vault.letters.chain(name as ChainId)
          const found = chain === null ? null : await traceOf(call.person, chain)
          if (found === null) return { ...toThem(say.unknown(name)), refused: true } as const
          const text = found.letters.map(fileLine).join('\n\n')
          return { ...toThem(say.trace(found.trace)), card: lookOf(found.letters), file: { name: `${name}.txt`, text } }
        },
      },
    },
  })
}

function lookOf(letters: readonly Letter[]): PanelLook {
  const has = (...states: readonly LetterState[]): boolean => letters.some(({ state }) => states.includes(state))
  return has('asked') ? 'asks' : has('delivered') ? 'work' : has('closed') ? 'done' : 'waiting'
}

async function lineOf(letter: Letter, all: readonly Letter[], { journal }: Pick<Doors, 'journal'>): Promise<TraceLine> {
  const run = await journal.find(letterKey(letter.id))
  const entries = run === null ? [] : await journal.read(run.run)
  const { id, kind, state, from, to, at, consent } = letter
  return {
    depth: depthOf(letter, all),
    id,
    kind,
    state,
    from: from.name,
    to: to.name,
    at,
    tokens: run === null ? null : tokensOf(entries),
    costUsd: viewOf(entries)?.outcome?.usage.costUsd ?? null,
    consent: consent?.by ?? null,
  }
}

/** An answer stands below what it answers. */
function depthOf(letter: Letter, all: readonly Letter[]): number {
  const above = all.find(({ id }) => id === (letter.answers ?? letter.parent))
  return above === undefined || above === letter ? 0 : Math.min(8, depthOf(above, all) + 1)
}

function fileLine({ id, kind, state, from, to, at, hop, text }: Letter): string {
  return `${new Date(at).toISOString()} ${id} ${kind} (${state}), hop ${hop}: ${from.name} -> ${to.name}\n${text}`
}
