import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { objectionTo } from '../../src/confinement/admission.ts'
import { leavesOf, viewOf, type Circumstances } from '../../src/confinement/view.ts'
import type { WorkFolder } from '../../src/confinement/work-folder.ts'
import type { View } from '../../src/core/confinement.ts'
import { box, circumstances, data, folders, offLimits, plain } from './views.ts'

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
    const { HTTPS_PROXY, MODEL_SOCKET } = viewOf(plain).environment
    assert.deepEqual([HTTPS_PROXY, MODEL_SOCKET], ['http://127.0.0.1:3128', '/run/omc/egress.sock'])
  })

  test('where there are no mounts all of it lies where it lies, and nothing but the socket is told of', () => {
    const leaves = leavesOf(box)
    const own = { ...plain.own, PATH: '/home/op/bin:/opt/homebrew/bin:/usr/bin' }
    for (const [access, home, tmp] of [
      ['write', leaves.home, leaves.tmp],
      ['read', leaves.guestHome, leaves.guestTmp],
    ] as const) {
      const view = viewOf({ ...plain, own, access, inPlace: true })
      assert.deepEqual(view.home, { at: home, folder: home })
      assert.ok(view.mounts.every(({ source, target = source }) => source === target))
      assert.ok(view.mounts.some(({ source, access: how }) => source === tmp && how === 'write'))
      assert.deepEqual(view.environment, {
        LANG: 'ko_KR.UTF-8',
        USER: 'agent',
        LOGNAME: 'agent',
        SHELL: '/bin/bash',
        PATH: '/opt/homebrew/bin:/usr/bin:/usr/local/bin:/bin',
        TMPDIR: tmp,
        MODEL_SOCKET: '/srv/bot/data/egress/one/egress.sock',
        CLAUDE_CONFIG_DIR: leaves.state,
      })
      assert.equal(objectionTo(view, offLimits), null)
    }
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
  test('a view that is let through shows nothing of the bot or of others, and mounts nothing below what may be written', () => {
    let shown = 0
    fc.assert(
      fc.property(circumstances(false), (each) => {
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
      fc.property(circumstances(false), (each) => {
        const boxes = viewOf(each).mounts.filter(({ source }) => source.startsWith(`${data}/boxes/`))
        assert.ok(boxes.every(({ source }) => source.startsWith(`${box}/`)))
      }),
    )
  })
})
