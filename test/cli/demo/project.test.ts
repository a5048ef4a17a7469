import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import { promisify } from 'node:util'
import { makeProject } from '../../../src/cli/demo/project.ts'

const run = promisify(execFile)
const base = mkdtempSync(join(tmpdir(), 'project-'))
after(() => rmSync(base, { recursive: true, force: true }))

it('makes the example project once, as a git repository whose tests pass', async () => {
  const folder = join(base, 'demo-project')
  await makeProject(folder)
  assert.deepEqual(readdirSync(folder).sort(), ['.git', 'README.md', 'cart.js', 'cart.test.js', 'package.json'])
  const { stdout } = await run('git', ['-C', folder, 'log', '--format=%an %s'])
  assert.equal(stdout, 'demo A small shop\n')
  assert.equal((await run('git', ['-C', folder, 'status', '--porcelain'])).stdout, '')
  // Inside a test run, node --test would take itself for a part of it.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  await run(process.execPath, ['--test'], { cwd: folder, env })

  writeFileSync(join(folder, 'README.md'), 'mine')
  await makeProject(folder)
  assert.equal(readFileSync(join(folder, 'README.md'), 'utf8'), 'mine')
})
