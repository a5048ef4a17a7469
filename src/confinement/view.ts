import { basename, delimiter, join, sep } from 'node:path'
import type { Environment } from '../core/command-line.ts'
import type { Mount, View } from '../core/confinement.ts'
import { insideBox, proxyVariables } from '../core/egress.ts'
import type { WorkFolder } from './work-folder.ts'

/** All that a view is made from. Absolute, real paths. */
export interface Circumstances {
  /** The session's own folder in the data folder; below it lie the leaf folders that are mounted. */
  readonly box: string
  readonly folder: WorkFolder
  /** What may be done to the session's folder. */
  readonly access: 'read' | 'write'
  /** The CLI's program and what the operator lets every box read (OMC_BOX_PATHS), each at the path that was named. */
  readonly reads: readonly Mount[]
  /** Variables that the CLI wants. */
  readonly given: Environment
  /** The allow-listed part of the bot's own environment. */
  readonly own: Environment
  readonly egress: string | null
  /** See `AgentNeeds.sockets`. */
  readonly sockets: readonly string[]
  /** See `Level`. */
  readonly inPlace: boolean
}

/** The leaf folders of a session's box, by what they are. */
export function leavesOf(box: string) {
  return {
    state: `${box}/state`,
    files: `${box}/files`,
    told: `${box}/told`,
    identity: `${box}/identity`,
    rules: `${box}/rules`,
    home: `${box}/home`,
    tmp: `${box}/tmp`,
    // What somebody who may only look leaves at home must not be obeyed in the turns of others.
    guestHome: `${box}/guest-home`,
    guestTmp: `${box}/guest-tmp`,
  }
}

/** What an agent of a session sees: one pure function, by allow-list. What is not said here is not there. */
export function viewOf(circumstances: Circumstances): View {
  const { box, folder, access, reads, given, own, inPlace } = circumstances
  const leaves = leavesOf(box)
  const mounts = withoutDoubles([
    ...mountsOf(folder, access),
    { source: leaves.state, access: 'write' },
    { source: leaves.files, access: 'read' },
    { source: leaves.identity, access: 'read' },
    ...reads,
  ])
  const [home, tmp] = access === 'write' ? [leaves.home, leaves.tmp] : [leaves.guestHome, leaves.guestTmp]
  const common = {
    ...about(own),
    PATH: pathIn(own['PATH'] ?? '', mounts, inPlace),
    ...toolchainVariables(reads),
    ...wayOutVariables(circumstances),
  }
  if (inPlace)
    return {
      mounts: [...mounts, { source: tmp, access: 'write' }],
      cwd: folder.cwd,
      home: { at: home, folder: home },
      environment: { ...common, TMPDIR: tmp, ...given },
      egress: circumstances.egress,
    }
  const at = mounts.some((mount) => isWithin(targetOf(mount), usualHome)) ? otherHome : usualHome
  // Nothing may be mounted below what a box keeps; where something has to be, /tmp is new with every process.
  const keepsTmp = !mounts.some((mount) => isWithin(targetOf(mount), '/tmp'))
  return {
    mounts: keepsTmp ? [...mounts, { source: tmp, target: '/tmp', access: 'write' }] : mounts,
    cwd: folder.cwd,
    home: { at, folder: home },
    environment: { ...common, ...given },
    egress: circumstances.egress,
  }
}

/** How the way out is found: its socket by whoever knows sockets, and the forwarder where the box has a network of its own. */
function wayOutVariables({ egress, sockets, inPlace }: Circumstances): Environment {
  if (egress === null) return {}
  const socket = inPlace ? join(egress, basename(insideBox.socket)) : insideBox.socket
  return { ...(inPlace ? {} : proxyVariables), ...Object.fromEntries(sockets.map((name) => [name, socket])) }
}

const usualHome = '/home/agent'
const otherHome = '/home/agent-of-the-bot'

function mountsOf(folder: WorkFolder, access: Mount['access']): readonly Mount[] {
  switch (folder.kind) {
    case 'plain':
      return [{ source: folder.cwd, access }]
    case 'part':
      // git has to see the whole working tree, or it takes the rest for deleted.
      return [
        { source: folder.top, access: 'read' },
        { source: folder.store, access },
        { source: folder.cwd, access },
      ]
    case 'clone':
      return [{ source: folder.top, access }, ...folder.stores.map((source): Mount => ({ source, access: 'read' }))]
    case 'worktree':
      return [
        { source: folder.top, access },
        { source: folder.store, access },
      ]
  }
}

/** The same path twice is mounted once, and may be written if either says so. */
function withoutDoubles(mounts: readonly Mount[]): readonly Mount[] {
  const byTarget = new Map<string, Mount>()
  for (const mount of mounts)
    if (byTarget.get(targetOf(mount))?.access !== 'write') byTarget.set(targetOf(mount), mount)
  const all = [...byTarget.values()]
  // What lies in a folder that is mounted anyway needs no mount, and below one that may be written must have none.
  return all.filter(
    (mount) =>
      !all.some(
        (other) =>
          other !== mount &&
          isWithin(targetOf(mount), targetOf(other)) &&
          (other.access === 'write' || mount.access === 'read'),
      ),
  )
}

/** Of the bot's own variables those that say nothing about the machine's places. */
function about(own: Environment): Environment {
  const names = Object.keys(own).filter((name) => /^(LANG|LANGUAGE|TERM|TZ)$|^LC_/.test(name))
  return {
    ...Object.fromEntries(names.map((name) => [name, own[name] ?? ''])),
    USER: 'agent',
    LOGNAME: 'agent',
    SHELL: '/bin/bash',
  }
}

/** The folders of a PATH that are in the box, and the system's own behind them. */
function pathIn(path: string, mounts: readonly Mount[], inPlace: boolean): string {
  const seen = path
    .split(delimiter)
    .filter((folder) => folder.startsWith('/'))
    .filter(
      (folder) =>
        isSystem(folder) ||
        (inPlace && folder === homebrew) ||
        mounts.some((mount) => isWithin(folder, targetOf(mount))),
    )
  return [...new Set([...seen, '/usr/local/bin', '/usr/bin', '/bin'])].join(delimiter)
}

/** Where a Mac's programs are that its people have installed. */
const homebrew = '/opt/homebrew/bin'

function isSystem(folder: string): boolean {
  return ['/usr', '/bin', '/sbin'].some((each) => isWithin(folder, each))
}

/** Version managers find their home by these once HOME is another one. */
const managers: Readonly<Record<string, string>> = {
  '.rustup': 'RUSTUP_HOME',
  '.nvm': 'NVM_DIR',
  '.pyenv': 'PYENV_ROOT',
  '.sdkman': 'SDKMAN_DIR',
  '.rbenv': 'RBENV_ROOT',
  '.volta': 'VOLTA_HOME',
}

function toolchainVariables(reads: readonly Mount[]): Environment {
  return Object.fromEntries(
    reads.map(targetOf).flatMap((path) => {
      const variable = managers[path.slice(path.lastIndexOf(sep) + 1)]
      return variable === undefined ? [] : [[variable, path]]
    }),
  )
}

function targetOf({ source, target = source }: Mount): string {
  return target
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep)
}
