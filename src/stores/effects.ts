import type { Transaction } from 'kysely'
import type { Effect } from '../core/effect.ts'
import { Problem } from '../core/failure.ts'
import type { Chain, Letter } from '../core/letter.ts'
import { closeAsk, openAsk, raise } from './budgets.ts'
import { moveSession } from './accounts.ts'
import { addNote, keepPanel } from './postings.ts'
import type { Tables } from './schema.ts'
import { keepScratchpadNote } from './scratchpads.ts'
import { keepTask } from './tasks.ts'

/** Something was no longer in the state that was to be changed: nothing of it may be kept. */
export class StaleEffect extends Problem {
  constructor(what: string) {
    super('bug', `${what} is in another state by now.`)
    this.name = 'StaleEffect'
  }
}

/** Keeps what belongs together, in one transaction. @throws {StaleEffect} */
export async function keepEffects(trx: Transaction<Tables>, effects: readonly Effect[]): Promise<void> {
  for (const effect of effects) await keepEffect(trx, effect)
}

async function keepEffect(trx: Transaction<Tables>, effect: Effect): Promise<unknown> {
  switch (effect.kind) {
    case 'note':
      return addNote(trx, effect.note, '')
    case 'panel':
      return keepPanel(trx, effect.panel)
    case 'chain':
      return trx.insertInto('omc_chains').values(chainRow(effect.chain)).execute()
    case 'scratchpad': {
      const { scope, note } = effect
      if (!(await keepScratchpadNote(trx, scope, note))) throw new StaleEffect(`The note ${note.key}`)
      return
    }
    case 'task': {
      if (!(await keepTask(trx, effect.task))) throw new StaleEffect(`The task ${effect.task.chain}`)
      return
    }
    case 'session-account': {
      if (await moveSession(trx, effect)) return
      throw new StaleEffect(`The session ${effect.session}`)
    }
    case 'letter':
      return trx.insertInto('letters').values(letterRow(effect.letter)).execute()
    case 'budget-ask': {
      if (await openAsk(trx, effect.ask)) return
      throw new StaleEffect(`The question ${effect.ask.token} about a budget`)
    }
    case 'budget-raise':
      return raise(trx, effect.budget, effect.period, effect.to)
    case 'budget-answered': {
      if (await closeAsk(trx, effect.token)) return
      throw new StaleEffect(`The question ${effect.token} about a budget`)
    }
    case 'letter-state': {
      const { letter, was, now, consent } = effect
      const set = { state: now, ...(consent === undefined ? {} : { consent: JSON.stringify(consent) }) }
      const changed = trx.updateTable('letters').set(set).where('id', '=', letter).where('state', '=', was)
      if ((await changed.returning('id').execute()).length === 0) throw new StaleEffect(`The letter ${letter}`)
    }
  }
}

function chainRow(chain: Chain) {
  return { id: chain.id, run: chain.run, at: chain.at, body: JSON.stringify(chain) }
}

function letterRow(letter: Letter) {
  const { id, chain, kind, state, from, to, at, consent } = letter
  return {
    id,
    chain,
    kind,
    state,
    from_session: from.session,
    to_session: to.session,
    at,
    consent: consent === null ? null : JSON.stringify(consent),
    body: JSON.stringify(letter),
  }
}
