import { chmodSync, existsSync, mkdirSync, realpathSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { AgentBoxes } from '../core/agent-box.ts'
import type { Environment } from '../core/command-line.ts'
import { isInPlace, type Confinement, type Mount } from '../core/confinement.ts'
import type { SessionId } from '../core/ids.ts'
import { removeTree } from '../system/remove-tree.ts'
import { hasOthers } from './occupants.ts'
import { leavesOf, viewOf } from './view.ts'
import { workFolderOf } from './work-folder.ts'

export interface AgentBoxesOptions {
  readonly confinement: Confinement
  /** Where the sessions' boxes lie, one folder each; made when it is not there. */
  readonly folder: string
  /** OMC_BOX_PATHS */
  readonly shared: readonly string[]
  /** The allow-listed part of the bot's own environment. */
  readonly own: Environment
}

/** The sessions' boxes on this machine's wall. */
export function agentBoxes({ confinement, folder, shared, own }: AgentBoxesOptions): AgentBoxes {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const home = realpathSync(folder)
  const boxOf = (session: SessionId): string => join(home, session)
  const made = (session: SessionId): string => {
    for (const leaf of Object.values(leavesOf(boxOf(session)))) {
      mkdirSync(leaf, { recursive: true, mode: 0o700 })
      // An agent can close its own folders: they are opened again for the next, who may be another's.
      chmodSync(leaf, 0o700)
    }
    return boxOf(session)
  }
  return {
    level: () => confinement.level(),
    folders: (session) => leavesOf(made(session)),
    wrap(command, { session, access, needs, egress }) {
      const reads = needs.reads.filter((path) => !isSystem(path))
      const view = viewOf({
        box: made(session.id),
        folder: workFolderOf(session),
        access,
        reads: [
          ...[...reads, ...shared.filter((target) => existsSync(target))].map((target): Mount => ({
            source: realpathSync(target),
            target,
            access: 'read',
          })),
          ...(needs.elsewhere ?? []),
        ],
        given: needs.environment,
        own,
        // The data folder may be named by way of a link.
        egress: egress === null ? null : realpathSync(egress),
        sockets: needs.sockets ?? [],
        inPlace: isInPlace(confinement.level()),
      })
      return confinement.wrap(command, view)
    },
    hasOthers,
    remove: (session) => removeTree(boxOf(session)),
    async keepOnly(sessions) {
      const gone = (await readdir(home)).filter((name) => !sessions.has(name as SessionId))
      await Promise.all(gone.map((name) => removeTree(join(home, name))))
    },
  }
}

/** It is in every box. */
function isSystem(path: string): boolean {
  return realpathSync(path).startsWith('/usr/')
}
