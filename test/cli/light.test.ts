import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'

const root = join(import.meta.dirname, '..', '..')

/** Writes down what is loaded, to be told at the end. */
const listening = `
import { registerHooks } from 'node:module'
const urls = []
registerHooks({ load(url, context, next) { urls.push(url); return next(url, context) } })
process.on('exit', () => process.stderr.write('LOADED ' + JSON.stringify(urls)))
`

/** What the product says to these arguments, and the modules of its own and of others that it loads for it. */
function asks(...words: readonly string[]): { readonly said: string; readonly loaded: readonly string[] } {
  const hooks = `data:text/javascript,${encodeURIComponent(listening)}`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', hooks, join(root, 'bin', 'discord-orchestrator.js'), ...words],
    { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '' }, cwd: root },
  )
  const [, told = '[]'] = stderr.split('LOADED ')
  return { said: stdout, loaded: JSON.parse(told) as string[] }
}

describe('what somebody asks in passing', () => {
  for (const word of ['--version', '--help']) {
    it(`${word} loads nothing of what a command needs`, () => {
      const { said, loaded } = asks(word)
      assert.match(said, word === '--version' ? /^\d+\.\d+\.\d+\n$/ : /Usage: discord-orchestrator/)
      const own = loaded.flatMap((url) => /\/src\/(.+)$/.exec(url)?.[1] ?? [])
      assert.deepEqual(own.toSorted(), ['cli/exit.ts', 'core/failure.ts', 'main.ts', 'system/program.ts'])
      const others = loaded.filter((url) => url.includes('/node_modules/') && !url.includes('/commander/'))
      assert.deepEqual(others, [])
    })
  }
})
