/** Variables as a process gets them. */
export type Environment = Readonly<Record<string, string>>

/** What is run, and how. */
export interface CommandLine {
  readonly file: string
  readonly args: readonly string[]
  readonly cwd: string
  /** The whole environment. */
  readonly env: Environment
}
