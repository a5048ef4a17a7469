import type { Session } from './session.ts'

/** Prompts kept as files: `skills/<name>.md` in a session's folder, in its repository, and the operator's own. */
export interface Skills {
  /** The names of those a session has, in order. What cannot be read is not there. */
  list(session: Pick<Session, 'workdir' | 'worktree' | 'worker'>): Promise<readonly string[]>
  /** The text of one of these; null: there is no such skill. The operator's wins over a project's of the same name. */
  read(session: Pick<Session, 'workdir' | 'worktree' | 'worker'>, name: string): Promise<string | null>
}

/**
 * The prompt that a skill's text and somebody's arguments make: they go where `$ARGUMENTS` stands, or behind the text
 * when it stands nowhere. A head between `---` lines is for whoever keeps the files, not for the agent.
 */
export function promptOfSkill(text: string, wanted: string): string {
  const body = text.replace(/^\uFEFF?---\r?\n[^]*?\r?\n---(?:\r?\n|$)/, '').trim()
  if (body.includes('$ARGUMENTS')) return body.replaceAll('$ARGUMENTS', () => wanted)
  return wanted === '' ? body : `${body}\n\nARGUMENTS: ${wanted}`
}
