import type { Environment } from '../../core/command-line.ts'
import { Problem } from '../../core/failure.ts'
import { obeyedNames } from '../../core/obeyed.ts'
import { serverName } from './mcp.ts'
import type { ClaudeRights } from './rights.ts'
import { sandboxSettings } from './sandbox.ts'

/** What a process of the CLI is started with, but for its conversation. */
export interface Flags {
  /** Absolute path of the working folder. */
  readonly folder: string
  /** The CLI takes any word for a permission mode, so it is ours to know them. */
  readonly rights: ClaudeRights
  /** Null: the CLI's own default. */
  readonly model: string | null
  /** Absolute paths, files or folders, that its tools must not open. */
  readonly denied: readonly string[]
  /** Absolute paths of files outside the working folder that it reads without asking. */
  readonly readable: readonly string[]
  readonly shell: Shell
  /** Set where an owner trusts the repository: what it brings is loaded. */
  readonly trusted: TrustedRepository | null
}

/**
 * What holds the CLI's shell: `open`: nothing, a person is asked; `sandbox`: the CLI's own, which asks about what leaves
 * it; `box`: the one that the whole CLI lives in, so nobody is asked.
 */
export type Shell = 'open' | 'sandbox' | 'box'

/** What a repository that an owner trusts brings beside its settings. */
export interface TrustedRepository {
  /** Absolute path of the working folder. */
  readonly folder: string
  /** Absolute path of its `.mcp.json`; null: there is none. */
  readonly servers: string | null
}

/** The arguments, in the CLI's words. @throws {Problem} for a model name that could be taken for something else. */
export function argvOf(flags: Flags): readonly string[] {
  const { rights, model, trusted } = flags
  const args: readonly (readonly string[])[] = [
    // Without a terminal, one JSON object a line both ways; `--verbose` is what makes the CLI write them all.
    ['-p', '--input-format', 'stream-json', '--output-format', 'stream-json', '--verbose'],
    // Text as it comes.
    ['--include-partial-messages'],
    // Our own lines echoed, which tells which of our answers were taken in.
    ['--replay-user-messages'],
    // Questions come to us over the same wire.
    ['--permission-prompt-tool', 'stdio'],
    ['--permission-mode', rights.mode],
    model === null ? [] : ['--model', modelNamed(model)],
    // Of a repository that nobody trusts nothing is loaded: its hooks, its MCP servers and the commands in its settings
    // would run. Of one that is trusted, what is written into it for everybody, and nothing of the operator's own.
    ['--setting-sources', trusted === null ? '' : 'project'],
    ['--strict-mcp-config'],
    trusted?.servers == null ? [] : ['--mcp-config', trusted.servers],
    ['--settings', JSON.stringify(settingsOf(flags))],
    ['--tools', rights.tools.join(',')],
  ]
  return args.flat()
}

/** Arguments that say which conversation: a new one under our id, or one to go on with, best by its transcript's path. */
export function entryOf(conversation: { readonly begin: string } | { readonly resume: string }): readonly string[] {
  return 'begin' in conversation ? ['--session-id', conversation.begin] : ['--resume', conversation.resume]
}

/** Variables that keep the CLI to itself and to what we can lead. */
export const ownEnvironment: Environment = {
  DISABLE_AUTOUPDATER: '1',
  DISABLE_ERROR_REPORTING: '1',
  DISABLE_TELEMETRY: '1',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  // Tasks in the background end after their turn and make the CLI begin turns that nobody asked for.
  CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
  // A command runs in the folder that is shown for it, wherever the one before it went.
  CLAUDE_BASH_MAINTAIN_PROJECT_WORKING_DIR: '1',
  CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS: '1',
  // The bot may be away for as long as it takes; said, so that another default changes nothing.
  MCP_TOOL_TIMEOUT: '86400000',
  MCP_TIMEOUT: '600000',
  // Ten by default, which is three minutes of silence.
  CLAUDE_CODE_MAX_RETRIES: '5',
}

/**
 * Besides, without a box and in a repository that nobody trusts: the CLI's own git runs at every start, as the bot's user,
 * what that repository's configuration names (observed with 2.1.197: `core.fsmonitor` and filters, by `git status`). So
 * it does not look at the repository by itself, and what any git is told to run by name is nothing.
 */
export const withoutRepositorysPrograms: Environment = {
  CLAUDE_CODE_DISABLE_GIT_INSTRUCTIONS: '1',
  GIT_CONFIG_COUNT: '2',
  GIT_CONFIG_KEY_0: 'core.fsmonitor',
  GIT_CONFIG_VALUE_0: 'false',
  GIT_CONFIG_KEY_1: 'core.hooksPath',
  GIT_CONFIG_VALUE_1: '/dev/null',
}

/** The CLI accepts any text as a model and fails only when asked something; a leading dash would be another flag. */
function modelNamed(name: string): string {
  if (/^[A-Za-z0-9][\w.:@/[\]-]{0,99}$/.test(name)) return name
  throw new Problem(
    'refused',
    `"${name}" is no name of a model. Use one like "opus", "sonnet" or "claude-opus-4-8" with /model.`,
  )
}

/**
 * Without a sandbox a hand-rail, not a wall: it holds the CLI's own tools and plain shell commands; an interpreter reads
 * what it likes. What somebody else obeys later (the CLI itself at its next start, where a repository is trusted) is not
 * the agent's to write unasked.
 */
function settingsOf({ folder, denied, readable, shell, trusted }: Flags): object {
  const deny = denied.flatMap((path) =>
    ['Read', 'Edit'].flatMap((tool) => [`${tool}(/${path})`, `${tool}(/${path}/**)`]),
  )
  // Our own tools pass our own gate, whatever mode the CLI is in.
  const allow = [
    `mcp__${serverName}`,
    ...readable.map((path) => `Read(/${path})`),
    ...(shell === 'box' ? ['Bash'] : []),
  ]
  const ask = obeyedNames.flatMap((name) => [`Edit(/${folder}/**/${name})`, `Edit(/${folder}/**/${name}/**)`])
  return {
    disableAllHooks: trusted === null,
    permissions: { deny, allow, ask },
    // Said also where there is none: a repository's settings could bring one that holds nothing, and ask nobody.
    sandbox: shell === 'sandbox' ? sandboxSettings : { enabled: false },
  }
}
