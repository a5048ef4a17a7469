import { textOf } from 'loopback-discord'
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { folderOf, git, repository, starts, told } from './repositories.ts'
import { Stage, until } from './stage.ts'
import { patienceMs } from '../patience.ts'

describe('sessions in repositories', { concurrency: true }, () => {
  test('a session in a repository works on its own branch, shows its diff, and leaves its work where it is', async () => {
    await using stage = await Stage.open()
    const shop = repository(stage)
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const { thread, reply } = await starts(olivia, 'cart', { workdir: 'shop/src' })
    assert.match(reply.content, /projects\/shop\/src` on `omc\/cart`/)
    const folder = folderOf(stage, 'shop', 'cart')
    assert.equal(git(folder, 'branch', '--show-current'), 'omc/cart')

    const nothing = await told(olivia, thread, '/diff')
    assert.match(nothing.content, /changed nothing/)
    assert.ok(nothing.ephemeral)
    writeFileSync(join(folder, 'src', 'cart.ts'), 'export const cart = 2\n')
    writeFileSync(join(folder, 'new file.txt'), 'new\n')
    const shown = await told(olivia, thread, '/diff')
    assert.match(shown.content, /2 files · \+2 −1/)
    assert.match(shown.content, /\+1 −0 `new file.txt`/)
    const [file] = shown.attachments
    assert.equal(file?.filename, 'cart.diff')
    assert.match(await (await fetch(file?.url ?? '')).text(), /\+export const cart = 2/)
    assert.ok(shown.ephemeral)
    const bob = await stage.sandbox.actor('bob')
    const shared = await olivia.runs(thread, '/diff', { share: true })
    assert.ok(!(await shared.settled()).ephemeral)
    const seen = await bob.sees(thread, '2 files · +2 −1')
    assert.equal(seen.attachments[0]?.filename, 'cart.diff')

    const stopped = await told(olivia, thread, '/session stop')
    assert.match(stopped.content, /uncommitted work.*\.omc-worktrees\/shop\/cart` on `omc\/cart`/)
    assert.equal(readFileSync(join(folder, 'new file.txt'), 'utf8'), 'new\n')
    assert.equal(git(shop, 'status', '--porcelain', '--untracked-files=no'), '')

    const again = await told(olivia, thread, '/session start', { name: 'cart', runtime: 'echo', workdir: 'shop' })
    assert.match(again.content, /The work of an earlier session of this name/)
    git(folder, 'add', '-A')
    git(folder, 'commit', '--quiet', '-m', 'work')
    // What is committed comes into the repository after the turn.
    await olivia.says(thread, '!say done')
    await stage.botShows(olivia, thread, 'done')
    await until(() => git(shop, 'branch', '--list', 'omc/cart') !== '')
    git(shop, 'merge', '--quiet', 'omc/cart')
    const merged = await told(olivia, thread, '/session stop')
    assert.match(merged.content, /worktree and branch were removed/)
    assert.ok(!existsSync(folder))
    assert.equal(git(shop, 'branch', '--list', 'omc/*'), '')
  })

  test('two sessions in one repository, one in the folder itself; a third is sent away', async () => {
    await using stage = await Stage.open()
    repository(stage)
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    await starts(olivia, 'one', { workdir: 'shop' })
    const plain = await starts(olivia, 'two', { workdir: 'shop', worktree: false })
    assert.match(plain.reply.content, /projects\/shop`\n/)
    const third = await starts(olivia, 'three', { workdir: 'shop', worktree: false })
    assert.match(third.reply.content, /\*\*two\*\* works in/)
    assert.ok(third.reply.ephemeral)
    const listed = await told(olivia, plain.thread, '/session list')
    assert.match(textOf(listed), /omc\/one/)
  })

  test('killed between a worktree and its session, the next life finishes the start in that place', async () => {
    await using stage = await Stage.open({ ownProcess: true })
    const shop = repository(stage)
    const first = await stage.startBot({ dieAt: 'worktree-made' })
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await olivia.opensThread('general', 'cart')
    const start = await olivia.runs(thread, '/session start', { name: 'cart', runtime: 'echo', workdir: 'shop' })
    await first.died()
    assert.ok(existsSync(folderOf(stage, 'shop', 'cart')))
    const second = await stage.startBot()
    const left = await second.logged('worktrees.left')
    assert.equal(left['count'], 1)
    assert.ok(Number(left['bytes']) > 0)
    const reply = await start.settled(patienceMs)
    assert.match(reply.content, /on `omc\/cart`/)
    assert.match((await told(olivia, thread, '/session stop')).content, /were removed/)
    assert.equal(git(shop, 'for-each-ref', 'refs/heads/omc', 'refs/omc'), '')
  })

  test('/cd and /model hold from the next turn on, and are refused while a run is open', async () => {
    await using stage = await Stage.open()
    const shop = repository(stage)
    repository(stage, 'other')
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const { thread } = await starts(olivia, 'cart', { workdir: 'shop' })
    const folder = folderOf(stage, 'shop', 'cart')
    for (const typed of ['src', join(shop, 'src')]) {
      const moved = await told(olivia, thread, '/cd', { path: typed })
      assert.match(moved.content, /projects\/shop\/src` on `omc\/cart` from the next message on/, typed)
      assert.ok(!moved.ephemeral)
      const [row] = stage.query<{ workdir: string }>('select workdir from omc_sessions')
      assert.equal(row?.workdir, join(folder, 'src'))
      assert.match((await told(olivia, thread, '/cd', { path: '..' })).content, /projects\/shop` on/)
    }
    const refused = await told(olivia, thread, '/cd', { path: '/etc' })
    assert.ok(refused.ephemeral)
    assert.match(refused.content, /not under a folder/)

    const model = await told(olivia, thread, '/model', { name: 'opus' })
    assert.match(model.content, /uses `opus` from the next message on/)
    assert.deepEqual(stage.query<{ model: string }>('select model from omc_sessions')[0]?.model, 'opus')

    const hidden = await told(olivia, thread, '/model', { name: 'hai\nku' })
    assert.ok(hidden.ephemeral)
    assert.match(hidden.content, /`hai ku` is not a model name/)
    assert.deepEqual(stage.query<{ model: string }>('select model from omc_sessions')[0]?.model, 'opus')

    await olivia.says(thread, '!until never this is never to be finished')
    await stage.botShows(olivia, thread, 'never')
    for (const [command, options] of [
      ['/cd', { path: 'src' }],
      ['/model', { name: 'haiku' }],
      ['/resume', {}],
    ] as const) {
      const busy = await told(olivia, thread, command, options)
      assert.match(busy.content, /\*\*cart\*\* is at work/)
      assert.ok(busy.ephemeral)
    }
    await told(olivia, thread, '/cancel')
    await until(() => stage.query("select 1 from runs where state <> 'over'").length === 0)

    const other = await told(olivia, thread, '/cd', { path: join(dirname(shop), 'other') })
    assert.match(other.content, /projects\/other` on `omc\/cart`.*\n.*were removed/)
    assert.ok(!existsSync(folder))
    await olivia.says(thread, '!read src/cart.ts')
    await stage.botShows(olivia, thread, 'export const cart = 1')
  })

  test('trust is shown, and is nothing that a start asks for by itself', async () => {
    await using stage = await Stage.open({ env: { OMC_TRUSTED_ROOTS: '' } })
    repository(stage)
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const usual = await starts(olivia, 'usual', { workdir: 'shop' })
    assert.doesNotMatch(usual.reply.content, /trusted/)
    const trusted = await starts(olivia, 'trusted', { workdir: 'shop', trust: true })
    assert.match(trusted.reply.content, /is trusted/)
    const rows = stage.query<{ trusted: number }>('select trusted from omc_sessions order by seq')
    assert.deepEqual(
      rows.map((row) => row.trusted),
      [0, 1],
    )
  })

  test('trust is for the folder it was given for: moved elsewhere, a session has it only under trusted roots', async () => {
    await using stage = await Stage.open()
    for (const name of ['shop', 'other', 'ours']) repository(stage, name)
    const roots = dirname(stage.project)
    await stage.startBot({ env: { OMC_TRUSTED_ROOTS: join(roots, 'ours') } })
    const olivia = await stage.sandbox.actor('olivia')
    const { thread } = await starts(olivia, 'cart', { workdir: 'shop', trust: true })
    const trusted = () => stage.query<{ trusted: number }>('select trusted from omc_sessions')[0]?.trusted
    for (const [path, expected, says] of [
      ['.', 1, /cart/],
      // What lies there may have been written by the agent itself.
      ['src', 0, /not trusted there/],
      [join(roots, 'other'), 0, /cart/],
      [join(roots, 'ours'), 1, /cart/],
      [join(roots, 'shop'), 0, /not trusted there/],
    ] as const) {
      assert.match((await told(olivia, thread, '/cd', { path })).content, says, path)
      assert.equal(trusted(), expected, path)
    }
  })
})
