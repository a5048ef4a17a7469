import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pageFiles } from '../../system/program.ts'

/** What a browser is given of the page, by name. */
export type PageFiles = Readonly<Record<string, string>>

/** Two packages that the page is made with, as they were published. */
const vendored: Readonly<Record<string, string>> = {
  'preact.js': 'preact/dist/preact.mjs',
  'htm.js': 'htm/dist/htm.mjs',
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

/** Packages of which something is handed on to browsers. */
export const vendoredPackages: readonly string[] = ['preact', 'htm']

/** All files of the page. There are no others, whatever name is asked for. */
export async function readPageFiles(): Promise<PageFiles> {
  if ('built' in pageFiles) return JSON.parse(await readFile(pageFiles.built, 'utf8')) as PageFiles
  const { client, packages } = pageFiles
  const own = (await readdir(client)).filter((name) => typeOf(name) !== null)
  const read = [
    ...own.map((name) => [name, join(client, name)] as const),
    ...Object.entries(vendored).map(([name, path]) => [name, join(packages, path)] as const),
  ].map(async ([name, path]) => [name, await readFile(path, 'utf8')] as const)
  return Object.fromEntries(await Promise.all(read))
}

/** What a file is, by the end of its name; null: nothing that is served. */
export function typeOf(name: string): string | null {
  return name.endsWith('.d.ts') ? null : (types[name.slice(name.lastIndexOf('.') + 1)] ?? null)
}
