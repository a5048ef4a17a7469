import { Problem } from '../../core/failure.ts'
import type { Environment } from '../environment.ts'
import type { Rights } from '../rights.ts'
import { sandboxSettings } from './sandbox.ts'

/** What a process of the CLI is started with, but for its conversation. */
export interface Flags {
  /** The CLI takes any word for a permission mode, so it is ours to know them. */
  readonly rights: Rights['claude']
  /** Null: the CLI's own default. */
  readonly model: string | null
  /** Absolute paths, files or folders, that its tools must not open. */
  readonly denied: readonly string[]
  /** Absolute paths of files outside the working folder that it reads without asking. */
  readonly readable: readonly string[]
  /** Its shell is shut into a sandbox of the operating system. */
  readonly confined: boolean
}

/** The arguments, in the CLI's words. @throws {Problem} for a model name that could be taken for something else. */
export function argvOf({ rights: { mode, tools }, model, denied, readable, confined }: Flags): readonly string[] {
  const flags: readonly (readonly string[])[] = [
    // Without a terminal, one JSON object a line both ways; `--verbose` is what makes the CLI write them all.
    ['-p', '--input-format', 'stream-json', '--output-format', 'stream-json', '--verbose'],
    // Text as it comes.
    ['--include-partial-messages'],
    // Our own lines echoed, which tells which of our answers were taken in.
    ['--replay-user-messages'],
    // Questions come to us over the same wire.
    ['--permission-prompt-tool', 'stdio'],
    ['--permission-mode', mode],
    model === null ? [] : ['--model', modelNamed(model)],
    // Nothing that a repository brings is loaded: its hooks, its MCP servers and the commands in its settings would run.
    ['--setting-sources', ''],
    ['--strict-mcp-config'],
    ['--settings', JSON.stringify(settingsOf(denied, readable, confined))],
    tools === null ? [] : ['--tools', tools.join(',')],
  ]
  return flags.flat()
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
  CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS: '1',
  // Ten by default, which is three minutes of silence.
  CLAUDE_CODE_MAX_RETRIES: '5',
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
 * what it likes.
 */
function settingsOf(denied: readonly string[], readable: readonly string[], confined: boolean): object {
  const deny = denied.flatMap((path) =>
    ['Read', 'Edit'].flatMap((tool) => [`${tool}(/${path})`, `${tool}(/${path}/**)`]),
  )
  const allow = readable.map((path) => `Read(/${path})`)
  return { disableAllHooks: true, permissions: { deny, allow }, ...(confined ? { sandbox: sandboxSettings } : {}) }
}
