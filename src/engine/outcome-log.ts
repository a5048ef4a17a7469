import type { Clock, EpochMs } from '../core/clock.ts'
import type { Outcome } from '../core/event.ts'
import type { RunId } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import { BoundedMap } from '../system/bounded-map.ts'
import type { EventBus } from './bus.ts'

export interface OutcomeTools {
  readonly bus: Pick<EventBus, 'subscribe'>
  readonly clock: Clock
  readonly log: Log
}

/** What is remembered of a run until its end, for the line about that. */
interface Known {
  readonly by: string
  readonly place: string
  readonly askedAt: EpochMs
}

/** So many may be open at once before the oldest are named without their speaker. */
const remembered = 2000

/** Writes into the log what becomes of every run, and why. Nothing that people or agents said is in it. */
export function logOutcomes({ bus, clock, log }: OutcomeTools): void {
  const known = new BoundedMap<RunId, Known>(remembered)
  bus.subscribe(({ run, event }) => {
    const about = { run, ...known.get(run) }
    switch (event.type) {
      case 'asked': {
        const { speaker, place, askedAt, session } = event.prompt
        known.set(run, { by: speaker.id, place: place.id, askedAt })
        return log.info({ run, by: speaker.id, place: place.id, session }, 'run.asked')
      }
      case 'started':
        return log.info({ run, pid: event.pid, warm: event.warm }, 'run.started')
      case 'refused':
        return log.info({ ...lasted(about, clock), why: event.refusal.code }, 'run.refused')
      case 'lost':
      case 'forgotten':
        return log.warn({ run, detail: event.detail }, `run.${event.type}`)
      case 'stopped':
        return log.info({ run, by: event.by }, 'run.stopping')
      case 'finished':
        return finished(lasted(about, clock), event.outcome, log)
      default:
        return undefined
    }
  })
}

function finished(about: object, outcome: Outcome, log: Log): void {
  const { inputTokens, outputTokens, costUsd } = outcome.usage
  const fields = { ...about, outcome: outcome.kind, inputTokens, outputTokens, costUsd }
  if (outcome.kind !== 'failed') return log.info(fields, 'run.finished')
  const { code, ...more } = outcome.trouble
  log.warn({ ...fields, why: code, ...more }, 'run.finished')
}

function lasted({ askedAt, ...about }: { readonly run: RunId; readonly askedAt?: EpochMs }, clock: Clock): object {
  return askedAt === undefined ? about : { ...about, ms: Math.max(0, clock.now() - askedAt) }
}
