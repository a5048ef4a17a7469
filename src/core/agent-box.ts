import type { CommandLine, Environment } from './command-line.ts'
import type { Level } from './confinement.ts'
import type { SessionId } from './ids.ts'
import type { Session } from './session.ts'

/** What an agent CLI has to find in its box beside the session's folder. Each runtime says it of its own. */
export interface AgentNeeds {
  /** Files and folders of its program, and what else it reads; absolute. */
  readonly reads: readonly string[]
  /** Variables that it gets. HOME, PATH, the proxy, and what the system's own programs go by are the box's to say. */
  readonly environment: Environment
}

/** Folders of a session's box, at the same paths inside. They stay as long as the session. */
export interface BoxFolders {
  /** What the CLI keeps: its settings, its transcripts. It writes there. */
  readonly state: string
  /** What people gave with their prompts, to be read only. */
  readonly files: string
}

/** Who is let into a session's box, and how. */
export interface Occupant {
  readonly session: Session
  /** What the agent may do to the session's folder. */
  readonly access: 'read' | 'write'
  readonly needs: AgentNeeds
  /** See `View.egress`. */
  readonly egress: string | null
}

/** The boxes of the agents: one a session, that all its processes live in. */
export interface AgentBoxes {
  /** See `Confinement.level`. */
  level(): Level
  /** Makes them when they are not there. */
  folders(session: SessionId): BoxFolders
  /** @throws {Problem} as `Confinement.wrap` does. */
  wrap(command: CommandLine, occupant: Occupant): CommandLine
  /** Takes away the boxes of all but these sessions, with everything in them. Nothing may run in them. */
  keepOnly(sessions: ReadonlySet<SessionId>): Promise<void>
  /** Takes one session's box away: it has ended. */
  remove(session: SessionId): Promise<void>
}
