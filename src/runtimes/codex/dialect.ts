import { Problem } from '../../core/failure.ts'
import type { RunEvent } from '../../core/event.ts'
import type { ApprovalId, Ids } from '../../core/ids.ts'
import type { Dialect } from '../dialect.ts'
import { replyTo } from './ask.ts'
import { meaningOf, type CodexState } from './meaning.ts'
import { reasonLine, stopLines } from './request.ts'
import type { Seat } from './seat.ts'
import { codexName } from './server.ts'

/**
 * One turn's language: reading, answering, stopping. Starting and handing over need answers before they can go on, so
 * they are the runtime's (`codex.ts`) and never asked of this one. `seatOf`: where the turn's session sits.
 */
export function dialectOf(ids: Ids, seatOf: () => Seat | null): Dialect<CodexState> {
  const answered = new Set<ApprovalId>()
  const notHere = (): never => {
    throw new Problem('bug', 'A Codex turn is handed over by the runtime itself.')
  }
  return {
    name: codexName,
    title: 'Codex CLI',
    check: () => Promise.resolve([]),
    models: () => Promise.resolve([]),
    steer: () => null,
    launch: notHere,
    greeting: notHere,
    prompt: notHere,
    begin: notHere,
    farewell: [],
    stop: () => {
      const seat = seatOf()
      if (seat === null || seat.thread === null || seat.turn === null) return []
      seat.isStopping = true
      return stopLines(seat.thread, seat.turn)
    },
    answer: (state, approval, decision) => {
      const ask = state.open.has(approval) && !answered.has(approval) ? state.asks.get(approval) : undefined
      if (ask === undefined) return null
      answered.add(approval)
      const reply = replyTo(ask, decision)
      if (decision.verdict !== 'deny' || decision.reason === '' || state.thread === null || state.turn === null)
        return reply
      // The reason first, so that it lies ready when the agent is told that it was refused.
      return [reasonLine(ids.next(), state.thread, state.turn, decision.reason), reply].join('\n')
    },
    read: (state, text) => {
      const reading = meaningOf(state, text)
      const seat = seatOf()
      if (seat !== null && reading.state.turn !== null) seat.turn = reading.state.turn
      // What we have answered, and what was stopped, is over on record already.
      const isTold = (event: RunEvent): boolean =>
        event.type !== 'withdrawn' || (seat?.isStopping !== true && !answered.has(event.approval))
      return { ...reading, events: reading.events.filter(isTold) }
    },
  }
}
