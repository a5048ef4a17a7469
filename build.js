// Builds what is published: dist/ holds the bot as a bundle with all that it needs (tools/bundle.ts), and in dist/sandbox
// the package loopback-discord as it is published itself, with its types. Our package brings the sandbox, so that it is
// one thing to install; so what the sandbox depends on is what installing ours installs.
import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath, exit } from 'node:process'
import { bundle } from './tools/bundle.ts'

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
const { files, packages } = await bundle({ main: join(root, 'src', 'main.ts') }, './sandbox/sandbox.js')
for (const { path, text } of files) writeFileSync(join(dist, path), text)
writeFileSync(join(dist, 'THIRD-PARTY.txt'), packages.map(termsOf).join('\n\n'))

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

/**
 * Under what terms a package that is in the bundle is passed on.
 * @param {string} name
 */
function termsOf(name) {
  const folder = join(root, 'node_modules', name)
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const terms = readdirSync(folder).filter((each) => /^(licen[cs]e|notice)(\.|$)/i.test(each))
  return [
    `${name} ${version} (${license})`,
    ...terms.map((each) => readFileSync(join(folder, each), 'utf8').trim()),
  ].join('\n\n')
}
