import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { test } from 'node:test'
import { boxedGround, shell } from '../workspaces/boxed-ground.ts'

const files = 50_000

/** A history of two commits in git's own words for taking one in: all of the files, then a change to one. */
function history(): string {
  const who = 'committer Olivia <olivia@example.org> 1700000000 +0000\n'
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`
  const all = Array.from(
    { length: files },
    (_, nth) => `M 100644 inline part${nth % 200}/file${nth}.txt\n${data(`file ${nth}\n`)}`,
  )
  const first = `commit refs/heads/main\nmark :1\n${who}${data('first')}${all.join('')}`
  return `${first}commit refs/heads/main\n${who}${data('second')}from :1\nM 100644 inline part0/file0.txt\n${data('changed\n')}`
}

test('a repository of 50,000 files is worked on from inside a box, and its branch is taken back', async () => {
  await using boxed = await boxedGround()
  const { ground } = boxed
  const shop = ground.at('large')
  mkdirSync(shop)
  ground.git(shop, 'init', '--quiet', '-b', 'main')
  const taken = spawnSync('git', ['fast-import', '--quiet'], { cwd: shop, input: history(), encoding: 'utf8' })
  assert.equal(taken.status, 0, taken.stderr)
  ground.git(shop, 'reset', '--quiet', '--hard')

  const opened = await ground.opens(shop)
  const who = '-c user.name=agent -c user.email=agent@box'
  const script = `set -e
    git ls-files | wc -l; git status --short | wc -l
    for part in 1 2 3 4; do for file in part$part/*; do echo more >> $file; done; done
    rm -r part5; mkdir -p made/by; echo x > made/by/agent.txt
    git add -A; git ${who} commit -qm many; git ${who} commit -q --amend -m 'many files'
    git stash list; git ${who} revert --no-edit HEAD > /dev/null; git reset -q --hard HEAD~1
    git log --format=%s; git diff --shortstat HEAD~1`
  assert.equal(
    shell(boxed, 'fix', opened, script),
    '50000\n0\nmany files\nsecond\nfirst\n 1251 files changed, 1001 insertions(+), 250 deletions(-)\n',
  )
  const tip = ground.git(opened.workdir, 'rev-parse', 'omc/fix')
  assert.deepEqual(await ground.workspaces.takeBack(opened.worktree), { kind: 'taken', commit: tip })
  assert.equal(ground.git(shop, 'show', 'omc/fix:made/by/agent.txt'), 'x')
  assert.equal(ground.git(shop, 'log', '--format=%s', 'omc/fix'), 'many files\nsecond\nfirst')

  const diff = await ground.workspaces.diff(ground.session('fix', opened))
  assert.ok(diff.ok, JSON.stringify(diff).slice(0, 300))
})
