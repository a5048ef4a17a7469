import type { CommandLine, Environment } from './command-line.ts'
import type { Level, Mount } from './confinement.ts'
import type { SessionId } from './ids.ts'
import type { Session } from './session.ts'

/** What an agent CLI has to find in its box beside the session's folder. Each runtime says it of its own. */
export interface AgentNeeds {
  /** Files and folders of its program, and what else it reads; absolute. */
  readonly reads: readonly string[]
  /** What it looks for at a place of its own; in the box only. */
  readonly elsewhere?: readonly Mount[]
  /** Variables that it gets. HOME, PATH, the proxy, and what the system's own programs go by are the box's to say. */
  readonly environment: Environment
  /** Variables in which it looks for the path of the way out's socket; left out: none. */
  readonly sockets?: readonly string[]
}

/** Folders of a session's box, at the same paths inside. They stay as long as the session. */
export interface BoxFolders {
  /** What the CLI keeps: its settings, its transcripts. It writes there. */
  readonly state: string
  /** What people gave with their prompts, to be read only. */
  readonly files: string
  /** What the bot tells calls of its tools, where a process in the box waits for it; to be read only. */
  readonly told: string
  /** What its git goes by, to be read only. */
  readonly identity: string
  /** What its CLI goes by, whatever the agent or a repository says; to be read only. */
  readonly rules: string
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
  /** Whether anything lives in the box that this process holds beside the command that the box was made for. */
  hasOthers(holder: number): boolean
  /** Takes away the boxes of all but these sessions, with everything in them. Nothing may run in them. */
  keepOnly(sessions: ReadonlySet<SessionId>): Promise<void>
  /** Takes one session's box away: it has ended. */
  remove(session: SessionId): Promise<void>
}
