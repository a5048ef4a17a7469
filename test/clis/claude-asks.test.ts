import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Decision } from '../../src/core/approval.ts'
import { approving, makeTurn } from '../contracts/runtime-bench.ts'
import { ContractStage, sideBySide } from '../contracts/runtime-stage.ts'
import { scripted } from '../models/script.ts'
import { claudeBench } from './claude-bench.ts'
import { claudeBinary, howToInstall } from './install.ts'

/** What the real CLI asks beside permissions. Run it: node test/run.js test/clis/claude-asks.test.ts */
const binary = claudeBinary()

describe('what the real Claude CLI asks about', { ...sideBySide, skip: binary === null && howToInstall }, () => {
  test('is every file that is obeyed later, and no other in its folder', async () => {
    await using stage = await ContractStage.open('claude', () => claudeBench(binary ?? ''))
    const { bench } = stage
    const paths = [
      'notes.md',
      '.envrc',
      '.husky/pre-commit',
      'sub/.github/workflows/ci.yml',
      '.gitattributes',
      'AGENTS.md',
      'sub/jenkinsfile',
      'a.code-workspace',
      'sub/a.md',
    ]
    const steps = paths.map((path) => ({
      tool: 'Write',
      input: { file_path: join(bench.workdir, path), content: 'x' },
    }))
    const listener = stage.begin(makeTurn(stage.session, scripted([...steps, { text: 'written' }]), { tier: 'member' }))
    await approving(listener)
    assert.equal(stage.outcome(listener), 'done')
    const wanted = listener.events.flatMap((event) => {
      if (event.type !== 'wanted') return []
      const { subject } = event.approval
      return subject.kind === 'change' ? (subject.changes[0]?.path ?? []) : subject.kind
    })
    const free = ['notes.md', 'sub/a.md']
    assert.deepEqual(
      wanted,
      paths.filter((path) => !free.includes(path)),
    )
    for (const path of paths) assert.ok(existsSync(join(bench.workdir, path)), path)
  })

  test('runs in the folder that is shown for it, wherever the command before it went', async () => {
    await using stage = await ContractStage.open('claude', () => claudeBench(binary ?? ''))
    const { bench } = stage
    const bash = (command: string) => ({ tool: 'Bash', input: { command, description: 'x' } })
    const steps = [bash('mkdir -p sub && cd sub && pwd > ../first'), bash('pwd > second'), { text: 'looked' }]
    const listener = stage.begin(makeTurn(stage.session, scripted(steps)))
    await approving(listener)
    const said = (name: string): string => readFileSync(join(bench.workdir, name), 'utf8').trim()
    assert.deepEqual([said('first'), said('second')], [join(bench.workdir, 'sub'), bench.workdir])
  })
})

describe(
  'a form of an MCP server behind the real Claude CLI',
  { ...sideBySide, skip: binary === null && howToInstall },
  () => {
    const answers: readonly (readonly [string, (question: string) => Decision, RegExp])[] = [
      ['filled in', (question) => ({ verdict: 'reply', answers: { [question]: ['3'] } }), /accept.*size.*3/],
      ['declined', () => ({ verdict: 'deny', reason: 'no' }), /decline/],
    ]
    for (const [how, decide, told] of answers)
      test(`is asked like a question, and ${how}`, async () => {
        await using stage = await ContractStage.open('claude', () => claudeBench(binary ?? ''))
        const { bench } = stage
        const args = [join(import.meta.dirname, 'eliciting.js')]
        const servers = { mcpServers: { planted: { command: process.execPath, args } } }
        writeFileSync(join(bench.workdir, '.mcp.json'), JSON.stringify(servers))
        const text = scripted([{ tool: 'mcp__planted__grow', input: {} }, { text: 'grown' }])
        const listener = stage.begin(makeTurn({ ...stage.session, trusted: true }, text))
        // The tool itself needs leave first.
        for (let seen = 0; ; seen++) {
          const wanted = () => listener.events.flatMap((event) => (event.type === 'wanted' ? [event.approval] : []))
          await listener.seesEventually('it is asked', () => wanted().length > seen)
          const approval = wanted()[seen]
          assert.ok(approval !== undefined)
          if (approval.subject.kind !== 'questions') {
            await listener.conduct.answer(approval.id, { verdict: 'approve' })
            continue
          }
          const [question] = approval.subject.questions
          assert.equal(question?.text, 'How big?')
          await listener.conduct.answer(approval.id, decide(question?.id ?? ''))
          break
        }
        await listener.done
        assert.equal(stage.outcome(listener), 'done')
        assert.match(bench.received(), told)
      })
  },
)
