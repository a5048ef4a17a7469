import type { Clock } from '../core/clock.ts'
import type { Feature } from '../core/feature.ts'
import type { Catalogue } from '../core/phrases.ts'
import type { Tier } from '../core/right.ts'
import { attach } from './attach.ts'
import { cancel } from './cancel.ts'
import { cd } from './cd.ts'
import { diff } from './diff.ts'
import { model } from './model.ts'
import { resume } from './resume.ts'
import { sessionExport } from './session-export.ts'
import { sessionList } from './session-list.ts'
import { sessionStart } from './session-start.ts'
import { sessionStop } from './session-stop.ts'
import { steer } from './steer.ts'

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
} as const satisfies Record<string, Tier>

/** The commands that are not yet in a feature of their own. */
export function others(clock: Clock, { en, ko }: Catalogue): Feature {
  const commands = [
    sessionStart,
    sessionStop,
    sessionList(clock),
    cancel,
    steer,
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
      en: { session: en.commands.session.description },
      ko: { session: ko.commands.session.description },
    },
    commands: commands.map(({ words, action, ...command }) => ({
      ...command,
      right: action,
      text: { en: en.commands[words], ko: ko.commands[words] },
    })),
  }
}
