import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { boxedGround, shell } from './boxed-ground.ts'

const person = '[user]\n\tname = Olivia\n\temail = olivia@example.org\n'

describe('git of an agent in its box', () => {
  it('does all that people do with git, the usual way', async () => {
    await using boxed = await boxedGround()
    const { ground } = boxed
    await writeFile(join(ground.base, 'home', '.gitconfig'), person)
    const shop = await ground.repository('shop', { 'src/a.txt': 'a\n' })
    ground.git(shop, 'branch', 'feature')
    const opened = await ground.opens(shop)
    const script = `set -e
      echo b > b.txt; git add -A; git commit -qm one; git commit -q --amend -m uno
      echo c > c.txt; git add .; git stash -q; git stash pop -q; git commit -qm two
      git checkout -qb side feature; echo d > d.txt; git add -A; git commit -qm side
      git checkout -q omc/fix; git merge -q -m merged side; git rebase -q feature
      git tag v1; git cherry-pick --allow-empty feature >/dev/null 2>&1 || git cherry-pick --skip
      git gc -q --prune=now; git pack-refs --all; git config user.nick o; git switch -q side; git switch -q omc/fix
      git log --format=%s; git status --short; git fsck --no-dangling; echo all of it`
    assert.equal(shell(boxed, 'fix', opened, script), 'side\ntwo\nuno\nfirst\nall of it\n')
    const tip = ground.git(opened.workdir, 'rev-parse', 'omc/fix')
    assert.deepEqual(await ground.workspaces.takeBack(opened.worktree), { kind: 'taken', commit: tip })
    assert.equal(ground.git(shop, 'log', '-1', '--format=%an', 'omc/fix'), 'Olivia')
    ground.git(shop, 'fsck', '--strict')
    shell(boxed, 'fix', opened, 'chmod 000 ~ /tmp')
    assert.equal(
      shell(boxed, 'fix', opened, 'echo again | tee ~/a /tmp/a'),
      'again\n',
      'what it closes is open to its next',
    )
  })

  it('destroys what is its own at the most, whatever it tries', async () => {
    await using boxed = await boxedGround()
    const { ground } = boxed
    const shop = await ground.repository('shop')
    const foreign = await ground.repository('foreign', { 'secret.txt': 'planted\n' })
    const other = await ground.opens(shop, 'other')
    await ground.write(other.workdir, { 'a.txt': 'a\n' })
    ground.git(other.workdir, 'add', '-A')
    ground.git(other.workdir, 'commit', '--quiet', '-m', 'work')
    await ground.workspaces.takeBack(other.worktree)
    const mine = await ground.opens(shop, 'mine', [ground.session('other', other)])
    const before = ground.standing(shop)
    const git = join(shop, '.git')
    const scripts = [
      `for b in main omc/other; do git --git-dir=${git} update-ref -d refs/heads/$b; git update-ref -d refs/heads/$b; done`,
      `rm -rf ${git}/objects/?? ${git}/refs`,
      `git --git-dir=${git} update-ref -d refs/heads/omc/other; git --git-dir=${git} gc --prune=now; git gc --prune=now`,
      `echo '#!/bin/sh' > ${git}/hooks/post-checkout; chmod +x ${git}/hooks/post-checkout`,
      `git --git-dir=${git} config core.fsmonitor /evil; echo '[core]\n\tfsmonitor = /evil' >> ${git}/config`,
      `echo ${foreign}/.git/objects > ${git}/objects/info/alternates; cat ${foreign}/secret.txt; ls ${other.workdir}`,
    ]
    for (const script of scripts) {
      const said = shell(boxed, 'mine', mine, script)
      assert.doesNotMatch(said, /planted|a\.txt/, script)
      assert.equal(ground.standing(shop), before, script)
      ground.git(shop, 'fsck', '--strict')
      assert.equal(ground.git(other.workdir, 'log', '-1', '--format=%s'), 'work', script)
    }
    // The control: outside of the box they do what they say.
    for (const [nth, script] of scripts.slice(0, 5).entries()) {
      const copy = ground.at(`copy${nth}`)
      await cp(shop, copy, { recursive: true })
      spawnSync('sh', ['-c', script.replaceAll(git, join(copy, '.git'))], { cwd: copy })
      const harmed = (): boolean => {
        try {
          ground.git(copy, 'fsck', '--strict', '--connectivity-only')
          ground.git(copy, 'rev-parse', 'omc/other')
          return ground.standing(copy) !== before || existsSync(join(copy, '.git/hooks/post-checkout'))
        } catch {
          return true
        }
      }
      assert.ok(harmed(), script)
    }
  })
})
