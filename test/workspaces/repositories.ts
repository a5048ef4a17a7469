import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { none } from '../../src/confinement/none.ts'
import type { Checkpoint } from '../../src/core/checkpoint.ts'
import type { Confinement } from '../../src/core/confinement.ts'
import type { Session, Worktree } from '../../src/core/session.ts'
import type { Workspace, Workspaces } from '../../src/core/workspace.ts'
import { workspaces } from '../../src/workspaces/roots.ts'
import { session } from '../stores/cast.ts'

interface GroundOptions {
  readonly confinement?: Confinement
  readonly checkpoint?: Checkpoint
  /** A folder that goes with it. */
  readonly also?: string
}

/** Roots with repositories in them, as a person would make them, and the workspaces over them. */
export class Ground implements AsyncDisposable {
  readonly base: string
  readonly workspaces: Workspaces
  readonly #also: readonly string[]

  private constructor(base: string, { confinement = none('not here'), checkpoint, also }: GroundOptions) {
    this.base = base
    this.#also = also === undefined ? [] : [also]
    this.workspaces = workspaces({
      confinement,
      scratch: join(base, 'scratch'),
      ...(checkpoint === undefined ? {} : { checkpoint }),
      roots: [join(base, 'projects')],
      home: join(base, 'home'),
      program: join(base, 'bot'),
    })
  }

  static async open(options: GroundOptions = {}): Promise<Ground> {
    const base = await realpath(await mkdtemp(join(tmpdir(), 'git-')))
    await mkdir(join(base, 'projects'))
    await mkdir(join(base, 'home'))
    return new Ground(base, options)
  }

  at(...parts: string[]): string {
    return join(this.base, 'projects', ...parts)
  }

  /** git as the person runs it: with their own configuration and nothing of ours. */
  git(folder: string, ...args: string[]): string {
    return execFileSync('git', args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: join(this.base, 'home'),
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: 'olivia',
        GIT_AUTHOR_EMAIL: 'o@example.org',
        GIT_COMMITTER_NAME: 'olivia',
        GIT_COMMITTER_EMAIL: 'o@example.org',
      },
    }).trimEnd()
  }

  /** A repository with these files in its first commit; none: no commit. */
  async repository(
    name: string,
    files: Readonly<Record<string, string>> = { 'README.md': '# Shop\n' },
  ): Promise<string> {
    const folder = this.at(name)
    await mkdir(folder, { recursive: true })
    this.git(folder, 'init', '--quiet', '-b', 'main')
    if (Object.keys(files).length === 0) return folder
    await this.write(folder, files)
    this.git(folder, 'add', '-A')
    this.git(folder, 'commit', '--quiet', '-m', 'first')
    return folder
  }

  async write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
  }

  /** A session's workspace; fails the test when it is refused. */
  async opens(
    folder: string,
    name = 'fix',
    live: readonly Session[] = [],
  ): Promise<Workspace & { readonly worktree: Worktree }> {
    const opened = await this.workspaces.open({ name, folder, worktree: true }, live)
    if (!opened.ok) throw new Error(JSON.stringify(opened.refusal))
    const { worktree } = opened.value
    if (worktree === null) throw new Error('there is no worktree')
    return { ...opened.value, worktree }
  }

  /** A live session in a workspace. */
  session(name: string, { workdir, worktree }: Workspace): Session {
    return session(name, undefined, { workdir, worktree })
  }

  /** Everything of the person's that must stay as it is: files, index, branches but ours, HEAD, stash, configuration. */
  standing(folder: string): string {
    const refs = this.git(folder, 'for-each-ref', '--format=%(refname) %(objectname)')
    return [
      this.git(folder, 'status', '--porcelain=v2', '--branch', '--untracked-files=all'),
      refs
        .split('\n')
        .filter((ref) => !/^refs\/(heads\/)?omc\//.test(ref))
        .join('\n'),
      this.git(folder, 'stash', 'list'),
      this.git(folder, 'config', '--local', '--list'),
      this.git(folder, 'ls-files', '--stage'),
    ].join('\n---\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const folder of [this.base, ...this.#also]) await rm(folder, { recursive: true, force: true })
  }
}
