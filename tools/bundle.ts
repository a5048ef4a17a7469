// Makes one file of a program and everything it is made of, dependencies too: a start reads one file in the place of
// eight hundred. What is loaded only when it is needed becomes a file of its own, so that `--version` stays light.
// All files go straight into one folder: src/system/program.ts knows them by that.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { build } from 'esbuild'
import { lightStart } from './light-start.ts'
import { programs } from '../src/system/program.ts'
import { readPageFiles, vendoredPackages } from '../src/web/page/files.ts'

const root = join(import.meta.dirname, '..')
const dayMs = 86_400_000

/** Modules that came from CommonJS ask for Node's own by `require`. */
const banner = `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);`

interface Built {
  /** Its name: `bundle` has all files in one folder. */
  readonly path: string
  readonly text: string
}

interface Bundle {
  readonly files: readonly Built[]
  /** The packages that are in it, by name. */
  readonly packages: readonly string[]
}

/**
 * Bundles a program with what it starts.
 *
 * @param sources by the name of the file that each becomes, without its ending. They share what both are made of.
 * @param sandbox what stands for the package loopback-discord, which is never taken in.
 */
export async function bundle(sources: Readonly<Record<string, string>>, sandbox = 'loopback-discord'): Promise<Bundle> {
  const others = programs.map((each) => ({ [each.replaceAll('/', '-')]: join(root, 'src', `${each}.ts`) }))
  const built = await Promise.all([sources, ...others].map((entry, nth) => make(entry, nth === 0, sandbox)))
  const page = { path: 'page-files.json', text: JSON.stringify(await readPageFiles()) }
  return {
    files: [...built.flatMap(({ files }) => files), page],
    packages: [...new Set([...built.flatMap(({ packages }) => packages), ...vendoredPackages])].sort(),
  }
}

/**
 * Writes it to a folder within this one that is named after what is in it, and returns that: whoever runs an older one
 * keeps it. What nobody has asked for in a day goes.
 */
export function writeByContent(files: Bundle['files'], within: string): string {
  const hash = createHash('sha256')
  for (const { path, text } of files) hash.update(path).update('\0').update(text)
  const folder = join(within, hash.digest('hex').slice(0, 16))
  for (const name of existsSync(within) ? readdirSync(within) : []) {
    const old = join(within, name)
    if (old !== folder && Date.now() - statSync(old).mtimeMs > dayMs) rmSync(old, { recursive: true, force: true })
  }
  if (existsSync(folder)) {
    utimesSync(folder, new Date(), new Date())
    return folder
  }
  const draft = `${folder}.${process.pid}`
  for (const { path, text } of files) {
    mkdirSync(dirname(join(draft, path)), { recursive: true })
    writeFileSync(join(draft, path), text)
  }
  try {
    renameSync(draft, folder)
  } catch {
    // Somebody else was quicker; it is the same.
    rmSync(draft, { recursive: true, force: true })
  }
  return folder
}

/**
 * One letter beyond ASCII makes Node keep the whole file in two bytes a letter, a tenth of what loading it costs. esbuild leaves
 * some in comments and regular expressions, where an escape is the same.
 */
function plain(text: string): string {
  if (/String\.raw`[^`]*[^\p{ASCII}`]/u.test(text))
    throw new Error('String.raw holds what is not ASCII: it would not be the same.')
  return text.replaceAll(/[^\p{ASCII}]/gu, (letters) =>
    Array.from(
      { length: letters.length },
      (_, nth) => `\\u${letters.charCodeAt(nth).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}

/** `splitting`: what is loaded later becomes files of its own. */
async function make(
  entryPoints: Readonly<Record<string, string>>,
  splitting: boolean,
  sandbox: string,
): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: join(root, 'dist'),
    bundle: true,
    splitting,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    banner: { js: banner },
    chunkNames: '[name]-[hash]',
    legalComments: 'none',
    logLevel: 'error',
    plugins: [
      {
        name: 'the sandbox stays outside',
        setup(builder) {
          builder.onResolve({ filter: /^loopback-discord$/ }, () => ({ path: sandbox, external: true }))
        },
      },
      lightStart,
    ],
  })
  const used = Object.keys(metafile.inputs).flatMap(
    (input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? [],
  )
  return {
    files: outputFiles.map(({ path, text }) => ({ path: basename(path), text: plain(text) })),
    packages: [...new Set(used)],
  }
}
