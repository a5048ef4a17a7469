import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MessageId, PersonId, PlaceId, AccountId, RuntimeName, SessionId, SessionKey } from '../src/core/ids.ts'
import type { Session } from '../src/core/session.ts'
import type { Confinement } from '../src/core/confinement.ts'
import { none } from '../src/confinement/none.ts'
import { workspaces } from '../src/workspaces/roots.ts'
import { repeat, type Figure, type Measurement, type Size } from './figure.ts'

const files = 50_000

/** What a person waits for at `/session start` and at `/diff`, in a small repository and in one of 50,000 files. */
export const worktrees: Measurement = {
  name: 'Worktrees',
  async run(size: Size): Promise<readonly Figure[]> {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'bench-worktrees-')))
    try {
      const [times, ms] = size === 'full' ? [7, 20_000] : [3, 1_500]
      const small = await measure(root, 'small', 20, times, ms)
      const big = await measure(root, 'big', files, times, ms)
      return [
        { what: 'start a session with a worktree', unit: 'ms', values: small.starts, below: 1000 },
        { what: 'the same on a repository with 50 000 files', unit: 'ms', values: big.starts },
        { what: '/diff on a repository with 50 000 files', unit: 'ms', values: big.diffs, below: 2500 },
        { what: '/diff on a small one', unit: 'ms', values: small.diffs },
        { what: '`git diff` of a person there, untracked files left out', unit: 'ms', values: big.plain },
      ]
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  },
}

interface Times {
  /** Of `git worktree add`, which makes no clone. */
  readonly worktrees: readonly number[]
  readonly starts: readonly number[]
  readonly diffs: readonly number[]
  readonly plain: readonly number[]
}

/** What starts and comparisons take in a repository of so many files, with git in boxes or not. */
export async function measure(
  root: string,
  name: string,
  count: number,
  times: number,
  ms: number,
  confinement: Confinement = none('the bench'),
): Promise<Times> {
  const folder = repository(root, name, count)
  const places = workspaces({
    roots: [root],
    home: root,
    program: join(root, 'bot'),
    confinement,
    scratch: join(root, 'scratch'),
  })
  const starts = await repeat(times, ms, async (nth) => {
    const from = performance.now()
    const opened = await places.open({ name: `session-${nth}`, folder, worktree: true }, [])
    const took = performance.now() - from
    if (!opened.ok || opened.value.worktree === null) throw new Error(`no worktree in ${folder}`)
    await places.close(opened.value.worktree)
    return took
  })
  const opened = await places.open({ name: 'diff', folder, worktree: true }, [])
  if (!opened.ok) throw new Error(`no worktree in ${folder}`)
  const { workdir } = opened.value
  // A day of work: some files changed, some new.
  for (let nth = 0; nth < Math.min(count, 40); nth++) {
    writeFileSync(join(workdir, `d${nth % 100}`, `f${nth}.ts`), 'changed\n'.repeat(20))
    writeFileSync(join(workdir, `d${nth % 100}`, `new${nth}.ts`), 'new\n'.repeat(20))
  }
  const session = sessionIn(opened.value)
  const diffs = await repeat(times, ms, async () => {
    const from = performance.now()
    const diff = await places.diff(session)
    if (!diff.ok || diff.value.files.length === 0) throw new Error('no diff')
    return performance.now() - from
  })
  const plain = await repeat(times, ms, () => {
    const from = performance.now()
    git(workdir, 'diff', 'HEAD')
    return performance.now() - from
  })
  const worktrees = await repeat(times, ms, (nth) => {
    const from = performance.now()
    git(folder, 'worktree', 'add', '--quiet', join(root, `${name}-worktree-${nth}`))
    return performance.now() - from
  })
  return { starts, diffs, plain, worktrees }
}

function repository(root: string, name: string, count: number): string {
  const folder = join(root, name)
  for (let nth = 0; nth < Math.min(100, count); nth++) mkdirSync(join(folder, `d${nth}`), { recursive: true })
  for (let nth = 0; nth < count; nth++) {
    writeFileSync(join(folder, `d${nth % 100}`, `f${nth}.ts`), `export const n${nth} = ${nth}\n`)
  }
  git(folder, 'init', '--quiet')
  git(folder, 'add', '-A')
  git(folder, '-c', 'user.name=b', '-c', 'user.email=b@example.org', 'commit', '--quiet', '-m', 'first')
  return folder
}

function sessionIn({ workdir, worktree }: Pick<Session, 'workdir' | 'worktree'>): Session {
  return {
    id: 's' as SessionId,
    key: '1' as SessionKey,
    place: { kind: 'dm', id: '1' as PlaceId },
    name: 'diff',
    runtime: 'echo' as RuntimeName,
    workdir,
    model: null,
    owner: '1' as PersonId,
    account: 'default' as AccountId,
    conversation: null,
    since: '1' as MessageId,
    worker: null,
    worktree,
    trusted: false,
    startedAt: 0,
    endedAt: null,
  }
}

function git(cwd: string, ...args: string[]): void {
  const env = { PATH: process.env['PATH'] ?? '', HOME: cwd, GIT_CONFIG_NOSYSTEM: '1' }
  execFileSync('git', args, { cwd, env, stdio: 'ignore', maxBuffer: 2 ** 28 })
}
