import type { Doors } from '../core/doors.ts'
import type { Feature } from '../core/feature.ts'
import { board } from './board/board.ts'
import { health } from './health/health.ts'
import { permissions } from './permissions/permissions.ts'
import { queue } from './queue/queue.ts'
import { skills } from './skills/skills.ts'

/** Everything people can do. */
export function features(doors: Doors): readonly Feature[] {
  return [skills(doors), queue(doors), board(doors), permissions(doors), health(doors)]
}
