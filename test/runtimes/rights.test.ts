import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Problem } from '../../src/core/failure.ts'
import { tiers } from '../../src/core/right.ts'
import { claudeRights } from '../../src/runtimes/claude/rights.ts'
import { codexRights } from '../../src/runtimes/codex/rights.ts'
import { rightsOf } from '../../src/runtimes/rights.ts'

describe('what a tier may do to the machine', () => {
  const table = { guest: 'read', member: 'write', owner: 'write' } as const
  for (const tier of tiers) {
    const machine = tier in table ? table[tier as keyof typeof table] : null
    test(`${tier}: ${machine ?? 'nothing at all'}`, () => {
      if (machine === null) {
        for (const ask of [rightsOf, (each: typeof tier) => claudeRights(each, true), codexRights])
          assert.throws(
            () => ask(tier),
            (error) => error instanceof Problem && error.kind === 'bug',
          )
        return
      }
      const rights = rightsOf(tier)
      assert.equal(rights.machine, machine)
    })
  }

  test('who may only look has no tool that writes, runs or reaches out, and asks nobody for more', () => {
    const [claude, codex] = [claudeRights('guest', true), codexRights('guest')]
    const forbidden = ['Bash', 'Edit', 'MultiEdit', 'NotebookEdit', 'Task', 'WebFetch', 'WebSearch', 'Write']
    assert.deepEqual(
      forbidden.filter((tool) => claude.tools.includes(tool)),
      [],
    )
    assert.notEqual(claude.mode, 'acceptEdits')
    const unboxed = claudeRights('guest', false).tools
    assert.deepEqual(
      ['Glob', 'Grep'].filter((tool) => unboxed.includes(tool)),
      [],
      'where no box says at what, it asks',
    )
    assert.deepEqual(codex, { profile: 'omc-read', approvalPolicy: 'never' })
  })
})

test('nobody has a tool that runs git outside the sandbox, or begins turns that nobody asked for', () => {
  const never = ['EnterWorktree', 'ExitWorktree', 'Workflow', 'CronCreate', 'CronDelete', 'CronList', 'ScheduleWakeup']
  for (const tier of ['guest', 'member', 'owner'] as const)
    assert.deepEqual(
      never.filter((tool) => claudeRights(tier, true).tools.includes(tool)),
      [],
    )
})
