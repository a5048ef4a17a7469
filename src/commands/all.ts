import type { Clock } from '../core/clock.ts'
import type { Command } from '../core/command.ts'
import { board } from './board.ts'
import { attach } from './attach.ts'
import { cancel } from './cancel.ts'
import { cd } from './cd.ts'
import { diff } from './diff.ts'
import { health } from './health.ts'
import { permissionList } from './permission-list.ts'
import { permissionSet } from './permission-set.ts'
import { permissionShow } from './permission-show.ts'
import { model } from './model.ts'
import { resume } from './resume.ts'
import { sessionExport } from './session-export.ts'
import { sessionList } from './session-list.ts'
import { sessionStart } from './session-start.ts'
import { sessionStop } from './session-stop.ts'
import { skill } from './skill.ts'
import { steer } from './steer.ts'
import { wait } from './wait.ts'
import { why } from './why.ts'

/** Every slash command of the product. Discord's registration follows from this list. */
export function commands(clock: Clock): readonly Command[] {
  return [
    sessionStart,
    sessionStop,
    sessionList(clock),
    cancel,
    health(clock),
    permissionSet,
    permissionShow,
    permissionList,
    why,
    wait,
    steer,
    skill,
    board,
    sessionExport,
    resume,
    attach,
    diff,
    cd,
    model,
  ]
}
