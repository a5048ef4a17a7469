import type { Ask, PlainReaction } from '../core/ask.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import type { Result } from '../core/desk.ts'
import type { Entry } from '../core/event.ts'
import type { Gate } from '../core/gate.ts'
import type { Journal } from '../core/journal.ts'
import type { Person } from '../core/person.ts'
import { hasLess } from '../core/policy.ts'
import { no, yes } from '../core/result.ts'
import { retry, type RetryTools } from '../system/back-off.ts'
import type { Mutex } from '../system/mutex.ts'
import { isTheirs, notYours, overOf } from './approval-refusals.ts'
import { reactTo } from './reaction.ts'
import { stopRun, type StoppingTools } from './stopping.ts'

export interface AnswerAllTools extends RetryTools, StoppingTools {
  readonly gate: Gate
  readonly journal: Journal
  readonly checkpoint: Checkpoint
  /** In which people's answers are taken. */
  readonly order: Mutex
  /** Those of a list as they are now. */
  listed(list: string): Promise<readonly Ask[]>
  /** The files it would run that are not what people were shown; from now on they are. */
  rerun(ask: Ask): Promise<readonly string[]>
  take(entry: Entry): void
}

/** Answers all of a list that are open and that somebody was shown, in one transaction: see `Desk.answerAll`. */
export async function answerAll(
  by: Person,
  list: string,
  last: number,
  reaction: PlainReaction,
  tools: AnswerAllTools,
): Promise<Result<readonly Ask[]>> {
  const { gate, journal, clock, checkpoint, order } = tools
  const [first] = await tools.listed(list)
  if (first === undefined) return no({ code: 'approval-over', why: 'unknown' })
  const { prompt, session, run } = first
  const verdict = await gate.judgeNow(by, 'approval.answer', prompt.place)
  if (reaction.kind === 'approve' && hasLess(await gate.speakerNow(prompt, session), prompt.tier)) {
    await stopRun(run, null, tools)
    return no({ code: 'approval-over', why: 'stopped' })
  }
  return order.run(async () => {
    const shown = (await tools.listed(list)).filter(({ listed }) => (listed?.at ?? 0) <= last)
    const open = shown.filter(({ fate }) => fate.kind === 'open')
    const others = open.filter((ask) => !isTheirs(ask, by, verdict))
    const [one] = others
    if (open.length === 0) {
      // A second try, after a death perhaps.
      const isOurs = shown.some(({ fate }) => fate.kind === 'answered' && fate.by === by.name)
      return isOurs ? yes(await tools.listed(list)) : no(overOf(shown.at(-1)?.fate))
    }
    if (one !== undefined && others.length === open.length) return no(notYours(one))
    if (one !== undefined) return no({ code: 'approvals-not-all-yours', count: others.length, of: open.length })
    if (reaction.kind === 'approve') {
      const changed = (await Promise.all(open.map((ask) => tools.rerun(ask)))).flat()
      if (changed.length > 0) return no({ code: 'approval-changed', files: [...new Set(changed)] })
    }
    const events = open.flatMap((ask) => {
      const outcome = reactTo(ask, reaction, by.name)
      return outcome.kind === 'decided'
        ? ({ type: 'answered', approval: ask.approval.id, decision: outcome.decision, by: by.name } as const)
        : []
    })
    const entries = await retry(tools, 'answer', () => journal.append(run, events, clock.now()))
    checkpoint('approval-answered')
    for (const entry of entries) tools.take(entry)
    return yes(await tools.listed(list))
  })
}
