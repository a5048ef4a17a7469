import assert from 'node:assert/strict'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { none } from '../../src/confinement/none.ts'
import { workspaces } from '../../src/workspaces/roots.ts'

let base = ''
const at = (...parts: string[]): string => join(base, ...parts)

before(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'roots-')))
  for (const folder of [
    'one/shop/packages/cart',
    'one/shop/node_modules/left-pad',
    'one/.hidden/shop',
    'one/shape',
    'two/shop/api',
    'two/Zebra/stripes',
    'two/tools/shoehorn',
    'outside/secret',
    'one-more',
    'three/shop',
    'three/bot/src',
    'three/bot/data/project',
    'three/bot-not',
  ]) {
    await mkdir(at(folder), { recursive: true })
  }
  await writeFile(at('one/file'), '')
  await symlink(at('outside'), at('one/way-out'))
  await symlink(at('one/shape'), at('one/shape-link'))
  await symlink(at('one/loop'), at('one/loop'))
  await symlink(at('one'), at('one-link'))
})
after(() => rm(base, { recursive: true, force: true }))

const folders = (...roots: string[]) =>
  workspaces({
    roots: roots.map((root) => at(root)),
    home: base,
    program: at('three/bot'),
    confinement: none('not here'),
    scratch: at('scratch'),
  })

describe('resolve', () => {
  it('takes the first root when nothing was typed', async () => {
    for (const typed of [null, '', '  ']) {
      assert.deepEqual(await folders('one', 'two').resolve(typed), { ok: true, value: at('one') })
    }
  })

  it('finds a folder however it is written', async () => {
    const some = folders('one', 'two')
    for (const [typed, value] of [
      ['shop', 'one/shop'],
      ['./shop/../shop/packages', 'one/shop/packages'],
      ['tools', 'two/tools'],
      ['~/two/shop', 'two/shop'],
      [at('two/shop/'), 'two/shop'],
      ['shape-link', 'one/shape'],
      [at('one-link/shop'), 'one/shop'],
      ['.hidden', 'one/.hidden'],
    ] as const) {
      assert.deepEqual(await some.resolve(typed), { ok: true, value: at(value) }, typed)
    }
  })

  it('works under a root that is a symlink itself', async () => {
    assert.deepEqual(await folders('one-link').resolve('shop'), { ok: true, value: at('one/shop') })
    assert.deepEqual(await folders('one-link').resolve(at('one/shop')), { ok: true, value: at('one/shop') })
  })

  it('refuses what lies outside, whether it exists or not, naming the roots', async () => {
    const some = folders('one', 'two')
    for (const typed of [
      '..',
      '../outside',
      'shop/../../outside/secret',
      'way-out',
      'way-out/secret',
      '/etc',
      '/etc/no-such-file',
      at('one-more'),
      at('outside'),
      at('outside/not-there'),
      '~',
      '/',
    ]) {
      assert.deepEqual(
        await some.resolve(typed),
        { ok: false, refusal: { code: 'workdir-outside', path: typed, roots: [at('one'), at('two')] } },
        typed,
      )
    }
  })

  it('refuses what is missing or no folder', async () => {
    const some = folders('one', 'two')
    for (const typed of ['nope', 'file', 'file/below', 'loop', 'a\0b', 'x'.repeat(5000), '~olivia', '*']) {
      const refusal = { code: 'workdir-missing', path: typed }
      assert.deepEqual(await some.resolve(typed), { ok: false, refusal }, typed)
    }
  })

  it('refuses everything while the roots are missing', async () => {
    assert.equal((await folders('not-made-yet').resolve(null)).ok, false)
    assert.equal((await folders('not-made-yet').resolve('/')).ok, false)
  })
})

describe('suggest', () => {
  it('offers the root and two levels when nothing was typed', async () => {
    assert.deepEqual(await folders('one').suggest(''), ['.', 'shape', 'shape-link', 'shop', 'shop/packages'])
  })

  it('offers what begins with what was typed, in any case, then what lies deeper', async () => {
    assert.deepEqual(await folders('one').suggest('shop'), ['shop', 'shop/packages'])
    assert.deepEqual(await folders('two').suggest('ze'), ['Zebra', 'Zebra/stripes'])
    assert.deepEqual(await folders('two').suggest('shoe'), ['tools/shoehorn'])
    assert.deepEqual(await folders('one').suggest('shop/'), ['shop/packages', 'shop/packages/cart'])
    assert.deepEqual(await folders('one').suggest('shop/pa'), ['shop/packages', 'shop/packages/cart'])
  })

  it('writes whole what an earlier root would hide', async () => {
    const offered = await folders('one', 'two').suggest('shop')
    assert.deepEqual(offered, ['shop', 'shop/packages', '~/two/shop', 'shop/api'])
  })

  it('completes paths that begin with ~ or /', async () => {
    assert.deepEqual(await folders('one', 'two').suggest('~/t'), ['~/two'])
    assert.deepEqual(await folders('one', 'two').suggest('~/two/s'), [
      '~/two/shop',
      '~/two/shop/api',
      '~/two/tools/shoehorn',
      '~/two/Zebra/stripes',
    ])
    const whole = await folders('two').suggest(at('two/to'))
    assert.deepEqual(
      whole,
      [at('two/tools'), at('two/tools/shoehorn')].filter((each) => each.length <= 100),
    )
  })

  it('never shows what lies outside', async () => {
    const some = folders('one')
    for (const typed of ['way', 'way-out/', '../', '../out', '/', '/etc/', '~/', '~/outside/', at('outside/')]) {
      for (const shown of await some.suggest(typed)) assert.doesNotMatch(shown, /secret|outside|etc|one-more/, typed)
    }
  })

  it('gives 25 at most, each accepted by resolve', async () => {
    for (let each = 0; each < 60; each++) await mkdir(at('many', `folder-${each}`, 'inner'), { recursive: true })
    await mkdir(at('many', 'x'.repeat(120)))
    const some = folders('many', 'one', 'two')
    for (const typed of ['', 'f', 's', 'x', '~/', '~/many/']) {
      const shown = await some.suggest(typed)
      assert.ok(shown.length <= 25)
      for (const each of shown) {
        assert.ok(each.length <= 100)
        assert.ok((await some.resolve(each)).ok, each)
      }
    }
    assert.equal((await some.suggest('folder')).length, 25)
  })

  it('suggests nothing in a folder of many thousand files, however many there are', async () => {
    await mkdir(at('crowd'))
    for (let each = 0; each < 5000; each += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, more) => writeFile(at('crowd', `f${each + more}`), '')))
    }
    assert.deepEqual(await folders('crowd').suggest('g'), [])
  })
})

describe('what no box may show', () => {
  it('keeps the folder that holds it from agents, and what lies beside or below it not', async () => {
    const places = workspaces({
      roots: [at('one')],
      home: base,
      program: at('three/bot'),
      apart: [at('one/shop/.env')],
      confinement: none('not here'),
      scratch: at('scratch'),
    })
    const open = (folder: string) => places.open({ name: 'shop', folder: at(folder), worktree: false }, [])
    for (const folder of ['one', 'one/shop'])
      assert.deepEqual(await open(folder), { ok: false, refusal: { code: 'folder-too-wide', path: at(folder) } })
    assert.equal((await open('one/shop/packages')).ok, true)
  })
})

describe("the bot's own program", () => {
  const open = (places: ReturnType<typeof folders>, folder: string) =>
    places.open({ name: 'shop', folder: at(folder), worktree: false }, [])

  it("is nobody's to change: not itself, not a folder in it, not one that contains it", async () => {
    for (const folder of ['three', 'three/bot', 'three/bot/src', 'three/bot/data/project']) {
      const opened = await open(folders('three'), folder)
      assert.deepEqual(opened, { ok: false, refusal: { code: 'program-folder', path: at(folder) } }, folder)
    }
  })

  it('is not in the way of its neighbours', async () => {
    for (const folder of ['three/shop', 'three/bot-not'])
      assert.equal((await open(folders('three'), folder)).ok, true, folder)
  })

  it('may hold a root that the operator named inside of it', async () => {
    const some = folders('three/bot', 'three/bot/data/project')
    assert.equal((await open(some, 'three/bot/data/project')).ok, true)
    assert.equal((await open(some, 'three/bot/src')).ok, false)
  })
})
