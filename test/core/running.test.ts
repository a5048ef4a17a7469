import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { changedBetween, runsOf, type CommandContent, type SessionTree } from '../../src/core/running.ts'
import { fc } from '../random.ts'

/** A session's folder in memory: what its files hold, by path. */
function treeOf(files: Readonly<Record<string, string>>): SessionTree {
  const names = (folder: string): ReadonlySet<string> | null => {
    const prefix = folder === '' ? '' : `${folder}/`
    const inside = Object.keys(files).filter((path) => path.startsWith(prefix))
    const found = inside.map((path) => path.slice(prefix.length).replace(/\/.*/, '/'))
    return found.length === 0 ? null : new Set(found)
  }
  return {
    names: async (folder) => names(folder),
    read: async (path) => {
      const text = files[path]
      return text === undefined ? null : { hash: `#${text}`, text }
    },
  }
}

const shop: Readonly<Record<string, string>> = {
  'run.sh': '#!/bin/sh\n./deeper/build.sh "$1"\n. ./settings\n',
  'deeper/build.sh': 'node ../tools/pack\n',
  'tools/pack.js': "import './lib'\n",
  'tools/lib/index.js': '',
  settings: 'A=1\n',
  'package.json': '{"scripts":{"pretest":"sh check.sh","test":"node --test test/","lint":"eslint"}}',
  'check.sh': 'true\n',
  'test/a.test.js': '',
  Makefile: 'all:\n\tpython3 gen.py\n',
  'gen.py': 'import helper\n',
  'helper.py': '',
  'pkg/__main__.py': 'from pkg import core\n',
  'pkg/core.py': '',
  'notes.md': 'nothing of run.sh',
}

async function filesOf(command: string, folder = ''): Promise<readonly string[] | 'unknown'> {
  const { known, files } = await runsOf(command, folder, treeOf(shop))
  return known ? Object.keys(files) : 'unknown'
}

const script = ['deeper/build.sh', 'run.sh', 'settings', 'tools/lib/index.js', 'tools/pack.js']

describe('what a command runs', () => {
  it('is the files that it names, and those that they name', async () => {
    const table: Readonly<Record<string, readonly string[]>> = {
      'sh run.sh': script,
      "bash -eu 'run.sh' --fast": script,
      './run.sh 2>&1 | head -5': script,
      '. run.sh': script,
      'cd tools && node pack.js': ['tools/lib/index.js', 'tools/pack.js'],
      'node --test test': ['test/a.test.js'],
      'npm test': ['check.sh', 'package.json', 'test/a.test.js'],
      'npm run lint --silent': ['package.json'],
      'make -j4 all': ['Makefile', 'gen.py', 'helper.py'],
      'make -f Makefile': ['Makefile', 'gen.py', 'helper.py'],
      'python3 gen.py': ['gen.py', 'helper.py'],
      'python -m pkg': ['gen.py', 'helper.py', 'pkg/__main__.py', 'pkg/core.py'],
      'ls -la && cat run.sh': [],
      'rm -rf build': [],
      '/usr/bin/python3 gen.py run.sh': ['deeper/build.sh', 'gen.py', 'helper.py', ...script.slice(1)],
    }
    for (const [command, files] of Object.entries(table)) assert.deepEqual(await filesOf(command), files, command)
    assert.deepEqual(await filesOf('./build.sh', 'deeper'), ['deeper/build.sh', 'tools/lib/index.js', 'tools/pack.js'])
  })

  it('is for Python also what takes the place of its library: it looks beside the program first', async () => {
    const beside = { 'run.py': 'import json\n', Makefile: 'all:\n\tpython3 run.py\n', 'notes.md': '' }
    for (const command of ['python3 run.py', 'make', 'python3 -m run']) {
      const before = await runsOf(command, '', treeOf(beside))
      assert.ok(before.known)
      for (const shadow of ['re.py', 'idna/__init__.py', '_json.so']) {
        const after = await runsOf(command, '', treeOf({ ...beside, [shadow]: 'evil' }))
        assert.deepEqual(changedBetween(before, after), [shadow], command)
        const again = await runsOf(command, '', treeOf({ ...beside, [shadow]: 'more of it' }))
        assert.deepEqual(changedBetween(after, again), [shadow], command)
      }
      assert.deepEqual(changedBetween(before, await runsOf(command, '', treeOf({ ...beside, 'notes.md': 'x' }))), [])
    }
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, nth) => [`m${nth}.py`, '']))
    assert.equal((await runsOf('python3 run.py', '', treeOf({ ...beside, ...many }))).known, false, 'asked each time')
  })

  it('is not known where it could be anything else', async () => {
    for (const command of [
      'sh -c "echo hi"',
      'node -e 1',
      'node -r ./run.sh tools/pack.js',
      'python3 -c 1',
      'python3 -m http.server',
      'bash',
      'cat run.sh | sh',
      'PATH=. ls',
      'env sh run.sh',
      'sh $SCRIPT',
      'sh `ls`',
      'sh *.sh',
      'sh ../other/run.sh',
      'sh /tmp/run.sh',
      'sh missing.sh',
      'cp notes.md run.sh && sh run.sh',
      'cat notes.md > run.sh; sh run.sh',
      'cargo test',
      'npx eslint .',
      'npm run missing',
      'npm --prefix tools test',
      'make SHELL=./run.sh',
      'git status',
      'find . -exec sh run.sh',
      'if true; then sh run.sh; fi',
      'sh run.sh &',
      '',
    ])
      assert.equal(await filesOf(command), 'unknown', command)
  })

  it('still tells the scripts that can be seen in one that is not known', async () => {
    const { known, files } = await runsOf('env X=1 sh run.sh > log', '', treeOf(shop))
    assert.deepEqual([known, Object.keys(files)], [false, ['run.sh']])
  })

  it('is not known when it is too much', async () => {
    const many = Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`test/${at}.js`, '']))
    assert.equal((await runsOf('node --test test', '', treeOf(many))).known, false)
  })

  it('is something else as soon as a file of it changes, appears or goes', async () => {
    const commands = ['sh run.sh', 'npm test', 'make all', 'python -m pkg']
    for (const command of commands) {
      const before = await runsOf(command, '', treeOf(shop))
      for (const path of Object.keys(before.files)) {
        const after = await runsOf(command, '', treeOf({ ...shop, [path]: `${shop[path]} ` }))
        assert.ok(changedBetween(before, after).includes(path), `${command}: ${path}`)
        const { [path]: _, ...rest } = shop
        const without = await runsOf(command, '', treeOf(rest))
        assert.ok(!without.known || changedBetween(before, without).includes(path), `${command}: ${path} is gone`)
      }
      assert.deepEqual(changedBetween(before, await runsOf(command, '', treeOf({ ...shop, 'notes.md': 'other' }))), [])
    }
    const more = await runsOf('python3 gen.py', '', treeOf({ ...shop, 'helper/__init__.py': '' }))
    assert.deepEqual(changedBetween(await runsOf('python3 gen.py', '', treeOf(shop)), more), ['helper/__init__.py'])
  })

  it('never fails, and knows nothing that it was not given', async () => {
    const words = fc.array(
      fc.constantFrom(
        'sh',
        'run.sh',
        'node',
        'cd',
        'tools',
        '..',
        '&&',
        ';',
        '|',
        '"',
        "'",
        '$(',
        ')',
        '>',
        '-c',
        'make',
      ),
    )
    const looked = fc.asyncProperty(words, async (each) => {
      const { files }: CommandContent = await runsOf(each.join(' '), '', treeOf(shop))
      for (const path of Object.keys(files)) assert.ok(Object.hasOwn(shop, path))
    })
    await fc.assert(looked)
  })
})
