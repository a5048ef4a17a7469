import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface RunOptions {
  readonly folder: string
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>
}

/** Runs a program to its end and gives what it printed; rejects with all of it when it fails. */
export async function run(command: readonly [string, ...string[]], { folder, env }: RunOptions): Promise<string> {
  const [program, ...args] = command
  const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (stdout += piece))
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`)
  return stdout
}

/** A demo at work, started as a person would. */
export class RunningDemo implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #lines: string[] = []

  /** `command`: the program up to and without `demo`. */
  constructor(command: readonly [string, ...string[]], { folder, env }: RunOptions) {
    const [program, ...args] = command
    this.#child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#heard(line))
    }
  }

  get text(): string {
    return this.#lines.join('\n')
  }

  /** The page's address, once the bot is connected. Rejects when the demo ends before. */
  async url(): Promise<string> {
    for (;;) {
      const found = /^Open (http:\S+) in a browser/m.exec(this.text)?.[1]
      if (found !== undefined) return found
      const ended = await Promise.race([once(this.#child, 'line'), once(this.#child, 'close').then(() => 'ended')])
      if (ended === 'ended') throw new Error(`The demo ended before it was ready:\n${this.text}`)
    }
  }

  /** Ctrl+C; gives the exit code. */
  async end(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGINT')
      await once(this.#child, 'close')
    }
    return this.#child.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }

  #heard(line: string): void {
    this.#lines.push(line)
    this.#child.emit('line')
  }
}
