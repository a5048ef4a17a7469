import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const files = {
  'README.md': `# Corner shop

A very small shop, made for trying out an agent: ask it what the code does, or to find the bug in the total.

    node --test
`,
  'cart.js': `/** The price of everything in the cart, in cents. Members pay a tenth less. */
export function total(items, isMember) {
  let sum = 0
  for (const item of items) sum += item.price
  return isMember ? Math.round(sum * 0.9) : sum
}
`,
  'cart.test.js': `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { total } from './cart.js'

test('adds up what is in the cart', () => {
  assert.equal(total([{ price: 250, count: 1 }, { price: 100, count: 1 }], false), 350)
})

test('takes the count into account', () => {
  assert.equal(total([{ price: 250, count: 2 }], false), 500)
})
`,
  'package.json': `{
  "name": "corner-shop",
  "private": true,
  "type": "module"
}
`,
}

/** A small project to try an agent on: a git repository of four files. Made once; what was done to it later stays. */
export async function makeProject(folder: string): Promise<void> {
  if (existsSync(folder)) return
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  try {
    await git(folder, 'init', '--quiet', '--initial-branch=main')
    await git(folder, 'add', '.')
    await git(
      folder,
      '-c',
      'user.name=demo',
      '-c',
      'user.email=demo@localhost',
      'commit',
      '--quiet',
      '-m',
      'A small shop',
    )
  } catch {
    // Without git it is a folder of four files, and that is enough to begin with.
  }
}

/** The settings of whoever runs the demo (signing, hooks, templates) have no business in it. */
async function git(folder: string, ...args: readonly string[]): Promise<void> {
  const env = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_DIR: join(folder, '.git') }
  await promisify(execFile)('git', ['-C', folder, ...args], { env: { ...process.env, ...env, GIT_WORK_TREE: folder } })
}
