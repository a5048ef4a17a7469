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

it('makes the example project once, as a git repository with one test that fails', async () => {
  const folder = join(base, 'demo-project')
  await makeProject(folder)
  assert.deepEqual(readdirSync(folder).sort(), ['.git', 'README.md', 'cart.js', 'cart.test.js', 'package.json'])
  const log = await run('git', ['-C', folder, 'log', '--format=%an %s'])
  assert.equal(log.stdout, 'demo A small shop\n')
  assert.equal((await run('git', ['-C', folder, 'status', '--porcelain'])).stdout, '')
  // Inside a test run, node --test would take itself for a part of it.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  await assert.rejects(run(process.execPath, ['--test'], { cwd: folder, env }), ({ stdout }: { stdout: string }) => {
    assert.match(stdout, /✔ adds up what is in the cart/)
    assert.match(stdout, /✖ takes the count into account/)
    return true
  })

  writeFileSync(join(folder, 'README.md'), 'mine')
  await makeProject(folder)
  assert.equal(readFileSync(join(folder, 'README.md'), 'utf8'), 'mine')
})
