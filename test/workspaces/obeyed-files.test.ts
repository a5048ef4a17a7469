import { deepEqual } from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { obeyedSince } from '../../src/workspaces/obeyed-files.ts'

const files = [
  'README.md',
  'AGENTS.md',
  'web/.husky/pre-push',
  'docs/for-agents.md',
  'tools/hooks/run',
  'src/a.ts',
  'node_modules/x/.github/workflows/a.yml',
  '.git/HEAD',
  '.git/index',
  '.git/config',
  '.git/hooks/post-merge',
  '.git/hooks/a.sample',
  '.git/objects/aa/bb',
  '.git/refs/heads/main',
  'sub/.git/hooks/post-merge',
  '.omc-signing/.gitignore',
  '.omc-signing/a/hooks/prepare-commit-msg',
  '.omc-worktrees/b/.git/config',
  'data/homes/CLAUDE.md',
]

test('of a folder, what others obey is told where it was changed since, and nothing else', async () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'obeyed-')))
  try {
    const shop = join(root, 'shop')
    for (const path of files) {
      mkdirSync(dirname(join(shop, path)), { recursive: true })
      writeFileSync(join(shop, path), 'x')
    }
    mkdirSync(join(shop, '.vscode'))
    writeFileSync(join(root, 'elsewhere'), 'x')
    symlinkSync('docs/for-agents.md', join(shop, 'CLAUDE.md'))
    symlinkSync('tools', join(shop, '.claude'))
    symlinkSync('../elsewhere', join(shop, '.envrc'))
    symlinkSync('.', join(shop, '.idea'))
    const changed = [
      '.claude',
      '.envrc',
      '.git/config',
      '.git/hooks/post-merge',
      '.idea',
      'AGENTS.md',
      'CLAUDE.md',
      'docs/for-agents.md',
      'sub/.git/hooks/post-merge',
      'tools/hooks/run',
      'web/.husky/pre-push',
    ]
    const places = { roots: [root], hidden: [join(shop, 'data')] }
    deepEqual(await obeyedSince(shop, 0, places), { paths: changed, cut: false })
    deepEqual(await obeyedSince(shop, Date.now() + 3_600_000, { roots: [root] }), { paths: [], cut: false })
    // A part of a repository can leave something in the git folder of the whole.
    const inPart = await obeyedSince(join(shop, 'web'), 0, { roots: [root] })
    deepEqual(inPart, { paths: ['.git/config', '.git/hooks/post-merge', '.husky/pre-push'], cut: false })
    for (let nth = 0; nth < 120; nth++) writeFileSync(join(shop, '.vscode', `${nth}`), '')
    deepEqual((await obeyedSince(shop, 0, { roots: [root] })).cut, true)
    deepEqual(await obeyedSince(join(root, 'nowhere'), 0, { roots: [root] }), { paths: [], cut: false })
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})
