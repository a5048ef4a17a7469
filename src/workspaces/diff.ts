import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Result } from '../core/desk.ts'
import { messageOf } from '../core/failure.ts'
import type { Diff, DiffFile } from '../core/work.ts'
import type { Git } from './git.ts'
import type { Repository } from './repository.ts'

/** Discord takes files of 10 MiB; one that people read is shorter. Bytes. */
const mostPatch = 8 * 1024 * 1024
/** Files above this are named, not compared. */
const comparedUpTo = '4m'

/**
 * The working tree of a repository against a commit, untracked files included. The index, the objects and the files are
 * only read: a copy of the index in a folder of its own learns of the untracked ones, by name alone.
 */
export async function diffOf({ git, top }: Repository, base: string | null): Promise<Result<Diff>> {
  const scratch = await mkdtemp(join(tmpdir(), 'omc-diff-'))
  try {
    return await compare(git.in(top), base, scratch)
  } catch (error) {
    return failed(messageOf(error))
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function compare(git: Git, base: string | null, scratch: string): Promise<Result<Diff>> {
  const paths = await git.word(['rev-parse', '--path-format=absolute', '--git-path', 'index', '--git-path', 'objects'])
  const [index = '', objects = ''] = paths?.split('\n') ?? []
  await mkdir(join(scratch, 'objects'))
  // A fresh repository has no index yet.
  await copyFile(index, join(scratch, 'index')).catch(() => undefined)
  const env = {
    GIT_INDEX_FILE: join(scratch, 'index'),
    GIT_OBJECT_DIRECTORY: join(scratch, 'objects'),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: quoted(objects),
  }
  const untracked = await git.run(['ls-files', '--others', '--exclude-standard', '-z'], { env })
  if (!untracked.ok) return failed(untracked.detail)
  // A nested repository is no file of this one (its name ends with a slash).
  const files = untracked.out.split('\0').filter((path) => path !== '' && !path.endsWith('/'))
  if (files.length > 0) {
    const add = ['add', '--intent-to-add', '--pathspec-from-file=-', '--pathspec-file-nul']
    const added = await git.run(add, { env, input: files.join('\0') })
    if (!added.ok) return failed(added.detail)
  }
  const empty = base ?? (await git.run(['mktree'], { env, input: '' }))
  if (typeof empty !== 'string' && !empty.ok) return failed(empty.detail)
  const against = typeof empty === 'string' ? empty : empty.out.trim()
  const compared = [
    ['-c', `core.bigFileThreshold=${comparedUpTo}`, 'diff', '--no-ext-diff', '--no-textconv', '--no-color'],
    ['--no-renames', '--ignore-submodules=dirty'],
  ].flat()
  const numbers = await git.run([...compared, '--numstat', '-z', against, '--'], { env })
  if (!numbers.ok) return failed(numbers.detail)
  const patch = await git.run([...compared, '--patch', against, '--'], { env, most: mostPatch })
  if (!patch.ok) return failed(patch.detail)
  return {
    ok: true,
    value: { base, files: filesIn(numbers.out), patch: utf8(whole(patch.out, patch.cut)), cut: patch.cut },
  }
}

/** `12\t3\tpath` for each file, `-\t-\tpath` for one that is no text. */
function filesIn(numbers: string): readonly DiffFile[] {
  return numbers.split('\0').flatMap((line) => {
    const [, added, removed, path] = /^(\d+|-)\t(\d+|-)\t(.+)$/s.exec(line) ?? []
    if (path === undefined) return []
    const lines = added === '-' ? null : { added: Number(added), removed: Number(removed) }
    return [{ path: utf8(path), lines }]
  })
}

/** A patch that was cut ends before the file that was cut, or with a whole line of the first. */
function whole(patch: string, cut: boolean): string {
  if (!cut) return patch
  const file = patch.lastIndexOf('\ndiff --git ')
  return patch.slice(0, (file > 0 ? file : patch.lastIndexOf('\n')) + 1)
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/** The variable is a list: a path with a colon in it must be quoted. */
function quoted(path: string): string {
  return /[:"\\]/.test(path) ? `"${path.replaceAll(/["\\]/g, '\\$&')}"` : path
}

function failed(detail: string): { readonly ok: false; readonly refusal: { code: 'git-failed'; detail: string } } {
  return { ok: false, refusal: { code: 'git-failed', detail } }
}
