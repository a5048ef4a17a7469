import { accessSync, constants, mkdirSync, realpathSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Confinement } from '../core/confinement.ts'
import type { OffLimits } from './admission.ts'
import { bubblewrap } from './bubblewrap.ts'
import { none } from './none.ts'
import { hindrance, reasonOf, tryOut } from './probe.ts'

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
}

/** The wall that this machine can make, tried out once. */
export function confinement({ wanted, path, platform, uid, folder, offLimits }: ConfinementOptions): Confinement {
  if (wanted === 'off') return none('It is switched off (OMC_BOX=off).')
  const [bwrap, socat] = [find('bwrap', path), find('socat', path)]
  const hindered = hindrance(platform, uid, { bwrap, socat })
  if (hindered !== null || bwrap === null || socat === null) return none(hindered ?? '')
  const home = join(folder, 'trial')
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const box = bubblewrap({ programs: { bwrap, socat }, folder: realpathSync(folder), offLimits })
  const view = { mounts: [], cwd: '/home/agent', home: { at: '/home/agent', folder: realpathSync(home) } }
  const nothing = { file: 'true', args: [], cwd: '/', env: {} }
  const reason = reasonOf(tryOut(box.wrap(nothing, { ...view, environment: { PATH: '/usr/bin:/bin' }, egress: null })))
  return reason === null ? box : none(reason)
}

function find(name: string, path: string): string | null {
  const files = path.split(delimiter).map((folder) => join(folder, name))
  return files.find((file) => isAbsolute(file) && isExecutable(file)) ?? null
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
