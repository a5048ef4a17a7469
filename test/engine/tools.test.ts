import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { RunEvent } from '../../src/core/event.ts'
import type { ToolCallId } from '../../src/core/ids.ts'
import { says, type Tool } from '../../src/core/tool.ts'
import { ToolDesk } from '../../src/engine/tools.ts'
import { toldLine as claudeLine } from '../../src/runtimes/claude/mcp.ts'
import { toldLine as codexLine } from '../../src/runtimes/codex/tool.ts'
import { wholeWriteBytes } from '../../src/runtimes/engine/spool.ts'
import { events, person, prompt, runId, scratchFolder, session } from '../stores/cast.ts'
import { live } from './life.ts'
import { Machine } from './scripted-runtime.ts'
import { VirtualClock } from './virtual-clock.ts'

const begin = Date.UTC(2026, 0, 5, 9)
const call = { id: 'call-1' as ToolCallId, tool: 'say', input: '{}' }

/** A run at work, whose agent calls a tool that says this; `hangs`: Discord does not say who anybody is. */
async function tells(
  text: string,
  options: { readonly hangs?: boolean; readonly afterMs?: number; readonly before?: readonly RunEvent[] } = {},
) {
  await using folder = await scratchFolder()
  const clock = new VirtualClock(begin)
  const caps = { active: 0, waiting: 9, personActive: 9, personWaiting: 9 }
  const bot = await live(folder.path, clock, new Machine(clock, () => 0), { caps, queueStaleMs: 1e9 })
  const { tools, store } = bot
  const here = session('s')
  await store.vault.addSession(here)
  await store.journal.ask(runId('r'), prompt('1', here, person('ann')), begin, () => null)
  await store.journal.append(runId('r'), [events.admitted, events.started, ...(options.before ?? [])], begin)
  const say: Tool = {
    name: 'say',
    description: 'x',
    fields: {},
    looksOnly: true,
    right: 'prompt',
    run: async () => says(text),
  }
  const never = new Promise<never>(() => {})
  const allowed = { allowed: true, tier: 'member' } as never
  const judging = { judgeNow: () => (options.hangs === true ? never : Promise.resolve(allowed)) } as never
  const desk = new ToolDesk({ ...tools, gate: judging, outbox: {} as never, tools: () => [say] })
  await tools.bus.open()
  await store.journal.append(runId('r'), [{ type: 'called', call }], clock.now())
  await clock.goTo(clock.now() + (options.afterMs ?? 0))
  const told = (await store.journal.read(runId('r'))).flatMap(({ event, at }) =>
    event.type === 'told' ? [{ ...event, at: at - begin }] : [],
  )
  await bot.die()
  await desk.close()
  return told as readonly (Extract<RunEvent, { type: 'told' }> & { readonly at: number })[]
}

suite('what an agent is told when it calls', () => {
  test('a model that calls from code is asked again after 30 s: nothing that the bot waits for takes that long', async () => {
    const [told] = await tells('never', { hangs: true, afterMs: 25_000 })
    assert.match(told?.text ?? '', /^Refused: Discord does not say just now who is who/)
    assert.ok((told?.at ?? Infinity) < 25_000)
  })

  test('whatever it is, its line goes into the pipe whole: half of one would end Claude', async () => {
    for (const sign of ['\u0001', '가', '"', '\\', '👩', '\ud800', '\n', 'x']) {
      const [told] = await tells(sign.repeat(30_000 / sign.length))
      assert.ok(told !== undefined && told.text.length <= 16_000, JSON.stringify(sign))
      const lines = [claudeLine(call.id, 7, told.text, false), codexLine('7', told.text, false)]
      for (const line of lines) assert.ok(Buffer.byteLength(line) < wholeWriteBytes, JSON.stringify(sign))
    }
  })

  test('what any earlier attempt has done is not done again, also when the one before came less far', async () => {
    const does = (id: string, said: string): readonly RunEvent[] => [
      { type: 'called', call: { ...call, id: id as ToolCallId } },
      { type: 'told', call: id as ToolCallId, text: said, failed: false, did: true },
    ]
    const again: readonly RunEvent[] = [{ type: 'lost', detail: 'it died' }, events.admitted, events.started]
    const first = [...does('a', 'one'), ...does('b', 'two')]
    const before = [...first, ...again, ...does('c', 'one'), ...again, ...does('d', 'one')]
    const told = await tells('three', { before })
    assert.equal(told.at(-1)?.text, 'Already done in an earlier attempt: two')
  })
})
