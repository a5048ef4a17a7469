import { realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Confinement, View } from '../core/confinement.ts'
import { insideBox } from '../core/egress.ts'
import { Problem } from '../core/failure.ts'
import { admit, objectionTo, type OffLimits } from './admission.ts'
import { seatbeltProfile } from './seatbelt-profile.ts'

export interface SeatbeltOptions {
  /** Absolute path of `sandbox-exec`. */
  readonly program: string
  readonly offLimits: OffLimits
  /** A path as the disk spells it: most disks of a Mac tell neither case nor Unicode forms apart. */
  readonly onDisk?: (path: string) => string
}

/**
 * The box on macOS, by its kernel's own sandbox. There are no mounts: what is seen lies where it lies, and a view that wants
 * something elsewhere is refused. There is one list of processes and one network, from which only the socket is allowed.
 */
export function seatbelt({ program, offLimits, onDisk = realpathSync.native }: SeatbeltOptions): Confinement {
  return {
    level: () => ({ boxed: true, inPlace: true }),
    wrap({ file, args }, asked) {
      admit(asked, offLimits)
      const view = spelled(asked, onDisk)
      const objection = objectionTo(view, {
        program: onDisk(offLimits.program),
        data: onDisk(offLimits.data),
        settings: offLimits.settings,
        home: offLimits.home === null ? null : onDisk(offLimits.home),
      })
      if (objection !== null) throw new Problem('refused', objection)
      const { text, paths } = seatbeltProfile(view, view.egress && join(view.egress, basename(insideBox.socket)))
      const named = Object.entries(paths).map(([name, path]) => `-D${name}=${path}`)
      return {
        file: program,
        args: ['-p', text, ...named, '--', file, ...args],
        cwd: view.cwd,
        env: { ...view.environment, HOME: view.home.at },
      }
    },
  }
}

/** The view by the disk's own names. @throws {Problem} for what only a mount could show. */
function spelled(view: View, onDisk: (path: string) => string): View {
  const { mounts, home, egress } = view
  const elsewhere = mounts.find(
    ({ source, target = source }) => target !== source && leadsTo(target, onDisk) !== onDisk(source),
  )
  const apart = elsewhere?.target ?? (home.at === home.folder ? undefined : home.at)
  if (apart !== undefined)
    throw new Problem('refused', `A box of macOS shows everything where it lies, so nothing can be put at ${apart}.`)
  return {
    ...view,
    mounts: mounts.map(({ source, target = source, access }) => {
      const real = onDisk(source)
      return target === source ? { source: real, access } : { source: real, target, access }
    }),
    home: { at: onDisk(home.folder), folder: onDisk(home.folder) },
    cwd: leadsTo(view.cwd, onDisk) ?? view.cwd,
    egress: egress === null ? null : onDisk(egress),
  }
}

/** Null: nothing is there. */
function leadsTo(path: string, onDisk: (path: string) => string): string | null {
  try {
    return onDisk(path)
  } catch {
    return null
  }
}
