import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

/** A command of an agent, really run: in a session of its own, as the real CLIs do it. */
export class Shell {
  readonly pid: number
  /** Resolves with its exit code; -1 when a signal ended it. What it left in the background may go on. */
  readonly ended: Promise<number>
  output = ''
  #isOver = false

  constructor(command: string, options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; login?: boolean }) {
    const { cwd, env, login = false } = options
    const child = spawn('bash', [login ? '-lc' : '-c', `exec 2>&1\n${command}`], {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    child.stdout.on('data', (chunk: Buffer) => (this.output += chunk.toString()))
    this.pid = child.pid ?? 0
    const closed = once(child, 'close')
    this.ended = once(child, 'exit').then(async ([code]) => {
      this.#isOver = true
      // Something in the background may hold the pipe for as long as it likes.
      await Promise.race([closed, delay(1000)])
      child.stdout.destroy()
      return (code as number | null) ?? -1
    })
  }

  /** Ends it and what stayed in its session. */
  kill(): void {
    if (this.#isOver) return
    try {
      process.kill(-this.pid, 'SIGKILL')
    } catch {
      // It has just ended by itself.
    }
  }
}
