import type { Tier } from '../../core/right.ts'
import { rightsOf, type Rights } from '../rights.ts'

/** What a tier may do, in the CLI's own words. */
export interface ClaudeRights {
  readonly mode: 'default' | 'acceptEdits'
  /** The only tools of its own that it has, by name; those of MCP servers come beside them. */
  readonly tools: readonly string[]
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

/** What each may do, by its word in the one table. */
const rights: Readonly<Record<Rights['machine'], ClaudeRights>> = {
  nothing: { mode: 'default', tools: [] },
  read: { mode: 'default', tools: looking },
  write: { mode: 'acceptEdits', tools: working },
}

/** @throws {Problem} as `rightsOf` does. */
export function claudeRights(tier: Tier, boxed: boolean): ClaudeRights {
  return rights[rightsOf(tier, boxed).machine]
}
