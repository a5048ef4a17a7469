import type { Diff, DiffFile } from '../../core/work.ts'
import { exact } from '../../core/figures.ts'
import { code } from '../../core/markdown.ts'

const shown = 15

/** The words of one language that the summary of a diff is put together from. */
export interface DiffWords {
  readonly notText: string
  more(count: number): string
}

/** The files with the most changes first, one a line: `+12 −3` and the path. */
export function diffLines({ files }: Diff, words: DiffWords): readonly string[] {
  const lines = [...files]
    .sort((a, b) => weight(b) - weight(a))
    .slice(0, shown)
    .map((file) => diffLine(file, words))
  return files.length > shown ? [...lines, words.more(files.length - shown)] : lines
}

/** `+120 −8` over all files. */
export function diffSum({ files }: Diff): string {
  const sum = (side: 'added' | 'removed'): number => files.reduce((all, { lines }) => all + (lines?.[side] ?? 0), 0)
  return `+${exact(sum('added'))} −${exact(sum('removed'))}`
}

function diffLine({ path, lines }: DiffFile, words: DiffWords): string {
  const count = lines === null ? words.notText : `+${exact(lines.added)} −${exact(lines.removed)}`
  return `${count} ${code(path, 90)}`
}

function weight({ lines }: DiffFile): number {
  return lines === null ? 0 : lines.added + lines.removed
}
