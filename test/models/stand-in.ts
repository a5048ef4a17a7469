import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mischief as planned, type MischiefInput } from './mischief-plan.ts'

const programs = { claude: 'claude-cli.ts', codex: 'codex-server.ts' } as const

/** An executable that can stand where a CLI's binary is expected. Made for a test, disposed of after it. */
export interface StandIn extends Disposable {
  readonly binary: string
  /** From the next start of a process on it does this; null: it behaves. */
  misbehave(mischief: MischiefInput | null): void
}

/**
 * A small program that speaks the wire of one CLI and asks the scripted model like the real one: starts in a tenth of
 * the time, needs no installation, and can be told to misbehave.
 */
export function standIn(cli: keyof typeof programs, mischief: MischiefInput | null = null): StandIn {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `stand-in-${cli}-`)))
  const binary = join(folder, cli)
  const misbehave = (next: MischiefInput | null): void => {
    const program = join(import.meta.dirname, programs[cli])
    const words = [
      process.execPath,
      '--import',
      cached,
      program,
      JSON.stringify(next === null ? null : planned.parse(next)),
    ]
    // A shell puts variables of its own into the environment, which a real CLI would not find there.
    const script = `#!/bin/sh\nunset PWD OLDPWD SHLVL _\nexec ${words.map(quoted).join(' ')} "$@"\n`
    writeFileSync(binary, script, { mode: 0o700 })
  }
  misbehave(mischief)
  return { binary, misbehave, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

/** What is compiled once is kept for every process of the run: half of a start is compiling otherwise. */
const cached = `data:text/javascript,import { enableCompileCache } from "node:module"; enableCompileCache(${JSON.stringify(
  process.env['NODE_COMPILE_CACHE'] ?? join(tmpdir(), 'stand-in-compile-cache'),
)})`

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
