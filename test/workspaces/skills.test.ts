import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promptOfSkill } from '../../src/core/skill.ts'
import { skillsIn } from '../../src/workspaces/skills.ts'

let base = ''
const at = (...parts: string[]): string => join(base, ...parts)

before(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'skills-')))
  for (const folder of ['operator', 'roots/shop/.git', 'roots/shop/skills', 'roots/shop/cart/skills', 'roots/linked']) {
    await mkdir(at(folder), { recursive: true })
  }
  await writeFile(at('secret.md'), 'a secret outside')
  await writeFile(at('operator/review.md'), 'the review of the operator')
  await writeFile(at('operator/house.md'), 'the house rules')
  await writeFile(at('roots/shop/skills/review.md'), 'the review of the repository')
  await writeFile(at('roots/shop/skills/release.md'), 'the release')
  await writeFile(at('roots/shop/cart/skills/cart.md'), 'the cart')
  await writeFile(at('roots/shop/cart/skills/huge.md'), 'x'.repeat(70_000))
  await writeFile(at('roots/shop/cart/skills/empty.md'), ' \n')
  await writeFile(at('roots/shop/cart/skills/.hidden.md'), 'hidden')
  await writeFile(at('roots/shop/cart/skills/notes.txt'), 'no skill')
  await mkdir(at('roots/shop/cart/skills/folder.md'))
  await symlink(at('secret.md'), at('roots/shop/cart/skills/leak.md'))
  await symlink(at('roots/shop/cart/skills/cart.md'), at('roots/shop/cart/skills/alias.md'))
  await symlink(at('operator'), at('roots/linked/skills'))
  execFileSync('mkfifo', [at('roots/shop/cart/skills/pipe.md')])
})
after(() => rm(base, { recursive: true, force: true }))

const skills = () => skillsIn({ operator: at('operator'), roots: [at('roots')] })
const cart = () => ({ workdir: at('roots/shop/cart'), worktree: null, worker: null })

describe('skills', () => {
  it('are those of the operator, of the folder and of its repository; nothing else is', async () => {
    assert.deepEqual(await skills().list(cart()), ['alias', 'cart', 'house', 'release', 'review'])
    assert.equal(await skills().read(cart(), 'release'), 'the release')
    assert.equal(await skills().read(cart(), 'review'), 'the review of the operator')
  })

  it('are not looked for above the roots', async () => {
    const inside = skillsIn({ operator: at('nowhere'), roots: [at('roots/shop/cart')] })
    assert.deepEqual(await inside.list(cart()), ['alias', 'cart'])
  })

  it('lead out of their project by no name and no link', async () => {
    for (const name of [
      'leak',
      'huge',
      'empty',
      'folder',
      'pipe',
      '../../../secret',
      'skills/cart',
      '..',
      '',
      'a\0b',
    ]) {
      assert.equal(await skills().read(cart(), name), null, name)
    }
    const linked = skillsIn({ operator: at('nowhere'), roots: [at('roots')] })
    assert.deepEqual(await linked.list({ workdir: at('roots/linked'), worktree: null, worker: null }), [])
  })

  it('are not those of another project, for a folder that an agent has exchanged for a link', async () => {
    await mkdir(at('roots/clone'))
    await symlink(at('roots/shop/cart'), at('roots/clone/cart'))
    const worktree = { repository: at('x'), folder: at('roots/clone'), branch: 'omc/shop', base: null, borrows: [] }
    const where = { workdir: at('roots/clone/cart'), worktree, worker: null }
    const only = skillsIn({ operator: at('nowhere'), roots: [at('roots')] })
    assert.deepEqual([await only.list(where), await only.read(where, 'cart')], [[], null])
  })

  it('are found in the worktree of a session', async () => {
    const worktree = { repository: at('x'), folder: at('roots/shop'), branch: 'omc/shop', base: null, borrows: [] }
    const elsewhere = skillsIn({ operator: at('nowhere'), roots: [] })
    assert.deepEqual(await elsewhere.list({ workdir: at('roots/shop/cart'), worktree, worker: null }), [
      'alias',
      'cart',
      'release',
      'review',
    ])
  })
})

describe('the prompt of a skill', () => {
  it('has the arguments where they belong, as they were typed', () => {
    assert.equal(promptOfSkill('fix $ARGUMENTS and $ARGUMENTS', '$& $1'), 'fix $& $1 and $& $1')
    assert.equal(promptOfSkill('review it', 'src'), 'review it\n\nARGUMENTS: src')
    assert.equal(promptOfSkill('review it\n', ''), 'review it')
  })

  it('has no head', () => {
    assert.equal(promptOfSkill('---\ndescription: x\n---\nreview', ''), 'review')
    assert.equal(promptOfSkill('a\n---\nb\n---\n', ''), 'a\n---\nb\n---')
  })
})
