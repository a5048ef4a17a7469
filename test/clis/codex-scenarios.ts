import { join } from 'node:path'
import type { StepInput } from '../models/script.ts'
import type { CodexWire } from './codex-wire.ts'

/** What the golden files of Codex show: one conversation each. It begins when the server has been greeted. */
export interface CodexScenario {
  readonly name: string
  readonly play: (wire: CodexWire) => Promise<unknown>
}

const command = (cmd: string, more: Readonly<Record<string, unknown>> = {}): StepInput => ({
  tool: 'exec_command',
  input: { cmd, ...more },
})
const leave = { sandbox_permissions: 'require_escalated', justification: 'a step of the scenario' }
const adds = (path: string): StepInput => ({
  tool: 'apply_patch',
  input: { raw: `*** Begin Patch\n*** Add File: ${path}\n+hello\n*** End Patch\n` },
})

/** One prompt, and all of its turn. */
function turn(
  steps: readonly StepInput[],
  during: (wire: CodexWire, turn: string) => Promise<unknown> = async () => {},
): CodexScenario['play'] {
  return async (wire) => {
    await wire.opens()
    await wire.turn(steps, (id) => during(wire, id))
  }
}

/** The tool has begun. */
function begun(wire: CodexWire): Promise<unknown> {
  return wire.sees(({ method, params }) => {
    const item = (params as { item?: { type: string } } | undefined)?.item
    return method === 'item/started' && item?.type === 'commandExecution'
  })
}

/** The answer stands still behind its second piece. */
async function middle(wire: CodexWire): Promise<void> {
  await wire.model.gate('middle').reached()
  await wire.sees(({ method }) => method === 'item/agentMessage/delta')
}

export const codexScenarios: readonly CodexScenario[] = [
  { name: 'open', play: (wire) => wire.opens() },
  { name: 'text', play: turn([{ text: 'one two three', chunks: 3 }]) },
  { name: 'command', play: turn([command('sleep 0.4; echo harmless'), { text: 'Done.' }]) },
  { name: 'command-fails', play: turn([command('sleep 0.4; exit 3'), { text: 'It failed.' }]) },
  {
    name: 'command-approved',
    play: turn([command('echo approved', leave), { text: 'Done.' }], (wire) => wire.decides('accept')),
  },
  {
    name: 'command-declined',
    play: turn([command('touch declined', leave), { text: 'Then not.' }], (wire) => wire.decides('decline')),
  },
  {
    name: 'command-cancelled',
    play: turn([command('touch cancelled', leave), { text: 'never' }], (wire) => wire.decides('cancel')),
  },
  {
    name: 'asking-interrupted',
    play: async (wire) => {
      await turn([command('touch never', leave), { text: 'never' }], async (_, id) => {
        await wire.asked()
        await wire.interrupts(id)
      })(wire)
      await wire.sees(({ method }) => method === 'serverRequest/resolved')
    },
  },
  { name: 'file-change', play: turn([adds('made.txt'), { text: 'Done.' }]) },
  {
    name: 'file-change-approved',
    play: async (wire) => {
      await wire.opens()
      await wire.turn([adds(join(wire.root, 'outside.txt')), { text: 'Done.' }], () => wire.decides('accept'))
    },
  },
  {
    name: 'file-change-declined',
    play: async (wire) => {
      await wire.opens()
      await wire.turn([adds(join(wire.root, 'outside.txt')), { text: 'Then not.' }], () => wire.decides('decline'))
    },
  },
  {
    name: 'interrupt-streaming',
    play: turn([{ text: 'one two three', chunks: 3, gate: { name: 'middle', at: 2 } }], async (wire, id) => {
      await middle(wire)
      await wire.interrupts(id)
    }),
  },
  {
    name: 'interrupt-command',
    play: async (wire) => {
      await turn([command('sleep 60'), { text: 'never' }], async (_, id) => {
        await begun(wire)
        await wire.interrupts(id)
      })(wire)
      await wire.sees(({ method, params }) => {
        const { item } = (params ?? {}) as { item?: { type: string } }
        return method === 'item/completed' && item?.type === 'commandExecution'
      })
    },
  },
  {
    name: 'background-cleaned',
    play: async (wire) => {
      await turn([command('sleep 60', { yield_time_ms: 250 }), { text: 'It goes on.' }])(wire)
      await wire.request('clean', 'thread/backgroundTerminals/clean', { threadId: wire.thread })
      await wire.sees(({ method, params }) => {
        const { item } = (params ?? {}) as { item?: { type: string } }
        return method === 'item/completed' && item?.type === 'commandExecution'
      })
    },
  },
  {
    name: 'steered-streaming',
    play: turn([{ text: 'one two three', chunks: 3, gate: { name: 'middle', at: 2 } }], async (wire, id) => {
      await middle(wire)
      await wire.steers(id, [{ text: 'Steered.' }])
      wire.model.gate('middle').open()
    }),
  },
  {
    name: 'steered-command',
    play: turn([command('sleep 1'), { text: 'never' }], async (wire, id) => {
      await begun(wire)
      await wire.steers(id, [{ text: 'Steered.' }])
    }),
  },
  {
    name: 'error-401',
    play: turn([{ error: { status: 401, type: 'authentication_error', message: 'bad key' } }]),
  },
  {
    name: 'error-usage-limit',
    play: turn([{ error: { status: 429, type: 'usage_limit_reached', message: 'limit' } }]),
  },
  {
    name: 'refused-requests',
    play: async (wire) => {
      await wire.opens()
      const threadId = '00000000-0000-4000-8000-000000000000'
      await wire.request('initialize-again', 'initialize', { clientInfo: { name: 'x', title: 'x', version: '0' } })
      wire.send('not json')
      await wire.request('turn-nowhere', 'turn/start', { threadId, input: [] })
      await wire.resumes('resume-unknown', threadId)
      const { thread } = wire
      await wire.request('nothing-to-stop', 'turn/interrupt', { threadId: thread, turnId: 'nope' })
      await wire.request('nothing-to-steer', 'turn/steer', { threadId: thread, expectedTurnId: 'nope', input: [] })
    },
  },
  {
    name: 'looked-at',
    play: async (wire) => {
      await wire.opens()
      await wire.turn([{ text: 'Something to look at.' }])
      await wire.request('loaded', 'thread/loaded/list', {})
      await wire.request('read', 'thread/read', { threadId: wire.thread, includeTurns: false })
    },
  },
  {
    name: 'resumed',
    play: async (wire) => {
      await wire.opens()
      await wire.turn([{ text: 'Before.' }])
      await wire.request('close', 'thread/unsubscribe', { threadId: wire.thread })
      await wire.stop()
      await wire.start()
      await wire.resumes('resume')
      await wire.turn([{ text: 'And after.' }])
    },
  },
]
