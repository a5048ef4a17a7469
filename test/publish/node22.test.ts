import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { it } from 'node:test'
import { firstAnswer } from './first-answer.ts'
import { run, RunningDemo } from './run.ts'

const root = join(import.meta.dirname, '../..')
const launcher = join(root, 'bin', 'discord-orchestrator.js')

it('uses no syntax that Node 22 does not know', () => {
  // Stripping types leaves these as they are; the compiler would not.
  const unknown =
    /^\s*(await )?using \w+ = |\b(Async)?DisposableStack\b.*\(|\bPromise\.try\b|\bRegExp\.escape\b|\bError\.isError\b/m
  const found = globSync(['src/**/*.ts', 'packages/*/src/**/*.ts'], { cwd: root }).filter((file) =>
    unknown.test(readFileSync(join(root, file), 'utf8')),
  )
  assert.deepEqual(found, [])
})

const oldest = process.env['OMC_TEST_NODE22']
const skip = oldest === undefined && 'set OMC_TEST_NODE22 to the path of a Node 22 (npm i --prefix <folder> node@22)'

it('runs on Node 22', { skip }, async () => {
  const node = oldest ?? ''
  const folder = mkdtempSync(join(tmpdir(), 'node22-'))
  const env = { PATH: `${dirname(node)}:/usr/bin:/bin`, HOME: folder, OMC_DEMO_PORT: '0' }
  try {
    assert.match(await run([node, '--version'], { folder, env }), /^v22\./)
    await using demo = new RunningDemo([node, launcher, 'start'], { folder, env })
    await firstAnswer(await demo.url())
    assert.equal(await demo.end(), 0, demo.text)
    assert.doesNotMatch(demo.text, /Warning/)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
