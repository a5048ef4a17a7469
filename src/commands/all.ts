import type { Clock } from '../core/clock.ts'
import type { Command } from '../core/command.ts'
import { attach } from './attach.ts'
import { cancel } from './cancel.ts'
import { cd } from './cd.ts'
import { diff } from './diff.ts'
import { health } from './health.ts'
import { model } from './model.ts'
import { resume } from './resume.ts'
import { sessionExport } from './session-export.ts'
import { sessionList } from './session-list.ts'
import { sessionStart } from './session-start.ts'
import { sessionStop } from './session-stop.ts'

/** Every slash command of the product. Discord's registration follows from this list. */
export function commands(clock: Clock): readonly Command[] {
  return [
    sessionStart,
    sessionStop,
    sessionList(clock),
    sessionExport,
    cancel,
    resume,
    attach,
    diff,
    cd,
    model,
    health(clock),
  ]
}
