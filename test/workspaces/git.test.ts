import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Ground } from './repositories.ts'

/** What people leave lying around in a repository. */
const states: Readonly<Record<string, (ground: Ground, shop: string) => Promise<void>>> = {
  dirty: (ground, shop) => ground.write(shop, { 'a.txt': 'changed\n' }),
  staged: async (ground, shop) => {
    await ground.write(shop, { 'a.txt': 'staged\n', 'added.txt': 'added\n' })
    ground.git(shop, 'add', '-A')
    await ground.write(shop, { 'a.txt': 'and changed again\n' })
  },
  'full of untracked files': (ground, shop) => ground.write(shop, { 'x.txt': 'x\n', 'y z/w.txt': 'w\n' }),
  stashed: async (ground, shop) => {
    await ground.write(shop, { 'a.txt': 'later\n' })
    ground.git(shop, 'stash')
  },
  conflicting: async (ground, shop) => {
    ground.git(shop, 'checkout', '--quiet', '-b', 'other')
    await ground.write(shop, { 'a.txt': 'other\n' })
    ground.git(shop, 'commit', '--quiet', '-am', 'other')
    ground.git(shop, 'checkout', '--quiet', 'main')
    await ground.write(shop, { 'a.txt': 'main\n' })
    ground.git(shop, 'commit', '--quiet', '-am', 'main')
    assert.throws(() => ground.git(shop, 'merge', 'other'))
  },
  detached: async (ground, shop) => {
    ground.git(shop, 'checkout', '--quiet', '--detach')
    await ground.write(shop, { 'a.txt': 'on no branch\n' })
    ground.git(shop, 'commit', '--quiet', '-am', 'on no branch')
  },
}

describe('a session in a git repository', () => {
  it('works in a worktree of its own on omc/<name>, in the same subfolder', async () => {
    await using ground = await Ground.open()
    const shop = await ground.repository('shop', { 'packages/cart/cart.ts': 'cart\n' })
    const before = ground.standing(shop)
    const { workdir, worktree, takenUp } = await ground.opens(join(shop, 'packages/cart'))
    const folder = ground.at('.omc-worktrees/shop/fix')
    assert.deepEqual(worktree, {
      repository: shop,
      folder,
      branch: 'omc/fix',
      base: ground.git(shop, 'rev-parse', 'HEAD'),
      borrows: [join(shop, '.git/objects')],
    })
    assert.equal(workdir, join(folder, 'packages/cart'))
    assert.equal(takenUp, false)
    assert.equal(await readFile(join(workdir, 'cart.ts'), 'utf8'), 'cart\n')
    assert.equal(ground.git(workdir, 'branch', '--show-current'), 'omc/fix')
    assert.equal(ground.standing(shop), before)
  })

  it('is placed inside a repository that is itself a root, and unseen by it', async () => {
    await using ground = await Ground.open()
    const shop = await ground.repository('.')
    const { worktree } = await ground.opens(shop)
    assert.equal(worktree.folder, join(shop, '.omc-worktrees/projects/fix'))
    assert.equal(ground.git(shop, 'status', '--porcelain', '--untracked-files=all'), '')
  })

  it('two on one repository never share a working tree, with worktrees or without', async () => {
    await using ground = await Ground.open()
    const shop = await ground.repository('shop')
    const one = await ground.opens(shop, 'one')
    const two = await ground.opens(shop, 'two', [ground.session('one', one)])
    assert.notEqual(one.worktree.folder, two.worktree.folder)
    assert.equal(two.worktree.branch, 'omc/two')
    const plain = await ground.workspaces.open({ name: 'three', folder: shop, worktree: false }, [])
    assert.deepEqual(plain, { ok: true, value: { workdir: shop, worktree: null, takenUp: false, emptySubmodules: [] } })
    const there = [ground.session('three', { workdir: shop, worktree: null, takenUp: false, emptySubmodules: [] })]
    assert.deepEqual(await ground.workspaces.open({ name: 'four', folder: shop, worktree: false }, there), {
      ok: false,
      refusal: { code: 'folder-taken', path: shop, name: 'three' },
    })
    // Somebody types the other one's worktree as their folder.
    const typed = await ground.workspaces.open({ name: 'five', folder: one.workdir, worktree: false }, [
      ground.session('one', one),
    ])
    assert.equal(!typed.ok && typed.refusal.code, 'folder-taken')
  })

  it('leaves folders alone that no repository knows', async () => {
    await using ground = await Ground.open()
    const shop = await ground.repository('shop', { '.gitignore': 'scratch/\n' })
    await mkdir(join(shop, 'scratch'))
    await mkdir(ground.at('plain'))
    ground.git(ground.base, 'init', '--quiet')
    for (const folder of [ground.at('plain'), join(shop, 'scratch'), join(shop, '.git')]) {
      const opened = await ground.workspaces.open({ name: 'fix', folder, worktree: true }, [])
      assert.deepEqual(
        opened,
        { ok: true, value: { workdir: folder, worktree: null, takenUp: false, emptySubmodules: [] } },
        folder,
      )
    }
  })

  for (const [how, unsettle] of Object.entries(states)) {
    it(`a repository that is ${how} is left exactly as it is`, async () => {
      await using ground = await Ground.open()
      const shop = await ground.repository('shop', { 'a.txt': 'a\n', 'b.txt': 'b\n', 'src/c.txt': 'c\n' })
      await unsettle(ground, shop)
      const before = ground.standing(shop)
      const opened = await ground.opens(shop)
      assert.equal(ground.standing(shop), before, 'after the start')
      const session = ground.session('fix', opened)
      assert.ok((await ground.workspaces.diff(session)).ok)
      await ground.write(opened.workdir, { 'new.txt': 'new\n' })
      assert.ok((await ground.workspaces.diff(session)).ok)
      assert.deepEqual(await ground.workspaces.close(opened.worktree), { kind: 'kept', why: 'uncommitted' })
      await rm(join(opened.workdir, 'new.txt'))
      assert.deepEqual(await ground.workspaces.close(opened.worktree), { kind: 'removed' })
      assert.equal(ground.standing(shop), before, 'after the end')
      assert.equal(ground.git(shop, 'for-each-ref', 'refs/heads/omc'), '')
    })
  }

  it('begins in a repository without commits', async () => {
    await using ground = await Ground.open()
    const shop = await ground.repository('shop', {})
    await writeFile(join(shop, 'idea.txt'), 'idea\n')
    const before = ground.standing(shop)
    const opened = await ground.opens(shop)
    assert.equal(opened.worktree.base, null)
    assert.equal(ground.git(opened.workdir, 'status', '--porcelain', '--branch'), '## No commits yet on omc/fix')
    await ground.write(opened.workdir, { 'a.txt': 'a\n' })
    const diff = await ground.workspaces.diff(ground.session('fix', opened))
    assert.ok(diff.ok)
    assert.deepEqual(diff.value.files, [{ path: 'a.txt', lines: { added: 1, removed: 0 } }])
    ground.git(opened.workdir, 'add', '-A')
    ground.git(opened.workdir, 'commit', '--quiet', '-m', 'work')
    assert.deepEqual(await ground.workspaces.close(opened.worktree), { kind: 'kept', why: 'unmerged' })
    assert.equal(ground.standing(shop), before)
    const again = await ground.opens(await ground.repository('other', {}), 'fix')
    assert.deepEqual(await ground.workspaces.close(again.worktree), { kind: 'removed' })
  })

  it('works from a bare repository, a submodule, a linked worktree and a path with blanks and 한글', async () => {
    await using ground = await Ground.open()
    const shop = await ground.repository('shop')
    ground.git(ground.at(), 'clone', '--quiet', '--bare', 'shop', 'bare.git')
    const outer = await ground.repository('outer')
    ground.git(outer, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', shop, 'inner')
    ground.git(outer, 'commit', '--quiet', '-m', 'with a submodule')
    ground.git(shop, 'worktree', 'add', '--quiet', '-b', 'theirs', ground.at('linked'))
    const named = await ground.repository("가게 'one' two", { '폴더/파일 1.txt': 'x\n' })
    for (const [folder, at] of [
      [ground.at('bare.git'), 'bare'],
      [join(outer, 'inner'), 'outer/.omc-worktrees/inner'],
      [outer, 'outer'],
      [ground.at('linked'), 'shop'],
      [named, "가게 'one' two"],
    ] as const) {
      const opened = await ground.opens(folder, '고침')
      assert.equal(ground.git(opened.workdir, 'branch', '--show-current'), 'omc/고침', folder)
      assert.ok(opened.worktree.folder.includes(at.split('/')[0] ?? ''), opened.worktree.folder)
      await ground.write(opened.workdir, { '새 파일': 'x\n' })
      const diff = await ground.workspaces.diff(ground.session('fix', opened))
      assert.deepEqual(diff.ok && diff.value.files.map(({ path }) => path), ['새 파일'], folder)
      await rm(join(opened.workdir, '새 파일'))
      // git's status does not look into the folder of a submodule that is not set up.
      if (folder === outer) {
        await ground.write(opened.workdir, { 'inner/notes.txt': 'mine\n' })
        assert.deepEqual(await ground.workspaces.close(opened.worktree), { kind: 'kept', why: 'uncommitted' })
        await rm(join(opened.workdir, 'inner/notes.txt'))
      }
      ground.git(opened.workdir, 'commit', '--quiet', '--allow-empty', '-m', 'work')
      assert.equal((await ground.workspaces.takeBack(opened.worktree)).kind, 'taken', folder)
      const { repository } = opened.worktree
      ground.git(repository, 'update-ref', 'refs/heads/merged', 'refs/heads/omc/고침')
      assert.deepEqual(await ground.workspaces.close(opened.worktree), { kind: 'removed' }, folder)
      assert.equal(ground.git(repository, 'for-each-ref', 'refs/omc', 'refs/heads/omc'), '', folder)
    }
    assert.equal(ground.git(ground.at('linked'), 'branch', '--show-current'), 'theirs')
  })

  it('says so where nothing can be written', async () => {
    await using ground = await Ground.open()
    const shop = await ground.repository('shop')
    // The tests may run as root, whom no mode keeps out: something in the way refuses everybody.
    await writeFile(ground.at('.omc-worktrees'), '')
    const opened = await ground.workspaces.open({ name: 'fix', folder: shop, worktree: true }, [])
    assert.equal(!opened.ok && opened.refusal.code, 'worktree-failed')
    assert.equal(ground.git(shop, 'branch', '--list', 'omc/*'), '')
  })
})

describe('the work of a session', () => {
  it('stays where it is when it is uncommitted, untracked or unmerged, and is taken up by its name', async () => {
    await using ground = await Ground.open()
    const shop = await ground.repository('shop')
    const first = await ground.opens(shop)
    await ground.write(first.workdir, { 'README.md': '# Better\n' })
    assert.deepEqual(await ground.workspaces.close(first.worktree), { kind: 'kept', why: 'uncommitted' })
    const second = await ground.opens(shop)
    assert.deepEqual(second, { ...first, takenUp: true })
    assert.equal(await readFile(join(second.workdir, 'README.md'), 'utf8'), '# Better\n')
    ground.git(second.workdir, 'commit', '--quiet', '-am', 'better')
    assert.deepEqual(await ground.workspaces.close(second.worktree), { kind: 'kept', why: 'unmerged' })
    ground.git(shop, 'merge', '--quiet', 'omc/fix')
    assert.deepEqual(await ground.workspaces.close(second.worktree), { kind: 'removed' })
    assert.equal(ground.git(shop, 'branch', '--list', 'omc/*'), '')
    assert.equal(await readFile(join(shop, 'README.md'), 'utf8'), '# Better\n')
  })

  it('is not lost on a detached head, on a branch of the agent, or in the middle of a merge', async () => {
    await using ground = await Ground.open()
    const shop = await ground.repository('shop')
    const { workdir, worktree } = await ground.opens(shop)
    ground.git(workdir, 'checkout', '--quiet', '--detach')
    await ground.write(workdir, { 'a.txt': 'a\n' })
    ground.git(workdir, 'add', '-A')
    ground.git(workdir, 'commit', '--quiet', '-m', 'on no branch')
    assert.deepEqual(await ground.workspaces.close(worktree), { kind: 'kept', why: 'unmerged' })
    ground.git(workdir, 'checkout', '--quiet', '-b', 'agents-own')
    const gitDir = ground.git(workdir, 'rev-parse', '--absolute-git-dir')
    await writeFile(join(gitDir, 'MERGE_HEAD'), `${worktree.base}\n`)
    assert.deepEqual(await ground.workspaces.close(worktree), { kind: 'kept', why: 'unfinished' })
    await rm(join(gitDir, 'MERGE_HEAD'))
    assert.deepEqual(await ground.workspaces.close(worktree), { kind: 'kept', why: 'unmerged' })
    ground.git(workdir, 'tag', 'v1', worktree.base ?? '')
    ground.git(shop, 'pull', '--quiet', workdir, 'agents-own')
    assert.deepEqual(await ground.workspaces.close(worktree), { kind: 'kept', why: 'unmerged' }, 'a name of its own')
    ground.git(workdir, 'tag', '-d', 'v1')
    await ground.write(workdir, { 'a.txt': 'later\n' })
    ground.git(workdir, 'stash')
    assert.deepEqual(await ground.workspaces.close(worktree), { kind: 'kept', why: 'stashed' })
    ground.git(workdir, 'stash', 'drop')
    assert.deepEqual(await ground.workspaces.close(worktree), { kind: 'removed' })
    assert.match(ground.git(shop, 'log', '--format=%s'), /on no branch/)
  })

  it('a clone deleted behind our back is made again from its branch', async () => {
    await using ground = await Ground.open()
    const shop = await ground.repository('shop')
    const first = await ground.opens(shop)
    await ground.write(first.workdir, { 'a.txt': 'a\n' })
    ground.git(first.workdir, 'add', '-A')
    ground.git(first.workdir, 'commit', '--quiet', '-m', 'work')
    assert.equal((await ground.workspaces.takeBack(first.worktree)).kind, 'taken')
    await rm(first.worktree.folder, { recursive: true })
    assert.deepEqual(await ground.workspaces.close(first.worktree), { kind: 'gone' })
    const again = await ground.opens(shop)
    assert.deepEqual(again, { ...first, takenUp: true })
    assert.equal(await readFile(join(again.workdir, 'a.txt'), 'utf8'), 'a\n')
    assert.equal(again.worktree.base, first.worktree.base)
  })

  it('goes round what stands in its way', async () => {
    await using ground = await Ground.open()
    const shop = await ground.repository('shop')
    // A folder of somebody's, a branch checked out by somebody, a branch called omc.
    await ground.write(ground.at('.omc-worktrees/shop/one'), { mine: 'mine' })
    ground.git(shop, 'checkout', '--quiet', '-b', 'omc/two')
    const before = ground.standing(shop)
    assert.equal((await ground.opens(shop, 'one')).worktree.branch, 'omc/one-2')
    assert.equal((await ground.opens(shop, 'two')).worktree.branch, 'omc/two-2')
    // On some disks these would be the folder and the branch of the other.
    assert.equal((await ground.opens(shop, 'ONE')).worktree.branch, 'omc/ONE-3')
    assert.equal((await ground.opens(shop, 'Two')).worktree.branch, 'omc/Two-3')
    assert.equal(ground.standing(shop), before)
    assert.deepEqual(await readdir(ground.at('.omc-worktrees/shop/one')), ['mine'])
    const other = await ground.repository('other')
    ground.git(other, 'branch', 'omc')
    assert.equal((await ground.opens(other, 'three')).worktree.branch, 'omc-three')
  })

  it('a branch of that name with work of its own is taken up as it is', async () => {
    await using ground = await Ground.open()
    const shop = await ground.repository('shop')
    ground.git(shop, 'checkout', '--quiet', '-b', 'omc/fix')
    ground.git(shop, 'commit', '--quiet', '--allow-empty', '-m', 'mine')
    const tip = ground.git(shop, 'rev-parse', 'HEAD')
    ground.git(shop, 'checkout', '--quiet', 'main')
    const { workdir, worktree, takenUp } = await ground.opens(shop)
    assert.equal(ground.git(workdir, 'rev-parse', 'HEAD'), tip)
    assert.equal(worktree.base, ground.git(shop, 'rev-parse', 'main'))
    assert.ok(takenUp)
    assert.deepEqual(await ground.workspaces.close(worktree), { kind: 'kept', why: 'unmerged' })
  })

  it('what was left half made is not taken for work, and goes', async () => {
    await using ground = await Ground.open()
    const shop = await ground.repository('shop')
    const half = ground.at('.omc-worktrees/shop/.fix.making')
    await ground.write(half, { 'README.md': 'half' })
    const first = await ground.opens(shop)
    assert.equal(first.takenUp, false)
    assert.equal(await readFile(join(first.workdir, 'README.md'), 'utf8'), '# Shop\n')
    assert.ok(!existsSync(half))
  })

  it('is reported at startup when no session has it, with the disk it uses', async () => {
    await using ground = await Ground.open()
    const shop = await ground.repository('shop')
    const used = await ground.opens(shop, 'used')
    const left = await ground.opens(shop, 'left')
    await writeFile(join(left.workdir, 'big'), Buffer.alloc(300_000, 1))
    const found = await ground.workspaces.leftovers([], [ground.session('used', used)])
    assert.deepEqual(
      found.map(({ folder }) => folder),
      [left.worktree.folder],
    )
    assert.ok((found[0]?.bytes ?? 0) >= 300_000)
  })
})

describe('/diff', () => {
  it('shows commits, changes, deletions and untracked files against the base, and names what is no text', async () => {
    await using ground = await Ground.open()
    const shop = await ground.repository('shop', { 'a.txt': 'a\n', 'b.txt': 'b\n', '.gitignore': 'ignored\n' })
    const opened = await ground.opens(shop)
    const { workdir } = opened
    await ground.write(workdir, { 'a.txt': 'a\nsecond\n' })
    ground.git(workdir, 'commit', '--quiet', '-am', 'a commit')
    await rm(join(workdir, 'b.txt'))
    await ground.write(workdir, { 'new/-leading dash.txt': 'new\n', ignored: 'x', 'empty.txt': '' })
    await writeFile(join(workdir, 'picture.png'), Buffer.from([0x89, 0x50, 0, 1, 2, 3]))
    await writeFile(join(workdir, 'huge.txt'), Buffer.alloc(5 * 1024 * 1024, 'line\n'))
    ground.git(shop, 'commit', '--quiet', '--allow-empty', '-m', 'meanwhile')
    const before = ground.standing(workdir) + ground.git(shop, 'count-objects', '-v')
    const diff = await ground.workspaces.diff(ground.session('fix', opened))
    assert.ok(diff.ok)
    assert.deepEqual(diff.value.files, [
      { path: 'a.txt', lines: { added: 1, removed: 0 } },
      { path: 'b.txt', lines: { added: 0, removed: 1 } },
      { path: 'empty.txt', lines: { added: 0, removed: 0 } },
      { path: 'huge.txt', lines: null },
      { path: 'new/-leading dash.txt', lines: { added: 1, removed: 0 } },
      { path: 'picture.png', lines: null },
    ])
    assert.match(diff.value.patch, /\+second\n/)
    assert.match(diff.value.patch, /Binary files \/dev\/null and b\/picture.png differ/)
    assert.ok(diff.value.patch.length < 5000)
    assert.equal(diff.value.cut, false)
    assert.equal(ground.standing(workdir) + ground.git(shop, 'count-objects', '-v'), before)
    // The patch is one: it makes the same of the base.
    await rm(join(workdir, 'huge.txt'))
    await rm(join(workdir, 'picture.png'))
    const again = await ground.workspaces.diff(ground.session('fix', opened))
    assert.ok(again.ok)
    await writeFile(ground.at('fix.diff'), again.value.patch)
    ground.git(shop, 'apply', '--check', ground.at('fix.diff'))
  })

  it('cuts a patch that is too big for a file on Discord at the end of a file', async () => {
    await using ground = await Ground.open()
    const shop = await ground.repository('shop')
    const opened = await ground.opens(shop)
    for (const name of ['a', 'b', 'c'])
      await ground.write(opened.workdir, { [name]: `${name}${'x'.repeat(70)}\n`.repeat(50_000) })
    const diff = await ground.workspaces.diff(ground.session('fix', opened))
    assert.ok(diff.ok)
    assert.equal(diff.value.cut, true)
    assert.equal(diff.value.files.length, 3)
    assert.ok(Buffer.byteLength(diff.value.patch) <= 8 * 1024 * 1024)
    assert.deepEqual(diff.value.patch.match(/^diff --git .*$/gm), ['diff --git a/a b/a', 'diff --git a/b b/b'])
  })

  it('is refused where there is no repository, or the folder is gone', async () => {
    await using ground = await Ground.open()
    const plain = ground.at('plain')
    await mkdir(plain)
    const session = ground.session('fix', { workdir: plain, worktree: null, takenUp: false, emptySubmodules: [] })
    const refused = await ground.workspaces.diff(session)
    assert.deepEqual(!refused.ok && refused.refusal, { code: 'no-repository', path: plain })
    await rm(plain, { recursive: true })
    const gone = await ground.workspaces.diff(session)
    assert.deepEqual(!gone.ok && gone.refusal, { code: 'workdir-missing', path: plain })
  })
})

/** Ways in which a configuration takes in another file only where a session works. */
const conditions = [
  'include',
  'includeIf.onbranch:omc/**',
  'includeIf.gitdir:**/.omc-worktrees/**',
  'includeIf.gitdir:**/worktrees/**',
  'includeIf.gitdir/i:**',
  'includeIf.hasconfig:remote.*.url:ext::**',
]

describe('a repository that is not trusted', () => {
  it('runs nothing of its configuration when a session starts, is compared and ends', async () => {
    await using ground = await Ground.open()
    const shop = await ground.repository('shop', {
      '.gitattributes': `*.txt filter=evil diff=evil\n*.md filter=long\n${conditions.map((_, nth) => `*.h${nth} filter=hidden${nth}\n`).join('')}`,
      ...Object.fromEntries(conditions.map((when, nth) => [`a.h${nth}`, when])),
      'a.txt': 'a\n',
      'README.md': 'x\n',
    })
    const inner = await ground.repository('inner')
    ground.git(shop, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner, 'sub')
    ground.git(shop, 'commit', '--quiet', '-m', 'submodule')
    const ran = ground.at('..', 'ran')
    const evil = ground.at('evil.sh')
    await writeFile(evil, `#!/bin/sh\necho "$0 $*" >> '${ran}'\ncat\n`)
    await chmod(evil, 0o755)
    const hooks = ground.at('hooks')
    await mkdir(hooks)
    for (const hook of [
      'post-checkout',
      'post-index-change',
      'reference-transaction',
      'pre-commit',
      'fsmonitor-watchman',
    ]) {
      await symlink(evil, join(hooks, hook))
    }
    for (const [name, value] of [
      ['core.hooksPath', hooks],
      ['core.fsmonitor', evil],
      ['core.pager', evil],
      ['core.editor', evil],
      ['core.sshCommand', evil],
      ['core.askPass', evil],
      ['core.gitProxy', evil],
      ['core.alternateRefsCommand', evil],
      ['pager.diff', evil],
      ['pager.status', evil],
      ['filter.evil.smudge', evil],
      ['filter.evil.clean', evil],
      ['filter.evil.required', 'true'],
      ['filter.long.process', evil],
      ['filter.long.required', 'true'],
      ['diff.external', evil],
      ['diff.evil.command', evil],
      ['diff.evil.textconv', evil],
      ['diff.submodule', 'log'],
      ['alias.status', `!${evil}`],
      ['alias.worktree', `!${evil}`],
      ['credential.helper', evil],
      ['gpg.program', evil],
      ['log.showSignature', 'true'],
      ['protocol.ext.allow', 'always'],
      ['remote.origin.url', `ext::${evil}`],
      ['remote.origin.promisor', 'true'],
      ['remote.origin.partialclonefilter', 'blob:none'],
      ['uploadpack.packObjectsHook', evil],
      ['submodule.sub.update', `!${evil}`],
    ] as const) {
      ground.git(shop, 'config', name, value)
    }
    // What is asked in one folder, on one branch, is not what holds in another.
    for (const [nth, when] of conditions.entries()) {
      const filter = `[filter "hidden${nth}"]\n\tsmudge = ${evil}\n\tclean = ${evil}\n\trequired = true\n`
      await writeFile(ground.at(`included${nth}`), `${filter}[core]\n\tfsmonitor = ${evil}\n`)
      ground.git(shop, 'config', `${when}.path`, ground.at(`included${nth}`))
    }
    // A submodule's own configuration is read by a git that runs inside of it.
    ground.git(join(shop, 'sub'), 'config', 'core.fsmonitor', evil)
    const opened = await ground.opens(shop)
    const session = ground.session('fix', opened)
    await ground.write(opened.workdir, { 'a.txt': 'changed\n', 'new.txt': 'new\n', 'README.md': 'changed\n' })
    const diff = await ground.workspaces.diff(session)
    assert.deepEqual(diff.ok && diff.value.files.map(({ path }) => path), ['README.md', 'a.txt', 'new.txt'])
    const plain = ground.session('main', { workdir: shop, worktree: null, takenUp: false, emptySubmodules: [] })
    assert.ok((await ground.workspaces.diff(plain)).ok)
    await ground.workspaces.close(opened.worktree)
    await ground.opens(shop)
    assert.equal(await readFile(ran, 'utf8').catch(() => 'nothing ran'), 'nothing ran')
    // The trap is one: the person's own git runs it, and may well fail over it.
    try {
      ground.git(shop, 'status')
    } catch (error) {
      assert.match(String(error), /filter|fsmonitor/)
    }
    assert.match(await readFile(ran, 'utf8'), /evil|fsmonitor/)
  })

  it('cannot lead out of the roots', async () => {
    await using ground = await Ground.open()
    const shop = await ground.repository('shop')
    ground.git(shop, 'config', 'core.worktree', '/etc')
    const opened = await ground.workspaces.open({ name: 'fix', folder: shop, worktree: true }, [])
    assert.deepEqual(opened, {
      ok: true,
      value: { workdir: shop, worktree: null, takenUp: false, emptySubmodules: [] },
    })
    const outside = join(ground.base, 'outside.git')
    await rename(join(shop, '.git'), outside)
    await writeFile(join(shop, '.git'), `gitdir: ${outside}\n`)
    const again = await ground.workspaces.open({ name: 'fix', folder: shop, worktree: true }, [])
    assert.deepEqual(again, { ok: true, value: { workdir: shop, worktree: null, takenUp: false, emptySubmodules: [] } })
    assert.equal(ground.git(outside, 'branch', '--list', 'omc/*'), '')
    const mine = await ground.repository('mine', { 'a/b.txt': 'b\n' })
    for (const link of [
      ground.at('.omc-worktrees'),
      ground.at('.omc-worktrees/mine'),
      ground.at('.omc-worktrees/mine/fix'),
    ]) {
      await rm(ground.at('.omc-worktrees'), { recursive: true, force: true })
      await mkdir(join(link, '..'), { recursive: true })
      await mkdir(join(ground.base, 'elsewhere'), { recursive: true })
      await symlink(join(ground.base, 'elsewhere'), link)
      const led = await ground.workspaces.open({ name: 'fix', folder: mine, worktree: true }, [])
      // A link for the session's own folder is gone round, any other refused.
      if (led.ok) assert.equal(led.value.worktree?.branch, 'omc/fix-2')
      else assert.equal(led.refusal.code, 'worktree-failed')
      assert.deepEqual(
        await readdir(join(ground.base, 'elsewhere')).then((all) => all.filter((name) => name !== 'mine')),
        [],
      )
    }
  })
})
