import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'

const bin = join(import.meta.dirname, '../../bin/discord-orchestrator.js')
const base = mkdtempSync(join(tmpdir(), 'launcher-'))
after(() => rmSync(base, { recursive: true, force: true }))

/** A program in the place of ours: says who runs it and how, then does what its argument says. */
const program = `
const [, , what] = process.argv
if (what === 'wait') {
  process.on('SIGTERM', () => process.exit(5))
  setInterval(() => {}, 1000)
}
console.log(JSON.stringify({ where: import.meta.filename, node: process.execPath, args: process.argv.slice(2) }))
if (what === 'sqlite') {
  process.emitWarning('SQLite is an experimental feature', 'ExperimentalWarning')
  process.emitWarning('Something else is an experimental feature', 'ExperimentalWarning')
  process.emitWarning('this is old', 'DeprecationWarning')
}
if (what === 'exit') process.exit(7)
if (what === 'signalled') {
  process.kill(process.pid, 'SIGUSR1')
  // Node says on stderr when its inspector listens, a moment later.
  const { url } = await import('node:inspector')
  for (let turn = 0; turn < 200 && url() === undefined; turn++) await new Promise((resolve) => setTimeout(resolve, 5))
  console.log(url() === undefined ? 'no inspector' : 'an inspector')
}
if (what === 'die') process.kill(process.pid, 'SIGKILL')
`

/** The launcher in a package with these files. */
function packed(name: string, ...files: readonly string[]): string {
  const root = join(base, name)
  mkdirSync(join(root, 'bin'), { recursive: true })
  cpSync(bin, join(root, 'bin/discord-orchestrator.js'))
  writeFileSync(join(root, 'package.json'), '{"type":"module"}')
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    if (file.startsWith('node_modules')) symlinkSync(process.execPath, join(root, file))
    else writeFileSync(join(root, file), program)
  }
  return root
}

/** Makes this Node say that it is another one. The launcher cannot know better; its own syntax is tried by hand. */
function as(version: string): readonly string[] {
  const script = `const versions = { ...process.versions, node: '${version}' }
    Object.defineProperty(process, 'versions', { value: versions })`
  return ['--import', `data:text/javascript,${encodeURIComponent(script)}`]
}

interface Ran {
  readonly code: number | string | null
  readonly stdout: string
  readonly stderr: string
}

/** `NAME=value` among the arguments is a variable; there are no others. */
function run(root: string, flags: readonly string[], ...words: readonly string[]): Promise<Ran> {
  const isVariable = (word: string): boolean => /^[A-Z_]+=/.test(word)
  const args = words.filter((word) => !isVariable(word))
  const env = Object.fromEntries(words.filter(isVariable).map((word) => word.split('=')))
  const script = join(root, 'bin/discord-orchestrator.js')
  return new Promise((resolve) => {
    execFile(process.execPath, [...flags, script, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.signal ?? error.code ?? null), stdout, stderr })
    })
  })
}

describe('the launcher', { concurrency: 3 }, () => {
  it('runs the sources in a checkout, the build in a package', async () => {
    const both = await run(packed('both', 'src/main.ts', 'dist/main.js'), [], 'x', '--y')
    assert.match(both.stdout, /both\/src\/main\.ts.*\["x","--y"\]/)
    const built = await run(packed('built', 'dist/main.js'), [])
    assert.match(built.stdout, /built\/dist\/main\.js/)
  })

  it('says what to do when Node is too old', async () => {
    for (const version of ['12.22.12', '20.19.0', '22.17.1', '23.5.0']) {
      const ran = await run(packed(`old-${version}`, 'src/main.ts'), as(version))
      assert.equal(ran.code, 1)
      assert.equal(ran.stdout, '')
      assert.match(ran.stderr, new RegExp(`needs Node 22\\.18 or newer; this is ${version}\\.\nInstall`))
    }
    for (const version of ['22.18.0', '23.6.0', '24.0.0', '30.1.0']) {
      assert.equal((await run(packed(`new-${version}`, 'src/main.ts'), as(version))).code, 0, version)
    }
  })

  it("runs itself with the repository's own Node then", async () => {
    const root = packed('own', 'src/main.ts', 'node_modules/node/bin/node')
    const ran = await run(root, as('20.19.0'), 'exit', '--all')
    assert.match(ran.stdout, /own\/src\/main\.ts.*\["exit","--all"\]/)
    assert.equal(ran.code, 7)
    assert.equal((await run(root, as('20.19.0'), 'die')).code, 'SIGKILL')
  })

  it('does not go round in circles when that one is too old as well', async () => {
    const root = packed('circle', 'src/main.ts')
    const own = join(root, 'node_modules/node/bin/node')
    mkdirSync(dirname(own), { recursive: true })
    const quoted = as('18.0.0')
      .map((flag) => `'${flag.replaceAll("'", `'\\''`)}'`)
      .join(' ')
    writeFileSync(own, `#!/bin/sh\nexec '${process.execPath}' ${quoted} "$@"\n`)
    chmodSync(own, 0o755)
    const ran = await run(root, as('20.19.0'))
    assert.equal(ran.code, 1)
    assert.match(ran.stderr, /needs Node 22\.18/)
  })

  it('passes signals on and keeps the exit code', async () => {
    const root = packed('signals', 'src/main.ts', 'node_modules/node/bin/node')
    const script = join(root, 'bin/discord-orchestrator.js')
    const child = spawn(process.execPath, [...as('20.19.0'), script, 'wait'], {
      env: {},
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    assert.deepEqual(await once(child, 'exit'), [5, null])
  })

  it('opens no inspector at SIGUSR1, however it is started', async () => {
    const root = packed('inspected', 'src/main.ts', 'node_modules/node/bin/node')
    for (const flags of [[], ['--disable-sigusr1'], as('20.19.0')]) {
      const ran = await run(root, flags, 'signalled')
      assert.match(ran.stdout, /^no inspector$/m, flags.join(' '))
      assert.equal(ran.code, 0)
      assert.equal(ran.stderr, '')
    }
  })

  it('keeps what was compiled for its owner, and nothing where there is no home', async () => {
    const root = packed('compiled', 'src/main.ts')
    const home = join(base, 'home')
    mkdirSync(home)
    const kept = join(home, '.cache/discord-orchestrator/compiled')
    assert.equal((await run(root, [], 'x', `HOME=${home}`)).code, 0)
    assert.ok(readdirSync(kept).length > 0)
    const elsewhere = join(base, 'elsewhere')
    assert.equal((await run(root, [], 'x', `HOME=${home}`, `XDG_CACHE_HOME=${elsewhere}`)).code, 0)
    assert.deepEqual(readdirSync(elsewhere), ['discord-orchestrator'])
    // A cache that cannot be is none.
    assert.equal((await run(root, [], 'x', 'HOME=/dev/null')).code, 0)
    assert.equal((await run(root, [], 'x')).code, 0)
  })

  it('drops the warning of node:sqlite on Node 22, and no other', async () => {
    const root = packed('warnings', 'src/main.ts')
    const on22 = await run(root, as('22.20.0'), 'sqlite')
    assert.doesNotMatch(on22.stderr, /SQLite/)
    assert.match(on22.stderr, /Something else is an experimental feature/)
    assert.match(on22.stderr, /this is old/)
    assert.match((await run(root, as('24.0.0'), 'sqlite')).stderr, /SQLite is an experimental feature/)
  })
})
