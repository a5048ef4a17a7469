import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import type { Json } from './lines.ts'

/** A message of a conversation, as the model is told it. */
export interface Said {
  readonly role: 'user' | 'assistant' | 'system'
  readonly content: readonly Json[] | string
}

/** What the CLI keeps of a conversation: `<config>/projects/<folder>/<session>.jsonl` (facts/claude-cli.md section 4). */
export class Transcript {
  readonly session: string
  readonly messages: Said[] = []
  /** Messages that were taken in before: each is answered once. */
  readonly known = new Set<string>()
  readonly #path: string

  private constructor(session: string, path: string) {
    this.session = session
    this.#path = path
    if (!existsSync(path)) return
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      const entry = parsed(line)
      if (entry === null) continue
      if (entry.message !== undefined) this.messages.push(entry.message)
      if (entry.uuid !== undefined) this.known.add(entry.uuid)
    }
    const last = this.messages.at(-1)
    // A tool that nobody knows the result of: the CLI died in it.
    if (last?.role === 'assistant' && JSON.stringify(last.content).includes('"tool_use"')) this.messages.pop()
  }

  /** Null when that session is there already. */
  static begin(config: string, cwd: string, session: string): Transcript | null {
    const path = pathIn(config, cwd, session)
    return existsSync(path) ? null : new Transcript(session, path)
  }

  /** By an absolute path, or by the id of a session of this folder; null when there is none. */
  static resume(config: string, cwd: string, named: string): Transcript | null {
    const path = isAbsolute(named) ? named : pathIn(config, cwd, named)
    if (!existsSync(path)) return null
    return new Transcript(/([^/]+)\.jsonl$/.exec(path)?.[1] ?? named, path)
  }

  add(message: Said, uuid?: string): void {
    this.messages.push(message)
    if (uuid !== undefined) this.known.add(uuid)
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
    const entry = { type: message.role, message, ...(uuid === undefined ? {} : { uuid }), sessionId: this.session }
    appendFileSync(this.#path, `${JSON.stringify(entry)}\n`, { mode: 0o600 })
  }
}

function pathIn(config: string, cwd: string, session: string): string {
  return join(config, 'projects', slugOf(cwd), `${session}.jsonl`)
}

export function slugOf(cwd: string): string {
  return cwd.replaceAll(/[^A-Za-z0-9]/g, '-')
}

function parsed(line: string): { message?: Said; uuid?: string } | null {
  try {
    return JSON.parse(line) as { message?: Said; uuid?: string }
  } catch {
    // The last one may have been cut by a death.
    return null
  }
}
