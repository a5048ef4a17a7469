#!/usr/bin/env node
// Runs on any Node from 12 on, so that an old one can be told what is wrong: no syntax and no module newer than that.
import { spawn } from 'child_process'
import { existsSync } from 'fs'
import * as modules from 'module'
import { constants } from 'os'
import { dirname, join } from 'path'
import { fileURLToPath, pathToFileURL } from 'url'

const here = fileURLToPath(import.meta.url)
const root = dirname(dirname(here))

/** Without it any process of the same user opens Node's inspector by SIGUSR1, and reads the token there. */
const closed = '--disable-sigusr1'
/** What is young is tidied away sooner: some 28 MB less at rest and 40 at work, for a few hundredths of CPU at most. */
const lean = '--max-semi-space-size=2'

if (isNewEnough(process.versions.node)) {
  if (!isQuestion(process.argv[2])) closeInspector()
  hideSqliteWarning()
  compileOnce()
  // A published package has no src, and brings all that it needs in dist. A checkout needs what it is built from.
  const source = join(root, 'src', 'main.ts')
  const isCheckout = existsSync(source)
  import(pathToFileURL(isCheckout ? source : join(root, 'dist', 'main.js')).href).catch((error) => {
    if (isCheckout && error.code === 'ERR_MODULE_NOT_FOUND') {
      console.error('A package that the sources need is not installed. Run `npm ci --include=dev` in ' + root + '.')
      console.error(error.message)
    } else console.error(error)
    process.exit(1)
  })
} else {
  const own = ownNode()
  if (own === null) complain()
  else runWith(own)
}

/** Whoever asks for these is told and gone: no token is read for it. */
function isQuestion(typed) {
  return ['--version', '-V', '--help', '-h', 'help'].indexOf(typed) !== -1
}

/** node:sqlite came without a flag in 22.13 and 23.4, running .ts files in 22.18 and 23.6. */
function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18)
}

/** The Node that this repository brings as a development dependency. */
function ownNode() {
  const folder = join(root, 'node_modules', 'node', 'bin')
  const found = ['node', 'node.exe'].map((name) => join(folder, name)).filter((path) => existsSync(path))
  return found.length > 0 && process.env.OMC_LAUNCHED === undefined ? found[0] : null
}

/**
 * Starts this process anew with the inspector's signal switched off, unless it is: only the command line can do that.
 * The process stays the same one, with its pid; Windows has no such signal, and no execve.
 */
function closeInspector() {
  if (process.execArgv.includes(closed) || typeof process.execve !== 'function' || process.platform === 'win32') return
  process.execve(
    process.execPath,
    [process.execPath, closed, lean].concat(process.execArgv, here, process.argv.slice(2)),
  )
}

/**
 * Keeps what V8 has compiled for the next start, which is a quarter shorter for it. In the person's own cache folder:
 * whoever can write there can write our code, so a folder that all may write into, as /tmp, will not do.
 */
function compileOnce() {
  const { HOME, LOCALAPPDATA, XDG_CACHE_HOME } = process.env
  const folder = XDG_CACHE_HOME || (HOME ? join(HOME, '.cache') : LOCALAPPDATA)
  // Where NODE_COMPILE_CACHE is set, Node has done it; where it cannot be, it says so and does nothing.
  if (folder) modules.enableCompileCache(join(folder, 'discord-orchestrator', 'compiled'))
}

function complain() {
  console.error(
    'discord-orchestrator needs Node 22.18 or newer; this is ' +
      process.versions.node +
      '.\nInstall a newer one (https://nodejs.org, or `nvm install 24`), or run `npm install` in a checkout: it brings its own.',
  )
  process.exit(1)
}

function runWith(node) {
  const child = spawn(node, [closed, lean, here].concat(process.argv.slice(2)), {
    stdio: 'inherit',
    env: Object.assign({}, process.env, { OMC_LAUNCHED: '1' }),
  })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']
  const forward = (signal) => child.kill(signal)
  signals.forEach((signal) => process.on(signal, forward))
  child.on('error', (error) => {
    console.error('Could not run ' + node + ': ' + error.message)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    signals.forEach((each) => process.removeListener(each, forward))
    process.kill(process.pid, signal)
    // Only when that signal does not end us.
    process.exit(128 + (constants.signals[signal] || 0))
  })
}

/** On Node 22 node:sqlite calls itself experimental at every start. That warning alone is dropped. */
function hideSqliteWarning() {
  if (!process.versions.node.startsWith('22.')) return
  const emitWarning = process.emitWarning.bind(process)
  process.emitWarning = function (warning, kind) {
    const name = kind !== null && typeof kind === 'object' ? kind.type : kind
    if (name === 'ExperimentalWarning' && /SQLite/.test(String(warning))) return undefined
    return emitWarning(...arguments)
  }
}
