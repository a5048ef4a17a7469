import type { Clock } from '../core/clock.ts'
import type { Command } from '../core/command.ts'
import { board } from './board.ts'
import { cancel } from './cancel.ts'
import { health } from './health.ts'
import { sessionList } from './session-list.ts'
import { sessionStart } from './session-start.ts'
import { sessionStop } from './session-stop.ts'
import { skill } from './skill.ts'

/** Every slash command of the product. Discord's registration follows from this list. */
export function commands(clock: Clock): readonly Command[] {
  return [sessionStart, sessionStop, sessionList(clock), cancel, skill, board, health(clock)]
}
