import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'
import { budgetFor, mixed, renewed } from './budgets.ts'
import { planFor } from './plan.ts'

const base = mkdtempSync(join(tmpdir(), 'runner-'))
after(() => rmSync(base, { recursive: true, force: true }))

/** Runs these files as `npm test -- <files> <words>` does, and gives what it said. */
async function runner(
  files: Readonly<Record<string, string>>,
  options: { readonly words?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<{ readonly code: number; readonly said: string; readonly left: readonly string[] }> {
  const folder = mkdtempSync(join(base, 'files-'))
  const temporary = join(folder, 'tmp')
  mkdirSync(temporary)
  const paths = Object.entries(files).map(([name, code]) => {
    writeFileSync(
      join(folder, name),
      `import { describe, it } from 'node:test'\nimport assert from 'node:assert'\n${code}`,
    )
    return join(folder, name)
  })
  // Sealed already: this test stands in the run's own namespace.
  const env = { ...process.env, CI: '', OMC_TEST_SEALED: '1', TMPDIR: temporary, ...options.env }
  const line = [join(import.meta.dirname, '..', 'run.js'), ...paths, ...(options.words ?? [])]
  const child = spawn(process.execPath, line, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)))
  const [out, error, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, said: out + error, left: readdirSync(temporary) }
}

describe('the test runner', { concurrency: 4 }, () => {
  it('ends with the summary of Node, and counts as it does', async () => {
    const { code, said, left } = await runner({
      'a.test.mjs': `it('good', () => {}); it('later', { todo: true }, () => {})`,
      'b.test.mjs': `describe('group', () => { it('bad', () => assert.equal(1, 2)); it('not now', { skip: true }, () => {}) })`,
    })
    assert.equal(code, 1)
    assert.match(
      said,
      /ℹ tests 4\nℹ suites 1\nℹ pass 1\nℹ fail 1\nℹ cancelled 0\nℹ skipped 1\nℹ todo 1\nℹ duration_ms \d+\n$/,
    )
    assert.match(said, /✖ group › bad/)
    assert.match(said, /1 == 2/)
    assert.match(said, /OMC_TEST_SEED=\d+/)
    assert.deepEqual(left, [])
  })

  it('ends a file that does not end, with all it has started, and goes on', async () => {
    const { code, said, left } = await runner(
      {
        'endless.test.mjs': `
          import { spawn } from 'node:child_process'
          it('is over', () => {})
          it('waits for ever', () => new Promise((resolve) => {
            spawn('sleep', ['987'], { detached: true, stdio: 'inherit' })
            setInterval(() => {}, 1000)
          }))`,
        'other.test.mjs': `it('is run all the same', () => {})`,
      },
      { env: { OMC_TEST_FILE_SECONDS: '10' } },
    )
    assert.equal(code, 1)
    assert.match(said, /✖ .*endless\.test\.mjs[^]*did not end within 10 s[^]*Not over: waits for ever/)
    assert.match(said, /✔ .*other\.test\.mjs/)
    assert.match(said, /ℹ fail 1\n/)
    assert.deepEqual(left, [])
    assert.deepEqual(commandLines('sleep\x00987'), [])
  })

  it('names what a file leaves behind', async () => {
    const { code, said, left } = await runner({
      'process.test.mjs': `
        import { spawn } from 'node:child_process'
        it('passes', () => void spawn('sleep', ['986'], { detached: true, stdio: 'ignore' }).unref())`,
      'folder.test.mjs': `
        import { mkdtempSync } from 'node:fs'
        import { tmpdir } from 'node:os'
        it('passes', () => void mkdtempSync(tmpdir() + '/forgotten-'))`,
    })
    assert.equal(code, 1)
    assert.match(said, /It left a process behind: sleep 986/)
    assert.match(said, /It left forgotten-\w+ in the temporary folder/)
    assert.match(said, /ℹ pass 2\nℹ fail 2\n/)
    assert.deepEqual(left, [])
    assert.deepEqual(commandLines('sleep\x00986'), [])
  })

  it('tells a file that dies, and one without a test', async () => {
    const { code, said } = await runner({
      'dies.test.mjs': `it('begins', () => new Promise(() => { setInterval(() => {}, 1000); process.kill(process.pid, 'SIGKILL') }))`,
      'none.test.mjs': '',
    })
    assert.equal(code, 1)
    assert.match(said, /dies\.test\.mjs[^]*ended with code 137 /)
    assert.match(said, /none\.test\.mjs[^]*It has no tests/)
  })

  it('runs the tests whose names hold the words, and fails when there is none', async () => {
    const files = { 'a.test.mjs': `it('a red Apple', () => {}); it('a pear', () => assert.fail())` }
    const found = await runner(files, { words: ['apple', 'RED'] })
    assert.equal(found.code, 0, found.said)
    assert.match(found.said, /ℹ tests 1\n/)
    assert.equal((await runner(files, { words: ['cherry'] })).code, 1)
  })

  it('holds a file to its budget in CI only', async () => {
    // Nothing can be done in no time at all.
    const files = { 'a.test.mjs': `it('passes', () => {})` }
    const env = { OMC_TEST_BUDGET: '0' }
    assert.equal((await runner(files, { env })).code, 0)
    const { code, said } = await runner(files, { env: { ...env, CI: 'true' } })
    assert.equal(code, 1)
    assert.match(said, /test\/budgets\.json gives it 0 s/)
  })

  it('gives every file the same seed, and takes it back', async () => {
    const files = { 'a.test.mjs': `it('tells', () => assert.fail('seed ' + process.env.OMC_TEST_SEED))` }
    assert.match((await runner(files, { env: { OMC_TEST_SEED: '4711' } })).said, /seed 4711/)
  })
})

describe('what is run', () => {
  const all = ['test/clis/a.test.ts', 'test/core/lock.test.ts', 'test/soak/s.test.ts', 'test/stores/lock.test.ts']

  it('is the fast part, unless another is asked for', () => {
    assert.deepEqual(planFor([], all).files, ['test/core/lock.test.ts', 'test/stores/lock.test.ts'])
    assert.deepEqual(planFor(['--clis'], all).files, ['test/clis/a.test.ts'])
    assert.deepEqual(planFor(['--everything'], all).files, all)
    assert.match(planFor([], all).leftOut.join(), /npm run test:clis.*npm run test:soak/)
    assert.deepEqual(planFor(['lock'], all).leftOut, [])
  })

  it('is narrowed by words of the path, then by words of names', () => {
    assert.deepEqual(planFor(['lock', 'stores'], all).files, ['test/stores/lock.test.ts'])
    assert.equal(planFor(['lock'], all).pattern, null)
    const { files, pattern } = planFor(['stores', 'a (b)'], all)
    assert.deepEqual(files, ['test/stores/lock.test.ts'])
    assert.match('it says a (b)', new RegExp(pattern ?? ''))
  })

  it('begins with what nobody knows and the longest, short ones between them', () => {
    const budgets = { a: 15, b: 60, d: 20, e: 25, f: 30 }
    assert.deepEqual(mixed(['a', 'b', 'c', 'd', 'e', 'f'], budgets), ['c', 'e', 'd', 'a', 'b', 'f'])
  })

  it('is recorded with room to spare; what was not run keeps its budget, what is gone loses it', () => {
    assert.deepEqual([budgetFor(1), budgetFor(21)], [60, 85])
    assert.deepEqual(renewed({ a: 20, b: 30, gone: 40 }, new Map([['b', 1]]), ['a', 'b', 'new']), { a: 20, b: 60 })
  })
})

/** Those that run, of what we can see, with this in their command lines. */
function commandLines(part: string): readonly string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')]
      } catch {
        return []
      }
    })
    .filter((line) => line.includes(part))
}
