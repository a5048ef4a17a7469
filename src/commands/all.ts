import type { Clock } from '../core/clock.ts'
import type { Feature } from '../core/feature.ts'
import type { Catalogue } from '../core/phrases.ts'
import type { Tier } from '../core/right.ts'
import { board } from './board.ts'
import { attach } from './attach.ts'
import { cancel } from './cancel.ts'
import { cd } from './cd.ts'
import { diff } from './diff.ts'
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

const rights = {
  prompt: 'guest',
  'session.start': 'member',
  'session.stop': 'member',
  'session.list': 'member',
  'session.change': 'member',
  'session.attach': 'member',
  'session.resume': 'member',
  'session.export': 'member',
  'session.trust': 'owner',
  'run.stop': 'member',
  'run.stop-own': 'guest',
  'run.steer': 'member',
  'approval.answer': 'guest',
  diff: 'member',
  skill: 'member',
  wait: 'member',
  board: 'member',
  why: 'member',
  'permission.set': 'owner',
  'permission.show': 'member',
  'permission.list': 'owner',
} as const satisfies Record<string, Tier>

/** The commands that are not yet in a feature of their own. */
export function others(clock: Clock, { en, ko }: Catalogue, actions: () => readonly string[]): Feature {
  const commands = [
    sessionStart,
    sessionStop,
    sessionList(clock),
    cancel,
    permissionSet,
    permissionShow,
    permissionList,
    why(actions),
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
  return {
    name: 'others',
    rights,
    deeds: { en: en.deeds, ko: ko.deeds },
    groups: {
      en: { session: en.commands.session.description, permission: en.commands.permission.description },
      ko: { session: ko.commands.session.description, permission: ko.commands.permission.description },
    },
    commands: commands.map(({ words, action, ...command }) => ({
      ...command,
      right: action,
      text: { en: en.commands[words], ko: ko.commands[words] },
    })),
  }
}
