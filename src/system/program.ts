import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Our code from its sources: every file lies where it was written. Built, all of it lies in one folder. */
const isSource = import.meta.filename.endsWith('.ts')

/** The folder with all code of ours: `src/`, or where it was built to (tools/bundle.ts puts every file straight into it). */
export const codeFolder: string = isSource ? dirname(import.meta.dirname) : import.meta.dirname

/** Where this program lies: the folder of its package.json. */
export const programFolder: string = withManifest(codeFolder)

/** The package's version. */
export const version: string = readVersion()

/** What of ours is started as a process of its own: its source within `src/`, without its ending. Each is built as one file. */
export const programs = [
  'egress/main',
  'egress/renew',
  'runtimes/echo/agent',
  'runtimes/engine/end-resting',
  'runtimes/engine/stdio-tools',
  'stores/look-whole',
] as const

/** The file of such a program. */
export function programNamed(name: (typeof programs)[number]): string {
  return join(codeFolder, isSource ? `${name}.ts` : `${name.replaceAll('/', '-')}.js`)
}

/** The files of the operator's page, for whoever serves them: sources in a checkout, one file where they are built. */
export const pageFiles: { readonly built: string } | { readonly client: string; readonly packages: string } = isSource
  ? { client: join(codeFolder, 'web', 'page', 'client'), packages: join(programFolder, 'node_modules') }
  : { built: join(codeFolder, 'page-files.json') }

function withManifest(folder: string): string {
  if (existsSync(join(folder, 'package.json')) || dirname(folder) === folder) return folder
  return withManifest(dirname(folder))
}

function readVersion(): string {
  const read: unknown = JSON.parse(readFileSync(join(programFolder, 'package.json'), 'utf8'))
  return typeof read === 'object' && read !== null && 'version' in read ? String(read.version) : '0.0.0'
}
