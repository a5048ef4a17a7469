import { Problem } from '../core/failure.ts'
import type { Tier } from '../core/right.ts'

/** What an agent may do to the machine for somebody, in general and in each CLI's own words. */
export interface Rights {
  /**
   * `read`: it looks and answers; it changes nothing, runs nothing, reaches nowhere, and asks nobody for leave to.
   * `write`: it edits in the session's folder, and runs what only reads; it asks a person about the rest.
   */
  readonly machine: 'read' | 'write'
  readonly claude: {
    readonly mode: 'default' | 'acceptEdits'
    /** The only tools of its own that it has, by name; those of MCP servers come beside them. */
    readonly tools: readonly string[]
  }
  readonly codex: {
    /** The permissions profile that it is started with. */
    readonly profile: 'omc-read' | 'omc-write'
    readonly approvalPolicy: 'never' | 'on-request'
  }
}

/**
 * Claude Code has search tools of their own where it is named a list of tools without a shell. Its mode that never asks
 * (`dontAsk`) refuses questions to people too: so it is the mode that asks, and what it asks for beyond these tools is
 * refused without asking anybody (claude/meaning.ts).
 */
const looking = ['Read', 'Grep', 'Glob', 'AskUserQuestion', 'EnterPlanMode', 'ExitPlanMode']

/**
 * Every tool of the tested versions that works in the session's folder and within the turn. Named one by one, so that
 * what the next version brings is absent until somebody has looked at it. Left out: `EnterWorktree`, `ExitWorktree` and
 * `Workflow` (run git outside the sandbox, with what a repository's settings name), `CronCreate` and its kin and
 * `ScheduleWakeup` (turns that nobody asked for), `SendMessage` (to agents in the background).
 */
const working = [
  'Agent',
  'AskUserQuestion',
  'Bash',
  'Edit',
  'EnterPlanMode',
  'ExitPlanMode',
  'ListMcpResourcesTool',
  'NotebookEdit',
  'Read',
  'ReadMcpResourceTool',
  'ReportFindings',
  'Skill',
  'TaskCreate',
  'TaskGet',
  'TaskList',
  'TaskOutput',
  'TaskStop',
  'TaskUpdate',
  'WebFetch',
  'WebSearch',
  'Write',
]

const read: Rights = {
  machine: 'read',
  claude: { mode: 'default', tools: looking },
  codex: { profile: 'omc-read', approvalPolicy: 'never' },
}

const write: Rights = {
  machine: 'write',
  claude: { mode: 'acceptEdits', tools: working },
  codex: { profile: 'omc-write', approvalPolicy: 'on-request' },
}

/**
 * The one table of what a tier may do to the machine (SPEC F3). It is the tier of whoever asked, so it may change with
 * every prompt of a session. What an owner has beyond a member is that they may consent to more.
 */
const table: Readonly<Partial<Record<Tier, Rights>>> = { guest: read, member: write, owner: write }

/** @throws {Problem} for the others: the gate lets no prompt of theirs through, and nothing here may make up for it. */
export function rightsOf(tier: Tier): Rights {
  const rights = table[tier]
  if (rights === undefined) throw new Problem('bug', `A prompt of somebody ${tier} must never reach an agent.`)
  return rights
}

/** What a turn of Codex is started with. @throws {Problem} as `rightsOf` does. */
export function codexRights(tier: Tier): Rights['codex'] {
  return rightsOf(tier).codex
}
