import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { codexGoldenFolder, codexRecording } from '../clis/codex-recording.ts'
import { codexScenarios } from '../clis/codex-scenarios.ts'
import { standIn } from './stand-in.ts'

type Json = Readonly<Record<string, unknown>>

/** Told by the real server at no certain moment, or of things that its stand-in does not have. */
const incidental = new Set([
  'account/rateLimits/updated',
  'configWarning',
  'item/commandExecution/outputDelta',
  'remoteControl/status/changed',
  'thread/goal/cleared',
  'thread/readState/changed',
  'thread/settings/updated',
  'thread/started',
  'thread/status/changed',
  'thread/tokenUsage/updated',
  'turn/diff/updated',
])

// The very scenarios that were recorded with the real server. What it says at once comes in another order each time,
// so the order is compared thread by thread of the story: answers to requests, and what happens in the turn.
describe('the stand-in for the Codex server says what the real one said', () => {
  const codex = standIn('codex')
  after(() => codex[Symbol.dispose]())
  const known = shapesOf(
    readdirSync(codexGoldenFolder)
      .filter((file) => file.endsWith('.jsonl'))
      .flatMap((file) => linesOf(readFileSync(join(codexGoldenFolder, file), 'utf8'))),
  )
  for (const scenario of codexScenarios)
    test(scenario.name, async () => {
      const golden = linesOf(readFileSync(join(codexGoldenFolder, `${scenario.name}.jsonl`), 'utf8'))
      const lines = linesOf(await codexRecording(scenario, codex.binary))
      const isReply = (line: Json): boolean => line['method'] === undefined
      const isStory = (line: Json): boolean => !isReply(line) && !incidental.has(String(line['method']))
      assert.deepEqual(lines.filter(isReply).map(kindOf).sort(), golden.filter(isReply).map(kindOf).sort())
      assert.deepEqual(lines.filter(isStory).map(kindOf), golden.filter(isStory).map(kindOf))
      for (const line of lines) {
        const shapes = known.get(kindOf(line)) ?? new Set()
        assert.ok(shapes.has(shapeOf(line)), `${kindOf(line)} never looks like this:\n${JSON.stringify(line)}`)
      }
    })
})

function linesOf(text: string): readonly Json[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Json)
}

/** What a line is: a method with the kind and the state of its item, or which request it answers, and how. */
function kindOf(line: Json): string {
  const { method, id, error } = line
  if (method === undefined) return `${error === undefined ? 'answer' : 'refusal'} ${String(id)}`
  const params = (line['params'] ?? {}) as Json
  const { type, status } = (params['item'] ?? params['turn'] ?? {}) as Json
  const words = [method, type, status, params['willRetry']].filter((each) => each !== undefined)
  return words.map(String).join(' ')
}

function shapesOf(lines: readonly Json[]): ReadonlyMap<string, ReadonlySet<string>> {
  const shapes = new Map<string, Set<string>>()
  for (const line of lines) {
    const kind = kindOf(line)
    shapes.set(kind, (shapes.get(kind) ?? new Set()).add(shapeOf(line)))
  }
  return shapes
}

/** Names and types, in their order; of a list the different shapes of what stands in it. */
function shapeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return `[${[...new Set(value.map(shapeOf))].sort().join('|')}]`
  if (typeof value !== 'object') return typeof value
  return `{${Object.entries(value)
    .map(([name, each]) => `${name}:${shapeOf(each)}`)
    .join(',')}}`
}
