import type { CommandLine, Environment } from './command-line.ts'

/**
 * What a boxed process can see and touch beside the system's own programs: nothing that is not named here. The rest of
 * the machine is not there: no other folder, no other process, no network.
 */
export interface View {
  readonly mounts: readonly Mount[]
  /** Working folder inside; one of the mounts, or below one. */
  readonly cwd: string
  readonly home: BoxHome
  /** The whole environment inside; HOME is set from `home`. */
  readonly environment: Environment
  /** The folder on the host that holds `egress.sock`, seen at `/run/omc` inside (see `inPlace`); null: no way out at all. */
  readonly egress: string | null
}

/** Something of the host that is seen inside. The source must be its own real path when the process starts. */
export interface Mount {
  /** Absolute path on the host, a file or a folder. */
  readonly source: string
  /** Absolute path inside; left out: the same. */
  readonly target?: string
  readonly access: 'read' | 'write'
}

/** A boxed process's home: a folder of its own, with nothing mounted below it. */
export interface BoxHome {
  /** Where HOME is inside. */
  readonly at: string
  /** The folder behind it on the host. */
  readonly folder: string
}

/**
 * Whether processes can be boxed on this machine; if not, why, in a sentence for people that says what to do. `inPlace`:
 * everything in a box lies where it lies on the machine, nothing but the socket itself leads out, and what a process has
 * started does not end with it (macOS).
 */
export type Level =
  | { readonly boxed: true; readonly inPlace?: true }
  | { readonly boxed: false; readonly reason: string }

export function isInPlace(level: Level): boolean {
  return level.boxed && level.inPlace === true
}

/** The one wall around what is not ours: agents with all they start, and git in folders that are not the bot's. */
export interface Confinement {
  /** Found out once, at the start. */
  level(): Level
  /**
   * The command in a box of that view, whose cwd and environment take the place of the command's own. Standard input,
   * output and error go through, the exit code comes back; SIGKILL to the process that is started, or its death, ends
   * everything in the box at once (see `inPlace`).
   * @throws {Problem} when the view would hold what no box may see, and where nothing can be boxed (ask `level` first).
   */
  wrap(command: CommandLine, view: View): CommandLine
}
