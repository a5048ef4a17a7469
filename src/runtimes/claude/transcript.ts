import { existsSync, lstatSync, opendirSync } from 'node:fs'
import { join } from 'node:path'
import { copyWithin } from '../../system/open-within.ts'

/** Where the CLI keeps the transcript of a conversation in this folder; null when its name cannot be foretold. */
export function transcriptPath(config: string, workdir: string, session: string): string | null {
  // facts/claude-cli.md section 4; longer names are cut and get a hash.
  const slug = workdir.replaceAll(/[^A-Za-z0-9]/g, '-')
  return slug.length > 200 ? null : join(config, 'projects', slug, `${session}.jsonl`)
}

/** Nobody works in as many. An agent can lay a million there, and the whole bot waits while they are looked through. */
const mostFolders = 5_000

/** The transcript of a conversation that is really there: where it should be, or in whatever folder it was begun. */
export function findTranscript(
  config: string,
  expected: string | null,
  session: string,
  most = mostFolders,
): string | null {
  if (expected !== null && existsSync(expected)) return expected
  if (session.includes('/')) return null
  const projects = join(config, 'projects')
  try {
    const folders = opendirSync(projects)
    try {
      for (let looks = 0; looks < most; looks++) {
        const folder = folders.readSync()
        if (folder === null) return null
        const path = join(projects, folder.name, `${session}.jsonl`)
        if (existsSync(path)) return path
      }
    } finally {
      folders.closeSync()
    }
  } catch {
    // There is none, or an agent has closed it, or laid something else in its place.
  }
  return null
}

/**
 * Copies a transcript to where the CLI looks in another folder of its own, which an agent writes: a link there is not
 * followed. Null: it is no plain file, or something is in the way.
 */
export function keepTranscript(from: string, config: string, workdir: string, session: string): string | null {
  // An agent that was not boxed could have laid a link there.
  if (!lstatSync(from).isFile()) return null
  const to = transcriptPath(config, workdir, session) ?? join(config, 'projects', 'before', `${session}.jsonl`)
  return copyWithin(from, to, config) ? to : null
}
