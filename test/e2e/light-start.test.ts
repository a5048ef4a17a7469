import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { it } from 'node:test'
import { pathToFileURL } from 'node:url'

/** The runner has bundled it. Without the runner nothing is, and the sources load more. */
const bundled = process.env['OMC_TEST_BOT']

it(
  'a bot that is bundled loads no fetch of Node’s own beside the one that talks to Discord, and no HTTP 2',
  { skip: !bundled },
  () => {
    const program = pathToFileURL(join(dirname(bundled ?? ''), 'composition.js')).href
    const telling = `
    await import(${JSON.stringify(program)})
    const has = (name) => process.moduleLoadList.some((each) => each.endsWith(name))
    console.log(JSON.stringify({ http: has(' http'), fetch: has(' internal/deps/undici/undici'), http2: has(' http2') }))`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', telling], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '' },
    })
    assert.equal(stdout, `${JSON.stringify({ http: true, fetch: false, http2: false })}\n`, stderr)
  },
)

it(
  'what is bundled is ASCII: one letter beyond it makes Node keep a whole file in two bytes a letter',
  { skip: !bundled },
  () => {
    const folder = dirname(bundled ?? '')
    const programs = readdirSync(folder).filter((name) => name.endsWith('.js'))
    const wide = programs.filter((name) => /[^\p{ASCII}]/u.test(readFileSync(join(folder, name), 'utf8')))
    assert.ok(programs.length > 1)
    assert.deepEqual(wide, [])
  },
)
