import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Action } from '../../src/core/action.ts'
import type { Approval, Subject } from '../../src/core/approval.ts'
import type { ApprovalId } from '../../src/core/ids.ts'
import { isObeyed, risksWith } from '../../src/core/obeyed.ts'
import { fc } from '../random.ts'

const workdir = '/srv/.omc-worktrees/shop'

function risksOf(subject: Subject, action: Partial<Action> = {}, input = '{}'): readonly string[] {
  const whole: Action = { id: 'a', kind: 'other', tool: 'Tool', title: '', ...action }
  const approval: Approval = { id: 'ask' as ApprovalId, action: whole, input, subject, risks: [] }
  return risksWith(approval, workdir)
}

function ofCommand(command: string, folder: string | null = null): readonly string[] {
  return risksOf({ kind: 'command', command, folder, reason: null }, { kind: 'command', tool: 'Bash' })
}

const obeyed = [
  '.claude/settings.json',
  'deep/in/.claude/skills/x.md',
  '.mcp.json',
  '.codex/config.toml',
  '.envrc',
  '.husky/pre-commit',
  '.git/hooks/post-checkout',
  '.gitattributes',
  '.github/workflows/ci.yml',
  '.gitlab-ci.yml',
  '.vscode/tasks.json',
  'sub/.CLAUDE/settings.json',
  'Jenkinsfile',
  'AGENTS.md',
  'docs/CLAUDE.md',
  '.cargo/config.toml',
]

describe('what is obeyed later', () => {
  it('is told by name, wherever it lies', () => {
    for (const path of obeyed) assert.ok(isObeyed(path), path)
    for (const path of ['README.md', 'src/git.ts', 'claude/settings.json', 'a.gitignore.md', 'package.json', ''])
      assert.ok(!isObeyed(path), path)
    // A file system that does not tell these from `.vscode`, `.mcp.json`, `.claude` and `AGENTS.md` obeys them, too.
    for (const path of ['.v\u017Fcode/tasks.json', '.m\u200Ccp.json', '.claude./a', '.claude::$DATA', 'AGENT\u017F.MD'])
      assert.ok(isObeyed(path), JSON.stringify(path))
    for (const path of ['Makefile', 'Dockerfile', 'docs/agents/README.md', 'agents.ts', '.', '..', '.c', ':'])
      assert.ok(!isObeyed(path), path)
    assert.ok(isObeyed(`${workdir}/.envrc`, workdir))
    assert.ok(!isObeyed('/x/.github/shop/src/a.ts', '/x/.github/shop'), 'where the session lies says nothing')
  })

  it('is a risk of a change, whichever tool makes it', () => {
    for (const path of obeyed) {
      const changes = [
        { path: 'README.md', diff: '@@' },
        { path, diff: '@@' },
      ]
      assert.deepEqual(risksOf({ kind: 'change', changes, reason: null }), ['obeyed'], path)
      const moved = [{ path: 'README.md', diff: `rename to ${path}\n@@` }]
      assert.deepEqual(risksOf({ kind: 'change', changes: moved, reason: null }), ['obeyed'], path)
      const input = JSON.stringify({ files: [{ path: `${workdir}/${path}`, text: 'x' }] })
      assert.deepEqual(risksOf({ kind: 'tool' }, { tool: 'mcp__fs__write' }, input), ['obeyed'], path)
      assert.deepEqual(risksOf({ kind: 'tool' }, { kind: 'read', tool: 'Read' }, input), [], 'only read')
    }
    assert.deepEqual(risksOf({ kind: 'change', changes: [{ path: 'a.md', diff: '@@' }], reason: null }), [])
  })

  it('is a risk of a command that names it and does more than read it', () => {
    const writes = (path: string): readonly string[] => [
      `echo x > ${path}`,
      `echo x >> './${path}'`,
      `cat a > "${path}"`,
      `cp a ${path}`,
      `tee ${path} < a`,
      `dd if=a of=${path}`,
      `sed -i s/a/b/ ${workdir}/${path}`,
      `true && mv a ${path}`,
      `sh -c 'echo x > ${path}'`,
      `X=1 env sh -c "cp a ${path}"`,
      `echo $(cp a ${path})`,
      `git checkout other -- ${path}`,
      `python3 -c "open('${path}', 'w')"`,
      `rm ${path}`,
    ]
    for (const path of obeyed) for (const each of writes(path)) assert.deepEqual(ofCommand(each), ['obeyed'], each)
    for (const each of [
      'cp hook .hus*/x',
      'cp a .{claude,x}/y',
      'cd .github && cp a b',
      'git config core.hooksPath x',
      'git -C sub config core.fsmonitor ./x',
      'git remote set-url origin x',
      'direnv allow',
      'npx husky init',
      'cp a CLAU*.md',
      'cp a AGENT[S].md',
      'cp a age?ts.md',
      'npm pkg set scripts.test=x',
    ])
      assert.deepEqual(ofCommand(each), ['obeyed'], each)
    assert.deepEqual(ofCommand('cp a b', `${workdir}/.husky`), ['obeyed'], 'the folder it runs in')
  })

  it('is none of a command that only reads it', () => {
    for (const each of [
      'cat .gitignore',
      'ls -la .github/workflows',
      'grep -r x .vscode 2>/dev/null',
      'git add .gitignore && git commit -m "config in .gitignore"',
      'git config --get user.name',
      'git remote -v',
      'echo x > notes.md',
      `cp ${workdir}/a ${workdir}/b`,
      'npm test',
      'npx prettier --write src/*.ts *.md',
      'cp a[ b',
    ])
      assert.deepEqual(ofCommand(each), [], each)
  })

  it('never fails, whatever the text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => ofCommand(text).length <= 1))
    fc.assert(fc.property(fc.json(), (input) => risksOf({ kind: 'tool' }, {}, input).length <= 1))
  })
})
