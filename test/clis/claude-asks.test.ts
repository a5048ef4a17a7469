import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Decision } from '../../src/core/approval.ts'
import { makeTurn } from '../contracts/runtime-bench.ts'
import { ContractStage, sideBySide } from '../contracts/runtime-stage.ts'
import { scripted } from '../models/script.ts'
import { claudeBench } from './claude-bench.ts'
import { claudeBinary, howToInstall } from './install.ts'

/** What the real CLI asks beside permissions. Run it: node test/run.js test/clis/claude-asks.test.ts */
const binary = claudeBinary()

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
