import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'
import { budgetFor, overBudget, renewed, weights } from './budgets.ts'
import { judge } from './judge.ts'
import { planFor } from './plan.ts'
import { inTurn } from './stories.ts'
import { standsAlone, unitsOf } from './units.ts'

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

describe('the test runner', { concurrency: 6 }, () => {
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
      { env: { OMC_TEST_FILE_SECONDS: '30' } },
    )
    assert.equal(code, 1)
    assert.match(said, /✖ .*endless\.test\.mjs[^]*did not end within 30 s[^]*Not over: waits for ever/)
    assert.match(said, /✔ .*other\.test\.mjs/)
    assert.match(said, /ℹ fail 1\n/)
    assert.deepEqual(left, [])
    assert.deepEqual(commandLines('sleep\x00987'), [])
  })

  // `none`: as whoever may make no namespace, which is most who run the tests for the first time.
  for (const [OMC_TEST_BED, seconds] of [
    ['', '986'],
    ['none', '985'],
  ] as const) {
    it(`names what a file leaves behind${OMC_TEST_BED === '' ? '' : ', also without a namespace'}`, async () => {
      const { code, said, left } = await runner(
        {
          'a-process.test.mjs': `
            import { spawn } from 'node:child_process'
            it('passes', () => void spawn('sleep', ['${seconds}'], { detached: true, stdio: 'ignore' }).unref())`,
          'folder.test.mjs': `
            import { mkdtempSync } from 'node:fs'
            import { tmpdir } from 'node:os'
            it('passes', () => void mkdtempSync(tmpdir() + '/forgotten-'))`,
          'later.test.mjs': `it('has nothing to do with it', () => {})`,
        },
        { env: { OMC_TEST_BED } },
      )
      assert.equal(code, 1)
      assert.match(said, new RegExp(`a-process\\.test\\.mjs\n  ✖ It left a process behind: sleep ${seconds}`))
      assert.match(said, /folder\.test\.mjs\n  ✖ It left forgotten-\w+ in the temporary folder/)
      assert.match(said, /✔ \S+later\.test\.mjs/)
      assert.match(said, /ℹ pass 3\nℹ fail 2\n/)
      assert.deepEqual(left, [])
      assert.deepEqual(commandLines(`sleep\x00${seconds}`), [])
    })
  }

  it('tells a file that dies, and one without a test', async () => {
    const { code, said } = await runner({
      'dies.test.mjs': `it('begins', () => new Promise(() => { setInterval(() => {}, 1000); process.kill(process.pid, 'SIGKILL') }))`,
      'none.test.mjs': '',
    })
    assert.equal(code, 1)
    assert.match(said, /dies\.test\.mjs[^]*ended with code 137 /)
    assert.match(said, /none\.test\.mjs[^]*It has no tests/)
  })

  it('goes on in another process behind a file that left something, or that could not be loaded', async () => {
    const { code, said, left } = await runner({
      'a.test.mjs': `
        import { before, after } from 'node:test'
        let hooks = 0
        before(() => { hooks += 1 })
        after(() => assert.equal(hooks, 1))
        process.env.OMC_SEEN = 'a'
        it('sees its own hook', () => assert.equal(hooks, 1))`,
      'b.test.mjs': `
        it('changes what others would see', () => { process.env.OMC_CHANGED = 'by b' })
        it('passes', () => {})`,
      'c.test.mjs': `it('sees nothing of it', () => assert.equal(process.env.OMC_CHANGED, undefined))`,
      'd.test.mjs': `it('leaves a timer', () => void setInterval(() => {}, 1000))`,
      'e.test.mjs': `throw new Error('not to be loaded')`,
      'f.test.mjs': `it('loses an error', () => void Promise.reject(new Error('lost on the way')))`,
    })
    assert.equal(code, 1)
    assert.match(said, /✔ \S+a\.test\.mjs \(1 test/)
    assert.match(said, /✖ \S+b\.test\.mjs \(2 tests[^]*It left its process changed: variable OMC_CHANGED\n/)
    assert.match(said, /✔ \S+c\.test\.mjs \(1 test/)
    assert.match(said, /✖ \S+d\.test\.mjs \(1 test[^]*It left open: .*Timeout/)
    assert.match(said, /✖ \S+e\.test\.mjs \(1 test[^]*not to be loaded/)
    assert.match(said, /✖ \S+f\.test\.mjs \(1 test[^]*Nobody caught an error: Error: lost on the way/)
    assert.deepEqual(left, [])
  })

  it('ends the last file of a process, too, whatever that left', async () => {
    const { code, said } = await runner(
      { 'd.test.mjs': `it('leaves a timer', () => void setInterval(() => {}, 1000))` },
      { env: { OMC_TEST_FILE_SECONDS: '120' } },
    )
    assert.equal(code, 1)
    assert.match(said, /✖ \S+d\.test\.mjs \(1 test[^]*It left open: .*Timeout/)
    assert.doesNotMatch(said, /did not end/)
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

  it('is refused where a word can only be a path, and leads to no test', () => {
    assert.deepEqual(planFor(['test/core/lokc', 'lock'], all).unknown, ['test/core/lokc'])
    assert.deepEqual(planFor(['core/lock', '/diff', 'what it / said'], all).unknown, [])
  })

  it('shares processes by folder and cost; what must have its own, has it', () => {
    const seconds = { 'test/a/1': 20, 'test/a/2': 1, 'test/a/3': 15, 'test/b/1': 50, 'test/c/1': 2, 'test/d/1': 0 }
    const isAlone = (file: string): boolean => file === 'test/b/1'
    assert.deepEqual(unitsOf([...Object.keys(seconds), 'test/c/new'], seconds, isAlone), [
      ['test/b/1'],
      // What took no time that could be measured is run, too.
      ['test/d/1'],
      ['test/a/1'],
      ['test/c/new', 'test/c/1'],
      ['test/a/3', 'test/a/2'],
    ])
    assert.equal(standsAlone('test/a.test.ts', "import { fc } from '../random.ts'"), false)
    assert.equal(standsAlone('test/a.test.ts', "import { chance, fc } from '../random.ts'"), true)
    assert.equal(standsAlone('test/a.test.ts', '// Alone in its process: it looks at the heap.'), true)
    for (const file of ['test/a.boxed.test.ts', 'test/clis/a.test.ts', 'test/soak/a.test.ts'])
      assert.equal(standsAlone(file, ''), true)
  })

  it('lets stories begin when they are let on, whatever else stands side by side', () => {
    const side = ['stories', { concurrency: true, timeout: 5 }]
    assert.deepEqual(inTurn('test/e2e/a.test.ts', side), ['stories', { concurrency: 3, timeout: 5 }])
    assert.deepEqual(inTurn('test/e2e/a.test.ts', ['two', { concurrency: 2 }]), ['two', { concurrency: 2 }])
    assert.deepEqual(inTurn('test/discord/a.test.ts', side), side)
  })

  it('is judged file by file: one that died answers for itself, those behind it come again', () => {
    const result = (...path: string[]) =>
      ({ type: 'result', kind: 'test', outcome: 'pass', path, ms: 2000, error: '' }) as const
    const events = [result('a', 'one'), result('a'), result('b', 'two')]
    const marks = [
      { type: 'begun', file: 'a' },
      { type: 'ended', file: 'a', open: [], changed: [], cpuSeconds: 1 },
      { type: 'begun', file: 'b' },
      { type: 'uncaught', file: 'b', error: 'Error: lost' },
    ] as const
    const { run, notRun } = judge(['a', 'b', 'c'], events, marks)
    assert.deepEqual(notRun, ['c'])
    assert.deepEqual(
      run.map(({ file, results, faults, seconds }) => [file, results.length, faults.length, seconds]),
      [
        ['a', 1, 0, { wall: 2, cpu: 1 }],
        ['b', 1, 1, null],
      ],
    )
    assert.deepEqual(judge(['a', 'b'], events, [...marks, { type: 'over' }]).notRun, [])
  })

  it('is judged at the pace of the machine: one that has grown fails, a slow machine fails nobody', () => {
    const names = Array.from({ length: 11 }, (_, at) => `f${at}`)
    const budgets = Object.fromEntries(names.map((name) => [name, 100]))
    const took = (times: number, grown: number) =>
      names.map((file) => ({ file, wallSeconds: 25 * (file === 'f0' ? grown : times) }))
    const over = (...at: Parameters<typeof took>) => [...overBudget(took(...at), budgets, 60).keys()]
    assert.deepEqual([over(1, 4), over(1, 4.1), over(3, 11), over(3, 13)], [[], ['f0'], [], ['f0']])
    assert.deepEqual(over(0.5, 2.1), [], 'a fast machine asks for no more than was recorded')
    const [few] = took(1, 8)
    assert.deepEqual(
      [...overBudget(few === undefined ? [] : [few], budgets, 60).keys()],
      ['f0'],
      'one alone is no pace',
    )
    assert.match(overBudget(took(3, 13), budgets, 60).get('f0') ?? '', /gives it 100 s, 3\.0 times/)

    // Boxes alone are slow there: one of them that has grown fails, and so does another file that took as long as they.
    const boxes = names.map((name) => ({ file: `${name}.boxed.test.ts`, wallSeconds: name === 'f1' ? 825 : 200 }))
    const rest = Array.from({ length: 20 }, (_, at) => ({ file: `r${at}`, wallSeconds: at === 0 ? 200 : 25 }))
    const both = Object.fromEntries([...boxes, ...rest].map(({ file }) => [file, 100]))
    assert.deepEqual([...overBudget([...boxes, ...rest], both, 60).keys()], ['f1.boxed.test.ts', 'r0'])
  })

  it('is recorded with room to spare; what was not run keeps its numbers, what is gone loses them', () => {
    assert.deepEqual([budgetFor(1), budgetFor(21)], [60, 85])
    assert.deepEqual(renewed({ a: 20, b: 30, gone: 40 }, new Map([['b', 1]]), ['a', 'b', 'new']), { a: 20, b: 1 })
    assert.deepEqual(weights({ a: 10, b: 10 }, { a: 60, b: 400 }), { a: 10, b: 50 })
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
