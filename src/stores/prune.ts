import { readdirSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { EpochMs } from '../core/clock.ts'
import type { Commits } from './commits.ts'
import type { Tables } from './schema.ts'

/** How long it is kept, in milliseconds; null: for ever. */
export interface Keep {
  /** The words and steps of runs that are over. What was asked, what came of it and what it cost stays. */
  readonly wordsMs: number | null
  readonly transcriptsMs: number | null
  readonly attachmentsMs: number | null
  /** So many copies from before a migration. */
  readonly copies: number
}

/** What is no longer there. */
export interface Pruned {
  /** Runs that have no words and steps any more. */
  readonly runs: number
  readonly transcripts: number
  readonly attachments: number
  readonly copies: number
  /** What the files took. */
  readonly bytes: number
}

interface Ground {
  readonly db: Kysely<Tables>
  readonly commits: Commits
  /** The data folder. */
  readonly folder: string
  readonly now: EpochMs
}

/** So many lines of the journal are looked at before others have their turn. */
const linesAtOnce = 500
/** The latest runs of a session that lives: a hand-over is made of them, however old they are. */
const latestKept = 20

/**
 * Takes away what is old and referred to by nothing. Each thing goes by itself, so that a death in between leaves what
 * the next time takes; what cannot be removed stays until then.
 */
export async function prune(ground: Ground, keep: Keep): Promise<Pruned> {
  const runs = keep.wordsMs === null ? 0 : await dropWords(ground, ground.now - keep.wordsMs)
  const transcripts =
    keep.transcriptsMs === null ? none : await dropTranscripts(ground, ground.now - keep.transcriptsMs)
  const attachments =
    keep.attachmentsMs === null ? none : await dropAttachments(ground, ground.now - keep.attachmentsMs)
  const copies = dropCopies(ground.folder, keep.copies)
  return {
    runs,
    transcripts: transcripts.files,
    attachments: attachments.files,
    copies: copies.files,
    bytes: transcripts.bytes + attachments.bytes + copies.bytes,
  }
}

interface Dropped {
  readonly files: number
  readonly bytes: number
}

const none: Dropped = { files: 0, bytes: 0 }

async function dropWords({ db, commits }: Ground, before: EpochMs): Promise<number> {
  const spoken = ['said', 'acted', 'noticed']
  const owed = await owedRuns(db, before)
  const done = new Set<string>()
  for (let after = 0; ;) {
    const lines = await db
      .selectFrom('run_events')
      .select(['seq', 'run', 'at', 'type'])
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(linesAtOnce)
      .execute()
    const last = lines.at(-1)
    if (last === undefined || (lines[0]?.at ?? before) >= before) return done.size
    after = last.seq
    const wanted = new Set(
      lines.filter(({ type, run }) => spoken.includes(type) && !owed.has(run)).map(({ run }) => run),
    )
    const old = await longOver(db, [...wanted], before)
    const seqs = lines.filter(({ type, run }) => spoken.includes(type) && old.has(run)).map(({ seq }) => seq)
    if (seqs.length > 0) await commits.write((trx) => trx.deleteFrom('run_events').where('seq', 'in', seqs).execute())
    for (const run of old) done.add(run)
    await nextTurn()
  }
}

/** Runs of which something is still to be said, written down or looked at. */
async function owedRuns(db: Kysely<Tables>, before: EpochMs): Promise<ReadonlySet<string>> {
  const unsaid = await db.selectFrom('messages').select('owner').where('settled', '=', 0).execute()
  const unread = await db.selectFrom('unread_ends').select('run').execute()
  const living = await db
    .selectFrom('omc_sessions')
    .select('id')
    .where((is) => is.or([is('ended_at', 'is', null), is('ended_at', '>=', before)]))
    .execute()
  const lives = new Set(living.map(({ id }) => id))
  const latest = await db
    .selectFrom('runs')
    .select(['id', 'session', 'ended_seq'])
    .orderBy('asked_seq', 'desc')
    .execute()
  const seen = new Map<string, number>()
  const kept = latest.filter(({ session }) => {
    if (!lives.has(session)) return false
    const nth = seen.get(session) ?? 0
    seen.set(session, nth + 1)
    return nth < latestKept
  })
  return new Set([
    ...unsaid.map(({ owner }) => owner.replace(/^run:/, '')),
    ...unread.map(({ run }) => run),
    ...kept.map(({ id }) => id),
  ])
}

async function longOver(db: Kysely<Tables>, runs: readonly string[], before: EpochMs): Promise<ReadonlySet<string>> {
  if (runs.length === 0) return new Set()
  const over = db.selectFrom('runs').select('id').where('id', 'in', runs).where('ended_at', '<', before)
  return new Set((await over.execute()).map(({ id }) => id))
}

/** Those of places in which no session lives. */
async function dropTranscripts({ db, folder }: Ground, before: EpochMs): Promise<Dropped> {
  const live = await db.selectFrom('omc_sessions').select('key').where('ended_at', 'is', null).execute()
  const keys = new Set(live.map(({ key }) => key))
  const isFree = (name: string): boolean =>
    /\.jsonl(\.\d+)?$/.test(name) && !keys.has(name.replace(/\.jsonl(\.\d+)?$/, ''))
  return dropFiles(join(folder, 'transcripts'), before, isFree)
}

/** Those that neither a live session nor anything that was said since has to do with. */
async function dropAttachments(ground: Ground, before: EpochMs): Promise<Dropped> {
  const folder = join(ground.folder, 'attachments')
  const candidates = oldFiles(folder, before).filter(({ name }) => /^[0-9a-f]{64}$/.test(name))
  if (candidates.length === 0) return none
  const named = await attachmentsNamed(ground.db, before)
  return dropFiles(folder, before, (name) => /^[0-9a-f]{64}$/.test(name) && !named.has(name))
}

/** Every attachment that stands in what is still of use, wherever it stands there. */
async function attachmentsNamed(db: Kysely<Tables>, before: EpochMs): Promise<ReadonlySet<string>> {
  const named = new Set<string>()
  const take = (text: string | null): void => {
    for (const [name] of text?.matchAll(/\b[0-9a-f]{64}\b/g) ?? []) named.add(name)
  }
  const live = await db.selectFrom('omc_sessions').select('id').where('ended_at', 'is', null).execute()
  const sessions = new Set(live.map(({ id }) => id))
  const all = await db.selectFrom('runs').select(['id', 'session', 'ended_at']).execute()
  const over = new Set(
    all.filter(({ session, ended_at: at }) => !sessions.has(session) && at !== null && at < before).map(({ id }) => id),
  )
  for (let after = 0; ;) {
    const lines = await db
      .selectFrom('run_events')
      .select(['seq', 'run', 'json'])
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(linesAtOnce)
      .execute()
    const last = lines.at(-1)
    if (last === undefined) break
    after = last.seq
    for (const { run, json } of lines) if (!over.has(run)) take(json)
    await nextTurn()
  }
  for (const { body } of await db.selectFrom('letters').select('body').execute()) take(body)
  for (const { body, task } of await db.selectFrom('omc_chains').select(['body', 'task']).execute()) {
    take(body)
    take(task)
  }
  for (const { body } of await db.selectFrom('inbox').select('body').where('done_at', 'is', null).execute()) take(body)
  for (const { note } of await db.selectFrom('messages').select('note').where('settled', '=', 0).execute()) take(note)
  return named
}

function dropCopies(folder: string, kept: number): Dropped {
  const copies = oldFiles(folder, Infinity)
    .filter(({ name }) => /\.v\d+-.*\.bak$/.test(name))
    .toSorted((a, b) => b.at - a.at)
  return dropAll(folder, copies.slice(kept), Infinity)
}

interface OldFile {
  readonly name: string
  readonly at: EpochMs
}

function oldFiles(folder: string, before: EpochMs): readonly OldFile[] {
  try {
    return readdirSync(folder).flatMap((name) => {
      const stat = statSync(join(folder, name), { throwIfNoEntry: false })
      return stat?.isFile() === true && stat.mtimeMs < before ? [{ name, at: stat.mtimeMs }] : []
    })
  } catch {
    // There is no such folder yet.
    return []
  }
}

function dropFiles(folder: string, before: EpochMs, isFree: (name: string) => boolean): Dropped {
  return dropAll(
    folder,
    oldFiles(folder, before).filter(({ name }) => isFree(name)),
    before,
  )
}

function dropAll(folder: string, files: readonly OldFile[], before: EpochMs): Dropped {
  let [gone, bytes] = [0, 0]
  for (const { name } of files) {
    const path = join(folder, basename(name))
    try {
      const { mtimeMs, size } = statSync(path)
      // Somebody gave the same file again in the meantime.
      if (mtimeMs >= before) continue
      rmSync(path)
      gone += 1
      bytes += size
    } catch {
      // Gone already, or not ours to remove: the next time says.
    }
  }
  return { files: gone, bytes }
}
