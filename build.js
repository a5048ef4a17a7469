// Builds what is published: dist/ holds the sources as JavaScript with their types, and in dist/sandbox the package
// loopback-discord as it is published itself. Node strips no types under node_modules, so a package cannot bring
// TypeScript; and our package brings the sandbox, so that it is one thing to install. That is why the dependencies of the
// sandbox (ws) are ours as well.
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { execPath, exit } from 'node:process'

const root = import.meta.dirname
const dist = join(root, 'dist')
const sandbox = join(root, 'packages', 'sandbox')

// What an earlier build left would be packed, too.
rmSync(dist, { recursive: true, force: true })
// The sandbox first: ours is compiled against its types.
compile(join(sandbox, 'tsconfig.build.json'))
for (const each of ['README.md', 'LICENSE']) cpSync(join(sandbox, each), join(dist, 'sandbox', each))
cpSync(join(sandbox, 'src', 'page'), join(dist, 'sandbox', 'page'), { recursive: true })
writeFileSync(join(dist, 'sandbox', 'package.json'), `${JSON.stringify(published(), null, 2)}\n`)
compile(join(root, 'tsconfig.build.json'))
pointAtSandbox()

/** @param {string} project */
function compile(project) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const built = spawnSync(execPath, [tsc, '-p', project], { stdio: 'inherit' })
  if (built.status !== 0) exit(1)
}

/** The sandbox's manifest, pointing at what was built instead of at the sources. */
function published() {
  const {
    devDependencies: _,
    files: _all,
    exports,
    ...manifest
  } = JSON.parse(readFileSync(join(sandbox, 'package.json'), 'utf8'))
  const built = Object.entries(exports).map(([name, source]) => {
    const file = source.replace('./src/', './')
    if (!file.endsWith('.ts')) return [name, file]
    return [name, { types: file.replace(/\.ts$/, '.d.ts'), default: file.replace(/\.ts$/, '.js') }]
  })
  return { ...manifest, exports: Object.fromEntries(built) }
}

/** In the package that is published there is no loopback-discord beside it, only the one within. */
function pointAtSandbox() {
  for (const name of globSync('**/*.{js,d.ts}', { cwd: dist, exclude: ['sandbox/**'] })) {
    const file = join(dist, name)
    const within = relative(dirname(file), join(dist, 'sandbox', 'sandbox.js')).replaceAll('\\', '/')
    const text = readFileSync(file, 'utf8')
    const pointed = text.replaceAll(`from 'loopback-discord'`, `from './${within}'`)
    if (pointed !== text) writeFileSync(file, pointed)
  }
}
