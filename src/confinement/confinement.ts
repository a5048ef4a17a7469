import { mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { Confinement } from '../core/confinement.ts'
import { findProgram } from '../system/find-program.ts'
import type { OffLimits } from './admission.ts'
import { bubblewrap } from './bubblewrap.ts'
import type { BoxLimits } from './limits.ts'
import { none } from './none.ts'
import { hindrance, reasonOf, tryOut } from './probe.ts'
import { seatbelt } from './seatbelt.ts'
import { seatbeltHole } from './seatbelt-trial.ts'

export interface ConfinementOptions {
  /** `off`: nothing is boxed, knowingly. */
  readonly wanted: 'required' | 'try' | 'off'
  /** The bot's own PATH. */
  readonly path: string
  readonly platform: NodeJS.Platform
  /** Undefined where the system has no such thing. */
  readonly uid: number | undefined
  /** A folder of its own, made when it is not there. */
  readonly folder: string
  readonly offLimits: OffLimits
  readonly limits: BoxLimits
}

/** The wall that this machine can make, tried out once. */
export function confinement(options: ConfinementOptions): Confinement {
  if (options.wanted === 'off') return none('It is switched off (OMC_BOX=off).')
  return options.platform === 'darwin' ? onMac(options) : onLinux(options)
}

function onLinux({ path, platform, uid, folder, offLimits, limits }: ConfinementOptions): Confinement {
  const [bwrap, socat] = [findProgram('bwrap', null, path), findProgram('socat', null, path)]
  const hindered = hindrance(platform, uid, { bubblewrap: bwrap, socat })
  if (hindered !== null || bwrap === null || socat === null) return none(hindered ?? '')
  const home = join(folder, 'trial')
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const box = bubblewrap({ programs: { bwrap, socat }, folder: realpathSync(folder), offLimits, limits })
  const view = { mounts: [], cwd: '/home/agent', home: { at: '/home/agent', folder: realpathSync(home) } }
  const nothing = { file: 'true', args: [], cwd: '/', env: {} }
  const reason = reasonOf(tryOut(box.wrap(nothing, { ...view, environment: { PATH: '/usr/bin:/bin' }, egress: null })))
  return reason === null ? box : none(reason)
}

/** Whoever asks for it has it: it must not come over those who have done without by an update. */
function onMac({ wanted, path, platform, uid, folder, offLimits }: ConfinementOptions): Confinement {
  const program = findProgram('sandbox-exec', null, path)
  const hindered = hindrance(platform, uid, { 'sandbox-exec': program })
  if (hindered !== null || program === null) return none(hindered ?? '')
  if (wanted !== 'required')
    return none(
      'The box of macOS was made without a Mac to try it on, so it is there only where OMC_BOX=required asks for it.',
    )
  const box = seatbelt({ program, offLimits })
  const reason = seatbeltHole(box, join(folder, 'trial'))
  return reason === null ? box : none(reason)
}
