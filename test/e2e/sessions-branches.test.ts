import assert from 'node:assert/strict'
import { existsSync, lstatSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { folderOf, git, repository, starts, told } from './repositories.ts'
import { Stage, until } from './stage.ts'

/** A commit, as an agent makes one in its clone. */
function commit(folder: string, name: string): string {
  writeFileSync(join(folder, name), `${name}\n`)
  git(folder, 'add', '-A')
  git(folder, 'commit', '--quiet', '-m', name)
  return git(folder, 'rev-parse', 'HEAD')
}

const branch = (shop: string): string => git(shop, 'for-each-ref', '--format=%(objectname)', 'refs/heads/omc/cart')

describe('the branch of a session', { concurrency: true }, () => {
  for (const dieAt of ['branch-packed', 'branch-taken']) {
    test(`killed at '${dieAt}', the next life has it in the repository`, async () => {
      await using stage = await Stage.open({ ownProcess: true })
      const shop = repository(stage)
      const first = await stage.startBot({ dieAt })
      const olivia = await stage.sandbox.actor('olivia')
      const { thread } = await starts(olivia, 'cart', { workdir: 'shop' })
      const work = commit(folderOf(stage, 'shop', 'cart'), 'one')
      await olivia.says(thread, '!say done')
      await first.died()
      assert.equal(branch(shop), dieAt === 'branch-packed' ? '' : work)
      await stage.startBot()
      await until(() => branch(shop) === work)
      git(shop, 'fsck', '--strict')
      await stage.botShows(olivia, thread, 'done')
      assert.match((await told(olivia, thread, '/session stop')).content, /merged nowhere/)
    })
  }

  test('that somebody has moved in the repository is left as they made it, and the place is told once', async () => {
    await using stage = await Stage.open()
    const shop = repository(stage)
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const { thread } = await starts(olivia, 'cart', { workdir: 'shop' })
    const folder = folderOf(stage, 'shop', 'cart')
    const first = commit(folder, 'one')
    await olivia.says(thread, '!say done')
    await until(() => branch(shop) === first)
    const theirs = git(shop, 'commit-tree', '-m', 'theirs', '-p', 'main', 'main^{tree}')
    git(shop, 'update-ref', 'refs/heads/omc/cart', theirs)
    commit(folder, 'two')
    for (const nth of ['first', 'second']) {
      await olivia.says(thread, `!say ${nth}`)
      await stage.botShows(olivia, thread, nth)
      await stage.botShows(olivia, thread, /What \*\*cart\*\* has committed is not on `omc\/cart`/)
    }
    assert.equal(branch(shop), theirs)
    git(shop, 'branch', '-m', 'omc/cart', 'theirs')
    const third = commit(folder, 'three')
    await olivia.says(thread, '!say third')
    await until(() => branch(shop) === third)
    const told = (await stage.botMessages(olivia, thread)).filter(({ content }) => /is not on `omc/.test(content))
    assert.equal(told.length, 1)
  })

  test('of a session that began in a git worktree comes along when that is made a clone', async () => {
    await using stage = await Stage.open()
    const shop = repository(stage)
    const bot = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const { thread } = await starts(olivia, 'cart', { workdir: 'shop' })
    const folder = folderOf(stage, 'shop', 'cart')
    await bot.terminate()
    // As the version before had left it.
    rmSync(folder, { recursive: true })
    for (const ref of ['base', 'mirrored']) git(shop, 'update-ref', '-d', `refs/omc/cart/${ref}`)
    git(shop, 'worktree', 'add', '--quiet', '-b', 'omc/cart', folder)
    const db = new DatabaseSync(join(stage.data, 'orchestrator.sqlite'))
    db.exec("update omc_sessions set worktree = json_remove(worktree, '$.borrows')")
    db.close()
    writeFileSync(join(folder, 'notes.txt'), 'mine\n')
    const again = await stage.startBot()
    await again.logged('worktree.renewed')
    assert.ok(lstatSync(join(folder, '.git')).isDirectory())
    assert.match((await told(olivia, thread, '/diff')).content, /notes\.txt/)
    const work = commit(folder, 'one')
    await olivia.says(thread, '!say done')
    await until(() => branch(shop) === work)
    git(shop, 'merge', '--quiet', 'omc/cart')
    assert.match((await told(olivia, thread, '/session stop')).content, /were removed/)
    assert.ok(!existsSync(folder))
  })
})
