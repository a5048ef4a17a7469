import { createHash } from 'node:crypto'
import {
  constants,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { copyFile, cp } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { backup, DatabaseSync } from 'node:sqlite'
import * as z from 'zod'
import { messageOf, Problem } from '../core/failure.ts'
import type { Clock } from '../core/clock.ts'
import { writeAtomically } from '../system/atomic-file.ts'
import { migrations } from './migrations/all.ts'
import { makeFolder } from '../system/make-folder.ts'
import { realPath } from '../system/real-path.ts'
import { isForAPerson } from '../system/world-error.ts'
import { takeLock, type Lock } from './lock.ts'
import { databaseName } from './sqlite/database.ts'

/** What is kept beside the database, as folders of the data folder. */
const kept = ['transcripts', 'attachments'] as const
/** Of a box, only what its CLI keeps of its conversations. */
const boxes = 'boxes'
const boxState = 'state'
const manifestName = 'backup.json'
/** Stands in a data folder while something is restored into it. */
const unfinishedName = 'restoring'

const manifestForm = z.object({
  format: z.literal(1),
  version: z.string(),
  schema: z.int(),
  at: z.int(),
  digest: z.string(),
  sessions: z.int(),
  runs: z.int(),
  /** Folders that sessions work in; they are not in the backup. */
  folders: z.array(z.string()),
})

/** What is in a backup. `at` in milliseconds since 1970; `digest` is the SHA-256 of its database. */
export type BackupManifest = z.infer<typeof manifestForm>

/**
 * Copies a data folder to a folder that does not exist yet, also while a bot works on it: the database as of one moment,
 * then everything that it refers to. It stands there whole or not at all; the copy is opened and looked through first.
 * @throws {Problem} `refused`: nothing to copy, or something is there already; `wire`: the disk failed.
 */
export async function backUp(
  dataFolder: string,
  to: string,
  { clock, version }: { readonly clock: Clock; readonly version: string },
): Promise<BackupManifest> {
  const database = join(dataFolder, databaseName)
  if (!existsSync(database))
    throw new Problem('refused', `There is no ${databaseName} in ${dataFolder}: nothing to copy.`)
  if (existsSync(to)) throw new Problem('refused', `${to} is there already. Name a folder that is not.`)
  if (isWithin(to, dataFolder))
    throw new Problem('refused', `${to} would go with ${dataFolder}, which it is a copy of. Name a folder elsewhere.`)
  const unfinished = `${to}.unfinished-${process.pid}`
  try {
    makeFolder(dirname(to), 0o777)
    removeUnfinished(to)
    mkdirSync(unfinished, { mode: 0o700 })
    const copy = join(unfinished, databaseName)
    const source = new DatabaseSync(database, { readOnly: true, timeout: 10_000 })
    try {
      await backup(source, copy)
    } finally {
      source.close()
    }
    for (const name of kept) await copyFolder(join(dataFolder, name), join(unfinished, name))
    await copyBoxes(dataFolder, unfinished)
    const manifest = {
      ...lookThrough(copy),
      format: 1 as const,
      version,
      at: clock.now(),
      digest: await digestOf(copy),
    }
    writeAtomically(join(unfinished, manifestName), `${JSON.stringify(manifest, null, 2)}\n`)
    renameSync(unfinished, to)
    return manifest
  } catch (cause) {
    removeTrace(unfinished)
    throw unwritten(to, cause)
  }
}

/** What cannot be there, because its folder cannot, needs no removing. */
function removeTrace(path: string): void {
  if (existsSync(path)) rmSync(path, { recursive: true, force: true })
}

function unwritten(path: string, cause: unknown): Problem {
  if (cause instanceof Problem) return cause
  const kind = isForAPerson(cause) ? 'refused' : 'wire'
  return new Problem(kind, `${path} could not be written: ${messageOf(cause)}`, { cause })
}

/** Whether a path lies in a folder, by whatever links; both as far as they are there. */
function isWithin(path: string, folder: string): boolean {
  return `${realPath(path)}${sep}`.startsWith(`${realPath(folder)}${sep}`)
}

/**
 * Puts a backup into a data folder that holds none of it. What failed half-way can be begun again; until it is done, the
 * folder has no database, so that no bot starts on half of it.
 * @throws {Problem} `refused`: no backup, a torn one, of a newer version, or the folder is in use.
 */
export async function restore(from: string, dataFolder: string, clock: Clock): Promise<BackupManifest> {
  const manifest = readManifest(from)
  const copy = join(from, databaseName)
  if (!existsSync(copy) || (await digestOf(copy)) !== manifest.digest) {
    throw new Problem('refused', `${copy} is not what was backed up: it is missing or has changed.`)
  }
  if (manifest.schema > newestSchema()) {
    throw new Problem(
      'refused',
      `${from} is of version ${manifest.version}, which is newer than this one. Upgrade first.`,
    )
  }
  const mark = join(dataFolder, unfinishedName)
  const taken = [databaseName, ...kept, boxes].filter((name) => existsSync(join(dataFolder, name)))
  if (taken.length > 0 && !existsSync(mark)) {
    throw new Problem(
      'refused',
      `${dataFolder} holds ${taken.join(', ')} already. Move that folder away, or name another one with --to.`,
    )
  }
  if (isWithin(dataFolder, from))
    throw new Problem('refused', `${dataFolder} lies in the backup itself. Name a folder elsewhere with --to.`)
  let lock: Lock | null = null
  try {
    makeFolder(dataFolder)
    // Held meanwhile: a bot that somebody starts now would begin a database of its own.
    lock = await takeLock(dataFolder, clock)
    writeAtomically(mark, `${from}\n`)
    for (const name of [...kept, boxes]) await copyFolder(join(from, name), join(dataFolder, name))
    const unfinished = join(dataFolder, `${databaseName}.restoring`)
    await copyFile(copy, unfinished)
    renameSync(unfinished, join(dataFolder, databaseName))
    rmSync(mark)
    return manifest
  } catch (cause) {
    throw unwritten(dataFolder, cause)
  } finally {
    lock?.close()
  }
}

/** What was left by copies that were killed. */
function removeUnfinished(to: string): void {
  const begins = `${basename(to)}.unfinished-`
  for (const name of readdirSync(dirname(to))) {
    if (name.startsWith(begins)) rmSync(join(dirname(to), name), { recursive: true, force: true })
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  if (!existsSync(from)) return
  // Links are copied as such: what an agent has left must not lead the copy out of the folder.
  await cp(from, to, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE, force: true })
}

async function copyBoxes(dataFolder: string, to: string): Promise<void> {
  const folder = join(dataFolder, boxes)
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    await copyFolder(join(folder, name, boxState), join(to, boxes, name, boxState))
  }
}

/** Opens a copy, and says what is in it. @throws {Problem} when SQLite finds fault with it. */
function lookThrough(copy: string): Pick<BackupManifest, 'schema' | 'sessions' | 'runs' | 'folders'> {
  const db = new DatabaseSync(copy)
  try {
    const fault = String(db.prepare('pragma integrity_check').get()?.['integrity_check'])
    if (fault !== 'ok') throw new Problem('wire', `The copy of the database is not sound: ${fault}`)
    // It stands by itself, without a log beside it.
    db.exec('pragma journal_mode = delete')
    const count = (sql: string): number => Number(db.prepare(sql).get()?.['value'])
    const folders = db.prepare("select distinct json_extract(worktree, '$.folder') as folder from omc_sessions").all()
    return {
      schema: Number(db.prepare('pragma user_version').get()?.['user_version']),
      sessions: count('select count(*) as value from omc_sessions'),
      runs: count('select count(*) as value from runs'),
      folders: folders.flatMap(({ folder }) => (typeof folder === 'string' ? [folder] : [])),
    }
  } finally {
    db.close()
  }
}

function readManifest(from: string): BackupManifest {
  try {
    return manifestForm.parse(JSON.parse(readFileSync(join(from, manifestName), 'utf8')))
  } catch (cause) {
    throw new Problem('refused', `${from} is no backup: it has no ${manifestName} that can be read.`, { cause })
  }
}

function newestSchema(): number {
  return migrations.length
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
