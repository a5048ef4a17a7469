import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { objectionTo } from '../../src/confinement/admission.ts'
import { leavesOf, viewOf, type Circumstances } from '../../src/confinement/view.ts'
import type { WorkFolder } from '../../src/confinement/work-folder.ts'
import type { View } from '../../src/core/confinement.ts'

const data = '/srv/bot/data'
const box = `${data}/boxes/one`
const offLimits = { program: '/srv/bot/program', data, settings: '/srv/run/.env', home: '/home/op' }
const plain: Circumstances = {
  box,
  folder: { kind: 'plain', cwd: '/home/op/shop' },
  access: 'write',
  reads: [{ source: '/opt/claude', access: 'read' }],
  given: { CLAUDE_CONFIG_DIR: leavesOf(box).state },
  own: { PATH: '/home/op/bin:/usr/bin', HOME: '/home/op', LANG: 'ko_KR.UTF-8', XDG_RUNTIME_DIR: '/run/user/1' },
  egress: '/srv/bot/data/egress/one',
}
const folders: readonly WorkFolder[] = [
  { kind: 'plain', cwd: '/home/op/shop' },
  { kind: 'part', cwd: '/home/op/shop/web', top: '/home/op/shop', store: '/home/op/shop/.git' },
  {
    kind: 'clone',
    cwd: `${data}/clones/shop/one/web`,
    top: `${data}/clones/shop/one`,
    stores: ['/home/op/shop/.git/objects'],
  },
  { kind: 'worktree', cwd: '/home/op/.omc/shop/one', top: '/home/op/.omc/shop/one', store: '/home/op/shop/.git' },
]

/** What is mounted to be read and to be written, the box's own leaves apart. */
function mounted({ mounts }: View, access: 'read' | 'write'): readonly string[] {
  return mounts
    .filter((mount) => mount.access === access && !mount.source.startsWith(`${box}/`))
    .map(({ source }) => source)
}

describe('what an agent sees', () => {
  test('by tier and kind of folder: what it may write, what it may read', () => {
    const table: readonly (readonly [
      WorkFolder['kind'],
      Circumstances['access'],
      readonly string[],
      readonly string[],
    ])[] = [
      ['plain', 'write', ['/home/op/shop'], ['/opt/claude']],
      ['plain', 'read', [], ['/home/op/shop', '/opt/claude']],
      ['part', 'write', ['/home/op/shop/.git', '/home/op/shop/web'], ['/home/op/shop', '/opt/claude']],
      ['part', 'read', [], ['/home/op/shop', '/opt/claude']],
      ['clone', 'write', [`${data}/clones/shop/one`], ['/home/op/shop/.git/objects', '/opt/claude']],
      ['clone', 'read', [], [`${data}/clones/shop/one`, '/home/op/shop/.git/objects', '/opt/claude']],
      ['worktree', 'write', ['/home/op/.omc/shop/one', '/home/op/shop/.git'], ['/opt/claude']],
      ['worktree', 'read', [], ['/home/op/.omc/shop/one', '/home/op/shop/.git', '/opt/claude']],
    ]
    for (const [kind, access, writes, reads] of table) {
      const folder = folders.find((each) => each.kind === kind)
      assert.ok(folder !== undefined)
      const view = viewOf({ ...plain, folder, access })
      assert.deepEqual([mounted(view, 'write'), mounted(view, 'read')], [writes, reads], `${kind} ${access}`)
      assert.equal(view.cwd, folder.cwd)
      assert.equal(objectionTo(view, offLimits), null)
    }
  })

  test('its own state to write, its prompts’ files to read, a home and a /tmp of its own; those of guests apart', () => {
    const leaves = leavesOf(box)
    const own = (access: Circumstances['access']): unknown => {
      const { mounts, home } = viewOf({ ...plain, access })
      return [home, mounts.filter(({ source }) => source.startsWith(box))]
    }
    const state = { source: leaves.state, access: 'write' }
    const read = [leaves.files, leaves.identity].map((source) => ({ source, access: 'read' }))
    assert.deepEqual(own('write'), [
      { at: '/home/agent', folder: leaves.home },
      [state, ...read, { source: leaves.tmp, target: '/tmp', access: 'write' }],
    ])
    assert.deepEqual(own('read'), [
      { at: '/home/agent', folder: leaves.guestHome },
      [state, ...read, { source: leaves.guestTmp, target: '/tmp', access: 'write' }],
    ])
  })

  test('of the bot’s environment only what is everybody’s; the PATH holds what is there', () => {
    const reads = [{ source: '/home/op/.nvm-real', target: '/home/op/.nvm', access: 'read' as const }]
    const own = { ...plain.own, PATH: '/home/op/bin:/home/op/.nvm/v24/bin:bin:/usr/local/sbin' }
    const { environment } = viewOf({ ...plain, reads, own, egress: null })
    assert.deepEqual(environment, {
      LANG: 'ko_KR.UTF-8',
      USER: 'agent',
      LOGNAME: 'agent',
      SHELL: '/bin/bash',
      PATH: '/home/op/.nvm/v24/bin:/usr/local/sbin:/usr/local/bin:/usr/bin:/bin',
      NVM_DIR: '/home/op/.nvm',
      CLAUDE_CONFIG_DIR: leavesOf(box).state,
    })
    assert.equal(viewOf(plain).environment['HTTPS_PROXY'], 'http://127.0.0.1:3128')
  })

  test('where something lies below /tmp or the usual home, those are not kept', () => {
    const { mounts, home } = viewOf({ ...plain, folder: { kind: 'plain', cwd: '/tmp/project' }, reads: [] })
    assert.ok(mounts.every(({ target }) => target !== '/tmp'))
    assert.equal(home.at, '/home/agent')
    const agents = viewOf({ ...plain, folder: { kind: 'plain', cwd: '/home/agent/project' } })
    assert.notEqual(agents.home.at, '/home/agent')
  })
})

describe('whatever the circumstances', () => {
  const name = fc.constantFrom('a', 'b', 'agent', 'shop', '.git', 'data', 'bot', 'tmp', 'home', 'op')
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/${names.join('/')}`)
  const top = fc.oneof(
    path,
    path.map((each) => `/srv/bot${each}`),
    path.map((each) => `/home/op${each}`),
  )
  const folder: fc.Arbitrary<WorkFolder> = fc.oneof(
    top.map((cwd) => ({ kind: 'plain' as const, cwd })),
    fc
      .tuple(top, path)
      .map(([each, sub]) => ({ kind: 'part' as const, top: each, cwd: each + sub, store: `${each}/.git` })),
    fc
      .tuple(top, path, fc.array(top, { maxLength: 2 }))
      .map(([each, sub, stores]) => ({ kind: 'clone' as const, top: each, cwd: each + sub, stores })),
    fc.tuple(top, top).map(([each, store]) => ({ kind: 'worktree' as const, top: each, cwd: each, store })),
  )
  const circumstances: fc.Arbitrary<Circumstances> = fc.record({
    box: fc.constant(box),
    folder,
    access: fc.constantFrom('read', 'write'),
    reads: fc.array(top, { maxLength: 4 }).map((all) => all.map((source) => ({ source, access: 'read' as const }))),
    given: fc.constant({}),
    own: fc.constant(plain.own),
    egress: fc.constantFrom(null, `${data}/egress/one`),
  })

  test('a view that is let through shows nothing of the bot or of others, and mounts nothing below what may be written', () => {
    let shown = 0
    fc.assert(
      fc.property(circumstances, (each) => {
        const view = viewOf(each)
        if (objectionTo(view, offLimits) !== null) return
        shown++
        const all = [...view.mounts, { source: view.home.folder, target: view.home.at, access: 'write' as const }]
        for (const { source, access } of all) {
          for (const closed of [data, '/srv/bot/program', '/home/op', `${data}/boxes`, `${data}/bot.sqlite`])
            assert.ok(!`${closed}/`.startsWith(`${source}/`), `${source} shows ${closed}`)
          assert.ok(access === 'read' || !source.startsWith('/srv/bot/program/src'), `${source} is the program`)
          if (each.access === 'read' && access === 'write')
            assert.ok(source.startsWith(`${box}/`), `a guest writes ${source}`)
        }
        for (const one of all)
          for (const other of all.filter(({ access }) => access === 'write')) {
            assert.ok(!one.source.startsWith(`${other.source}/`), `${one.source} below ${other.source}`)
            const [below, above] = [one.target ?? one.source, other.target ?? other.source]
            assert.ok(!below.startsWith(`${above}/`), `${below} below ${above}`)
          }
      }),
      { numRuns: 2000 },
    )
    assert.ok(shown > 100, `only ${shown} were let through: the property says nothing`)
  })

  test('other sessions’ boxes are in no view, unless somebody names them as their folder', () => {
    fc.assert(
      fc.property(circumstances, (each) => {
        const boxes = viewOf(each).mounts.filter(({ source }) => source.startsWith(`${data}/boxes/`))
        assert.ok(boxes.every(({ source }) => source.startsWith(`${box}/`)))
      }),
    )
  })
})
