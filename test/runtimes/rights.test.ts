import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Problem } from '../../src/core/failure.ts'
import { tiers } from '../../src/core/right.ts'
import { claudeRights } from '../../src/runtimes/claude/rights.ts'
import { codexRights } from '../../src/runtimes/codex/rights.ts'
import { rightsOf } from '../../src/runtimes/rights.ts'

describe('what a tier may do to the machine', () => {
  const table = { guest: ['read', 'nothing'], member: ['write', 'write'], owner: ['write', 'write'] } as const
  for (const tier of tiers) {
    const machine = tier in table ? table[tier as keyof typeof table] : null
    test(`${tier}: ${machine?.join(' in a box, without one ') ?? 'no turn at all'}`, () => {
      if (machine === null) {
        for (const ask of [rightsOf, claudeRights, codexRights])
          assert.throws(
            () => ask(tier, true),
            (error) => error instanceof Problem && error.kind === 'bug',
          )
        return
      }
      assert.deepEqual([rightsOf(tier, true).machine, rightsOf(tier, false).machine], machine)
    })
  }

  test('who may only look has no tool that writes, runs or reaches out, and asks nobody for more', () => {
    const [claude, codex] = [claudeRights('guest', true), codexRights('guest', true)]
    const forbidden = ['Bash', 'Edit', 'MultiEdit', 'NotebookEdit', 'Task', 'WebFetch', 'WebSearch', 'Write']
    assert.deepEqual(
      forbidden.filter((tool) => claude.tools.includes(tool)),
      [],
    )
    assert.notEqual(claude.mode, 'acceptEdits')
    assert.deepEqual(codex, { profile: 'omc-read', approvalPolicy: 'never', hasTools: true })
    assert.deepEqual(claudeRights('guest', false).tools, [], 'where no box says at what, it looks at nothing')
    assert.equal(codexRights('guest', false).hasTools, false)
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
