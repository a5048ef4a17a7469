import { existsSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Json } from './lines.ts'

/** What the CLI makes of the text of messages before the model sees it (facts/claude-cli.md section 11). */
export interface Scanned {
  readonly content: readonly Json[]
  /** The command that the last text block begins with; null: it is for the model. */
  readonly command: string | null
}

/** Reads `@path` and `/command`, which count in the last block of text only. `contents`: of all messages of the turn. */
export function scanned(contents: readonly unknown[]): Scanned {
  const content = contents.flatMap(blocksOf)
  const last = content.findLast((block) => block['type'] === 'text')
  const text = (last?.['text'] as string | undefined) ?? ''
  const files = [...text.matchAll(/(?:^|\s)@(\S+)/g)].flatMap(([, path = '']) => fileAt(path))
  return { content: [...files, ...content], command: /^\/[a-z][\w-]*(?=\s|$)/.exec(text)?.[0] ?? null }
}

function blocksOf(content: unknown): readonly Json[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : (content as readonly Json[])
}

function fileAt(named: string): Json[] {
  const path = resolve(named)
  if (!existsSync(path) || !statSync(path).isFile()) return []
  return [{ type: 'text', text: `<system-reminder>\n${path}\n${readFileSync(path, 'utf8')}\n</system-reminder>` }]
}
