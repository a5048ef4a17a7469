import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Result } from '../core/desk.ts'
import type { Diff, DiffFile } from '../core/work.ts'
import type { GitDir } from './git-dir.ts'
import { utf8 } from './git.ts'

/** Discord takes files of 10 MiB; one that people read is shorter. Bytes. */
const mostPatch = 8 * 1024 * 1024
/** Files above this are named, not compared. */
const comparedUpTo = '4m'

/**
 * A working tree against a commit, untracked files included. The index, the objects and the files are only read: a copy
 * of the index learns of the untracked ones, by name alone.
 */
export async function diffOf(dir: GitDir, base: string | null): Promise<Result<Diff>> {
  const objects = join(dir.scratch, 'new-objects')
  await mkdir(objects)
  const git = (await dir.withIndex()).with({
    GIT_OBJECT_DIRECTORY: objects,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: quoted(join(dir.scratch, 'objects')),
  })
  const untracked = await git.run(['ls-files', '--others', '--exclude-standard', '-z'])
  if (!untracked.ok) return failed(untracked.detail)
  // A nested repository is no file of this one (its name ends with a slash).
  const files = untracked.out.split('\0').filter((path) => path !== '' && !path.endsWith('/'))
  if (files.length > 0) {
    const add = ['add', '--intent-to-add', '--pathspec-from-file=-', '--pathspec-file-nul']
    const added = await git.run(add, { input: files.join('\0') })
    if (!added.ok) return failed(added.detail)
  }
  const empty = base ?? (await git.run(['mktree'], { input: '' }))
  if (typeof empty !== 'string' && !empty.ok) return failed(empty.detail)
  const against = typeof empty === 'string' ? empty : empty.out.trim()
  const compared = [
    ['-c', `core.bigFileThreshold=${comparedUpTo}`, 'diff', '--no-ext-diff', '--no-textconv', '--no-color'],
    ['--no-renames', '--ignore-submodules=dirty'],
  ].flat()
  const numbers = await git.run([...compared, '--numstat', '-z', against, '--'])
  if (!numbers.ok) return failed(numbers.detail)
  const patch = await git.run([...compared, '--patch', against, '--'], { most: mostPatch })
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

/** The variable is a list: a path with a colon in it must be quoted. */
function quoted(path: string): string {
  return /[:"\\]/.test(path) ? `"${path.replaceAll(/["\\]/g, '\\$&')}"` : path
}

function failed(detail: string): { readonly ok: false; readonly refusal: { code: 'git-failed'; detail: string } } {
  return { ok: false, refusal: { code: 'git-failed', detail } }
}
