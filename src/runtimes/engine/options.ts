import type { Checkpoint } from '../../core/checkpoint.ts'
import type { Clock } from '../../core/clock.ts'
import type { Ids } from '../../core/ids.ts'
import type { Log } from '../../core/log.ts'
import type { ProcessLimits } from './limits.ts'

/** What an agent engine stands on. */
export interface RuntimeEngineOptions {
  /** Absolute path of the data folder; spools stand in `spools/` below it. */
  readonly dataDir: string
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly checkpoint: Checkpoint
  readonly limits: ProcessLimits
  /** Why only owners may have agents here: boxes are required, and there are none. Null: everybody may. */
  readonly ownersOnly: string | null
}
