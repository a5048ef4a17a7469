import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmod, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { leasing } from '../at-work.ts'
import { boxedGround } from './boxed-ground.ts'
import type { Ground } from './repositories.ts'

async function commits(ground: Ground, folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  await ground.write(folder, files)
  ground.git(folder, 'add', '-A')
  ground.git(folder, 'commit', '--quiet', '-m', 'work')
  return ground.git(folder, 'rev-parse', 'HEAD')
}

describe('our own git in its box', () => {
  it('makes clones, compares, takes back and takes away, in repositories of every kind', async () => {
    await using boxed = await boxedGround()
    const { ground } = boxed
    const shop = await ground.repository('shop', { 'src/a.txt': 'a\n' })
    ground.git(ground.at(), 'clone', '--quiet', '--bare', 'shop', 'bare.git')
    ground.git(ground.at(), 'clone', '--quiet', '--depth=1', `file://${shop}`, 'shallow')
    const outer = await ground.repository('outer')
    ground.git(outer, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', shop, 'inner')
    ground.git(outer, 'commit', '--quiet', '-m', 'with a submodule')
    ground.git(shop, 'worktree', 'add', '--quiet', ground.at('linked'))
    const empty = await ground.repository('empty', {})
    for (const folder of [
      join(shop, 'src'),
      ground.at('bare.git'),
      ground.at('shallow'),
      outer,
      join(outer, 'inner'),
      ground.at('linked'),
      empty,
    ]) {
      const opened = await ground.opens(folder)
      const { workdir, worktree } = opened
      assert.deepEqual(opened.emptySubmodules, [], folder)
      await ground.write(workdir, { 'new.txt': 'new\n' })
      const diff = await ground.workspaces.diff(ground.session('fix', opened))
      assert.deepEqual(diff.ok ? diff.value.files.map(({ lines }) => lines) : diff, [{ added: 1, removed: 0 }], folder)
      assert.deepEqual(await ground.workspaces.close(worktree), { kind: 'kept', why: 'uncommitted' }, folder)
      const commit = await commits(ground, workdir, {})
      assert.deepEqual(await ground.workspaces.takeBack(worktree), { kind: 'taken', commit }, folder)
      const git = worktree.repository
      assert.equal(ground.git(git, 'rev-parse', worktree.branch), commit)
      ground.git(git, 'update-ref', 'refs/heads/merged', commit)
      assert.deepEqual(await ground.workspaces.close(worktree), { kind: 'removed' }, folder)
      assert.equal(ground.git(git, 'for-each-ref', 'refs/omc', 'refs/heads/omc'), '')
    }
  })

  it('knows who commits although the agent cannot read that', async () => {
    await using boxed = await boxedGround()
    const { ground } = boxed
    await writeFile(join(ground.base, 'home', '.gitconfig'), '[user]\n\tname = Olivia\n[core]\n\tfsmonitor = /evil\n')
    const shop = await ground.repository('shop')
    ground.git(shop, 'config', 'user.email', 'olivia@example.org')
    ground.git(shop, 'remote', 'add', 'origin', 'https://olivia:planted@example.org/shop.git')
    const { workdir } = await ground.opens(shop)
    const config = await readFile(join(workdir, '.git/config'), 'utf8')
    assert.match(config, /name = "Olivia"[^]*email = "olivia@example.org"/)
    assert.match(config, /url = "https:\/\/olivia@example.org\/shop.git"/)
    assert.doesNotMatch(config, /evil|planted/)
  })

  it('has nothing of another repository before it, whatever a clone says', async () => {
    await using boxed = await boxedGround()
    const { ground } = boxed
    const shop = await ground.repository('shop')
    const foreign = await ground.repository('foreign', { 'secret.txt': 'planted\n' })
    const secret = ground.git(foreign, 'rev-parse', 'HEAD')
    const { workdir, worktree } = await ground.opens(shop)
    await writeFile(join(workdir, '.git/objects/info/alternates'), `${join(foreign, '.git/objects')}\n`)
    await writeFile(join(workdir, '.git/refs/heads/omc/fix'), `${secret}\n`)
    assert.equal((await ground.workspaces.takeBack(worktree)).kind, 'left')
    // Its refs are another's: in the box they lead nowhere.
    await rm(join(workdir, '.git/refs/heads'), { recursive: true })
    await rename(join(workdir, '.git/refs'), join(workdir, '.git/old'))
    await symlink(join(foreign, '.git/refs'), join(workdir, '.git/refs'))
    assert.equal((await ground.workspaces.takeBack(worktree)).kind, 'left')
    assert.throws(() => ground.git(shop, 'cat-file', '-e', secret))
  })

  it('holds up nobody by what an agent has left in its clone', async () => {
    await using boxed = await boxedGround()
    const { ground } = boxed
    const shop = await ground.repository('shop')
    const opened = await ground.opens(shop)
    const { workdir, worktree } = opened
    const first = ground.session('fix', opened)
    await ground.write(workdir, { 'README.md': '# Changed\n' })
    const changed = async (): Promise<unknown> => {
      const diff = await ground.workspaces.diff(first)
      return diff.ok ? diff.value.files.map(({ path }) => path) : diff
    }
    assert.deepEqual(await changed(), ['README.md'], 'the control')

    // An index that takes no room, and would take all of the disk.
    const index = join(workdir, '.git/index')
    await rename(index, `${index}.aside`)
    await writeFile(index, '')
    await truncate(index, 600 * 1024 * 1024)
    assert.deepEqual(await changed(), ['README.md'])
    // One that nobody writes to.
    await rm(index)
    execFileSync('mkfifo', [index])
    assert.deepEqual(await changed(), ['README.md'])
    await rename(`${index}.aside`, index)
    {
      // A file that is held back: who opens it would wait for 45 s, and one of the bot's four hands with it.
      await writeFile(join(workdir, '.git/info/exclude'), 'ignored\n')
      await using _ = await leasing(join(workdir, '.git/info/exclude'))
      await writeFile(join(workdir, 'ignored'), '')
      assert.deepEqual(await changed(), ['README.md', 'ignored'], 'what it says is not waited for')
      await rm(join(workdir, 'ignored'))
    }

    // More branches than anybody has.
    const head = ground.git(workdir, 'rev-parse', 'HEAD')
    const packed = join(workdir, '.git/packed-refs')
    const before = await readFile(packed)
    const flood = Array.from(
      { length: 260_000 },
      (_, nth) => `${head} refs/heads/flood-${String(nth).padStart(6, '0')}\n`,
    )
    await writeFile(packed, `# pack-refs with: peeled fully-peeled sorted \n${flood.join('')}`)
    ground.git(workdir, 'commit', '--quiet', '-am', 'work')
    const taken = await ground.workspaces.takeBack(worktree)
    assert.deepEqual(taken.kind === 'left' && [taken.why, taken.detail], [
      'failed',
      'it has more branches and tags than can be looked at',
    ])
    await writeFile(packed, before)
    assert.equal((await ground.workspaces.takeBack(worktree)).kind, 'taken')

    // Folders deeper than any path: git sees nothing there, and nothing but the clone's end would be stopped by them.
    spawnSync('perl', ['-e', 'for (1 .. 40) { mkdir "d" x 200; chdir "d" x 200 }'], { cwd: workdir })
    ground.git(shop, 'update-ref', 'refs/heads/merged', worktree.branch)
    assert.deepEqual(await ground.workspaces.close(worktree), { kind: 'removed' })
    await ground.opens(shop, 'next')
  })

  it('says so where the repository is read-only, and brings the work when it no longer is', async () => {
    await using boxed = await boxedGround()
    const { ground } = boxed
    const shop = await ground.repository('shop')
    const { workdir, worktree } = await ground.opens(shop)
    const commit = await commits(ground, workdir, { 'a.txt': 'a\n' })
    const shut = async (mode: number): Promise<void> => {
      const all = ground.git(shop, 'rev-parse', '--absolute-git-dir')
      const folders = ['', 'objects', 'objects/pack', 'refs', 'refs/heads', 'refs/omc'].map((name) => join(all, name))
      for (const folder of mode === 0o755 ? folders : folders.toReversed()) await chmod(folder, mode)
    }
    await shut(0o555)
    const taken = await ground.workspaces.takeBack(worktree)
    const second = await ground.workspaces.open({ name: 'second', folder: shop, worktree: true }, [])
    await shut(0o755)
    assert.deepEqual(taken.kind === 'left' && [taken.why, taken.commit], ['failed', commit])
    assert.equal(!second.ok && second.refusal.code, 'worktree-failed')
    assert.deepEqual(await ground.workspaces.takeBack(worktree), { kind: 'taken', commit })
  })

  it('a worktree of an earlier version becomes a clone with what is staged in it', async () => {
    await using boxed = await boxedGround()
    const { ground } = boxed
    const shop = await ground.repository('shop', { 'a.txt': 'a\n' })
    const folder = ground.at('.omc-worktrees/shop/fix')
    ground.git(shop, 'worktree', 'add', '--quiet', '-b', 'omc/fix', folder)
    await ground.write(folder, { 'a.txt': 'staged\n' })
    ground.git(folder, 'add', 'a.txt')
    await ground.write(folder, { 'a.txt': 'changed\n' })
    const turned = await ground.workspaces.renew({
      repository: shop,
      folder,
      branch: 'omc/fix',
      base: null,
      borrows: null,
    })
    assert.equal(typeof turned, 'object', JSON.stringify(turned))
    ground.git(shop, 'gc', '--quiet', '--prune=now')
    assert.equal(ground.git(folder, 'show', ':a.txt'), 'staged')
    assert.equal(ground.git(folder, 'status', '--porcelain'), 'MM a.txt')
  })
})
