/** One thing an agent does with a tool, as a person should see it. */
export interface Action {
  /** The CLI's own id of the tool call. */
  readonly id: string
  readonly kind: 'read' | 'edit' | 'command' | 'search' | 'web' | 'agent' | 'other'
  /** The tool's name, e.g. `Bash`. */
  readonly tool: string
  /** What it is done to, in one line: a path relative to the workdir, a command, a pattern. May be empty. */
  readonly title: string
}
