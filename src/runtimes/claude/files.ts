import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import type { AttachedFile } from '../../core/attachment.ts'

/** Media types that the model takes as they are. */
const images = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])
const texts = /^(text\/|application\/(json|xml|yaml|x-yaml|toml|javascript|x-sh|sql)\b)/

/** Bytes at most of what is sent along; the API takes 5 MB of base64 for an image (facts/claude-cli.md section 8). */
const limits = { image: 3_500_000, pdf: 10_000_000, text: 256_000 } as const

/** Whether a file is sent along; any other is named by its path, for the agent to read. */
export function isShown(file: AttachedFile): boolean {
  const kind = kindOf(file)
  return kind !== null && file.bytes <= limits[kind]
}

/** The block that shows a file to the model; none for what is only named, or can no longer be read. */
export function blockOf(file: AttachedFile): readonly object[] {
  const kind = kindOf(file)
  if (kind === null || !isShown(file)) return []
  const bytes = bytesOf(file.path)
  if (bytes === null) return []
  if (kind === 'text') {
    const source = { type: 'text', media_type: 'text/plain', data: new TextDecoder().decode(bytes) }
    return [{ type: 'document', source, title: file.name }]
  }
  const source = { type: 'base64', media_type: typeOf(file), data: bytes.toString('base64') }
  return [{ type: kind === 'pdf' ? 'document' : 'image', source }]
}

/**
 * What is denied when some files below it are to be read: of a folder that holds one, everything beside the way to it.
 * Where the file itself lies its neighbours are left to the CLI, which asks about every path outside the session's
 * folder.
 */
export function deniedBut(denied: readonly string[], readable: readonly string[]): readonly string[] {
  return denied.flatMap((folder) => {
    const inside = readable.filter((path) => path.startsWith(folder + sep))
    return inside.length === 0 ? [folder] : besides(folder, inside)
  })
}

function besides(folder: string, readable: readonly string[]): readonly string[] {
  return namesIn(folder).flatMap((name) => {
    const path = join(folder, name)
    const inside = readable.filter((each) => each.startsWith(path + sep))
    if (inside.length === 0) return [path]
    const isNext = inside.some((each) => !each.slice(path.length + 1).includes(sep))
    return isNext ? [] : besides(path, inside)
  })
}

function kindOf(file: AttachedFile): keyof typeof limits | null {
  const type = typeOf(file)
  if (images.has(type)) return 'image'
  if (type === 'application/pdf') return 'pdf'
  return texts.test(type) ? 'text' : null
}

function typeOf({ type }: AttachedFile): string {
  return (type.split(';')[0] ?? '').trim().toLowerCase()
}

function bytesOf(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch {
    return null
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
