import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { LockHeld, underLock, type OwnLock } from './folder-lock.ts'
import { fieldsOf, readJson, textAt, type Fields } from './json-file.ts'
import {
  digestOfToken,
  draftOf,
  fileWith,
  requestOf,
  tokensIn,
  type LoginKind,
  type LoginTokens,
} from './login-file.ts'
import { changeState, mayTry, readState, stateAfter, stateFor } from './renewal-record.ts'
import { askTokenServer } from './token-server.ts'

/** What one renewal is to do. */
export interface RenewalJob {
  readonly kind: LoginKind
  /** The CLI's own file. */
  readonly path: string
  /** It is due when its token ends within this time, */
  readonly aheadMs: number
  /** or is this one, which the model did not take. */
  readonly refused: string | null
  /** Somebody's run waits for it. */
  readonly wanted: boolean
  readonly server: string
  readonly proxies: readonly string[]
  /** How long the server may take to answer. */
  readonly patienceMs: number
  /** `token-refresh.json` */
  readonly record: string
}

/** What became of it. `reason`: a few English words without a secret. */
export interface RenewalResult {
  readonly result: 'renewed' | 'not-due' | 'not-now' | 'held' | 'failed'
  readonly reason: string | null
  /** The disk would not take the new tokens, so nobody was asked for them. */
  readonly diskLow?: true
}

/** The steps at which tests kill it. */
export type RenewalStep = 'begun' | 'locked' | 'reserved' | 'answered' | 'written' | 'renamed'

/** Room that is taken on the disk before a token is spent; a login is smaller by far. */
const reservedBytes = 64 * 1024

/** The lock of the CLI's own writing is nobody's after this long, as the CLI has it. */
const writeStaleMs = 15_000

/** How often, and how long, an answer is tried to be brought into its place. */
const placeTries = 60

/** Whether a login has to be renewed, as its file is now. */
export function isDue(job: Pick<RenewalJob, 'kind' | 'path' | 'aheadMs' | 'refused'>, now: number): boolean {
  const { access, refresh, endsAt } = tokensIn(job.kind, readJson(job.path))
  if (access === null || refresh === null) return false
  return access === job.refused || (endsAt !== null && endsAt <= now + job.aheadMs)
}

/**
 * Renews one login, under the lock that Claude's CLI knows too, so that two never spend one refresh token. Whatever dies:
 * the old file stands until the new one does, and an answer that was received is on the disk before anything else is done
 * with it, where the next renewal finds it. Never rejects.
 */
export async function renewLogin(job: RenewalJob, at: (step: RenewalStep) => void = () => {}): Promise<RenewalResult> {
  at('begun')
  const lock = join(dirname(job.path), '.oauth_refresh.lock')
  try {
    return await underLock(lock, (held) => renewUnderLock(job, held, at))
  } catch (error) {
    const reason = error instanceof LockHeld ? 'another program renews it' : codeOf(error)
    return { result: error instanceof LockHeld ? 'held' : 'failed', reason }
  }
}

async function renewUnderLock(job: RenewalJob, held: OwnLock, at: (step: RenewalStep) => void): Promise<RenewalResult> {
  const { kind, path } = job
  at('locked')
  // Another program may have done it while we waited, and its word counts.
  const file = readJson(path)
  const { refresh } = tokensIn(kind, file)
  if (refresh === null) return { result: 'not-due', reason: null }
  const draft = draftOf(path, refresh)
  forgetOthers(draft)
  const answered = readJson(draft)
  if (isNewer(tokensIn(kind, answered), tokensIn(kind, file))) {
    // An earlier renewal was killed after its answer.
    await place(job, refresh, draft, answered)
    await remember(job, refresh, { ok: true, reason: null, dead: false })
    return { result: 'renewed', reason: null }
  }
  const now = Date.now()
  if (!isDue(job, now)) return { result: 'not-due', reason: null }
  const before = stateFor(readState(job.record, path), digestOfToken(refresh))
  if (!mayTry(before, job.wanted, now)) return { result: 'not-now', reason: before.reason }
  return spend(job, file, refresh, draft, held, at)
}

async function spend(
  job: RenewalJob,
  file: Fields,
  refresh: string,
  draft: string,
  held: OwnLock,
  at: (step: RenewalStep) => void,
): Promise<RenewalResult> {
  const { kind, path, server, proxies, patienceMs } = job
  let reserved: number
  try {
    reserved = reserve(draft)
  } catch (error) {
    rmSync(draft, { force: true })
    return failed(job, refresh, `the disk takes no new login (${codeOf(error)})`, { diskLow: true })
  }
  try {
    at('reserved')
    if (!(await held.stillOurs())) return { result: 'held', reason: 'another program took over' }
    const { status, body } = await askTokenServer(server, requestOf(kind, file, refresh), proxies, patienceMs)
    if (status < 200 || status > 299 || textAt(body, 'access_token') === null) {
      const word = textAt(body, 'error') ?? textAt(body, 'error', 'type') ?? ''
      const reason = `HTTP ${status} ${word.slice(0, 60).replaceAll(/[^\w .-]/g, '')}`.trim()
      return await failed(job, refresh, reason, word === 'invalid_grant' ? { dead: true } : {})
    }
    at('answered')
    const whole = fileWith(kind, readJson(path), body, Date.now())
    keep(reserved, JSON.stringify(whole))
    at('written')
    await place(job, refresh, draft, whole)
    at('renamed')
    await remember(job, refresh, { ok: true, reason: null, dead: false })
    return { result: 'renewed', reason: null }
  } catch (error) {
    return await failed(job, refresh, codeOf(error))
  } finally {
    closeSync(reserved)
    // What is whole stays for the next renewal; nothing else is of use.
    if (tokensIn(kind, readJson(draft)).access === null) rmSync(draft, { force: true })
  }
}

/** Takes room for the answer, before there is one. */
function reserve(draft: string): number {
  mkdirSync(dirname(draft), { recursive: true, mode: 0o700 })
  const fd = openSync(draft, 'w', 0o600)
  try {
    const blank = Buffer.alloc(reservedBytes, ' ')
    for (let at = 0; at < blank.length;) at += writeSync(fd, blank, at, blank.length - at, at)
    fsyncSync(fd)
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/** Writes into the room that was taken, and gives back the rest. */
function keep(fd: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at, at)
  ftruncateSync(fd, bytes.length)
  fsyncSync(fd)
}

/**
 * Makes the answer the login: by one rename, so that whoever reads meets the old login or the new one. What else the CLI
 * has written into the file meanwhile stays. A disk that says no is asked again for a minute.
 */
async function place({ kind, path }: RenewalJob, spent: string, draft: string, answered: Fields): Promise<void> {
  const own = kind === 'claude' ? ['claudeAiOauth'] : ['tokens', 'last_refresh']
  for (let tries = 1; ; tries++) {
    try {
      return await underLock(
        join(dirname(path), '.storage-write.lock'),
        async () => {
          const there = readJson(path)
          if (isSomebodyElses(kind, there, spent)) return rmSync(draft, { force: true })
          const whole = { ...there, ...Object.fromEntries(own.map((name) => [name, answered[name]])) }
          if (JSON.stringify(whole) !== JSON.stringify(answered)) {
            const fd = openSync(`${draft}.whole`, 'w', 0o600)
            try {
              keep(fd, JSON.stringify(whole))
            } finally {
              closeSync(fd)
            }
            renameSync(`${draft}.whole`, draft)
          }
          renameSync(draft, path)
          syncFolder(dirname(path))
        },
        writeStaleMs,
      )
    } catch (error) {
      if (tries >= placeTries) throw error
      await delay(1000)
    }
  }
}

/** A person has logged in or out meanwhile: what they did counts. Claude's CLI blanks a login whose token is spent. */
function isSomebodyElses(kind: LoginKind, there: Fields, spent: string): boolean {
  const { refresh } = tokensIn(kind, there)
  const isBlanked = refresh === null && fieldsOf(there['claudeAiOauth'])['refreshToken'] === ''
  return refresh !== spent && !isBlanked
}

function isNewer(answered: LoginTokens, there: LoginTokens): boolean {
  if (answered.access === null || answered.access === there.access) return false
  // What is there was spent for it. A token that was refused may have claimed to hold for longer.
  if (answered.refresh !== null && answered.refresh !== there.refresh) return true
  return answered.endsAt === null || there.endsAt === null || answered.endsAt > there.endsAt
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } catch {
    // Not every file system does that.
  } finally {
    closeSync(fd)
  }
}

/** Answers for tokens that this login no longer has are nobody's. */
function forgetOthers(draft: string): void {
  const folder = dirname(draft)
  const ours = basename(draft).replace(/\.[0-9a-f]+$/, '.')
  try {
    for (const name of readdirSync(folder))
      if (name.startsWith(ours) && name !== basename(draft)) rmSync(join(folder, name), { force: true })
  } catch {
    // There is no such folder yet.
  }
}

async function failed(
  job: RenewalJob,
  refresh: string,
  reason: string,
  more: { readonly diskLow?: true; readonly dead?: true } = {},
): Promise<RenewalResult> {
  await remember(job, refresh, { ok: false, reason, dead: more.dead === true })
  return { result: 'failed', reason, ...(more.diskLow === true ? { diskLow: true } : {}) }
}

/** A record that cannot be written now keeps nobody from working. */
async function remember(
  { record, path }: RenewalJob,
  refresh: string,
  told: { readonly ok: boolean; readonly reason: string | null; readonly dead: boolean },
): Promise<void> {
  try {
    await changeState(record, path, (state) => stateAfter(state, digestOfToken(refresh), told, Date.now()))
  } catch (error) {
    console.error(`${record}: ${codeOf(error)}`)
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it failed'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message.slice(0, 200)
}
