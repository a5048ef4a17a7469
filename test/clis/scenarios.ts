import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { scripted } from '../models/script.ts'
import type { StepInput } from '../models/script.ts'
import type { ScriptedModel } from '../models/anthropic.ts'
import type { Claude, Line } from './claude.ts'

/** What the golden files show: one conversation each. A scenario ends when the CLI has written its last line. */
export interface Scenario {
  readonly name: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
  /** A part of what it says only where a machine is slow: such lines are not recorded. */
  readonly perhaps?: string
  readonly play: (stage: Stage) => Promise<unknown>
}

export interface Stage {
  readonly cli: Claude
  readonly model: ScriptedModel
}

const bash = (command: string, more: Readonly<Record<string, unknown>> = {}): StepInput => ({
  tool: 'Bash',
  input: { command, description: 'a step of the scenario', ...more },
})

function idle(cli: Claude, nth = 1): Promise<Line> {
  return cli.waitFor((line) => line.subtype === 'session_state_changed' && line['state'] === 'idle', { nth })
}

/** One prompt, and all of its turn. */
function turn(steps: readonly StepInput[]): Scenario['play'] {
  return async ({ cli }) => {
    await cli.say(scripted(steps))
    await idle(cli)
  }
}

/** One prompt whose one question the host answers. */
function asked(steps: readonly StepInput[], answer: (cli: Claude, question: Line) => Promise<void>): Scenario['play'] {
  return async ({ cli }) => {
    await cli.say(scripted(steps))
    await answer(cli, await cli.asked())
    await idle(cli)
  }
}

/** Holds the answer after its second delta, does something, and waits for the end of the turn. */
function midStream(during: (stage: Stage) => Promise<unknown>): Scenario['play'] {
  return async (stage) => {
    await stage.cli.say(scripted([{ text: 'one two three', chunks: 3, gate: { name: 'middle', at: 2 } }]))
    await stage.model.gate('middle').reached()
    await stage.cli.waitFor((line) => line.type === 'stream_event' && JSON.stringify(line).includes('text_delta'), {
      nth: 2,
    })
    await during(stage)
  }
}

const oauth = { ANTHROPIC_API_KEY: undefined, CLAUDE_CODE_OAUTH_TOKEN: 'dummy-token-for-the-scripted-model' }

const question = {
  question: 'Which database?',
  header: 'Database',
  options: [
    { label: 'SQLite', description: 'One file' },
    { label: 'PostgreSQL', description: 'A server' },
  ],
  multiSelect: false,
}

export const scenarios: readonly Scenario[] = [
  { name: 'text', play: turn([{ text: 'Hello from the scripted model.', chunks: 3 }]) },
  { name: 'thinking', play: turn([{ thinking: 'Let me think.', text: 'Thought and said.', chunks: 2 }]) },
  { name: 'bash', play: turn([{ text: 'I look.', ...bash('echo out; echo err >&2') }, { text: 'Done.' }]) },
  { name: 'bash-fails', play: turn([bash('ls no-such-file'), { text: 'It failed.' }]) },
  {
    name: 'write-accept-edits',
    args: ['--permission-mode', 'acceptEdits'],
    play: async ({ cli }) => {
      const file_path = join(cli.room.cwd, 'notes.md')
      await cli.say(
        scripted([
          { tool: 'Write', input: { file_path, content: 'first line\n' } },
          { tool: 'Edit', input: { file_path, old_string: 'first', new_string: 'better' } },
          { text: 'Written and edited.' },
        ]),
      )
      await idle(cli)
    },
  },
  {
    name: 'parallel-tools',
    play: turn([
      // The second ends well after the first: the order of two at once is nobody's promise.
      { tools: ['echo one', 'sleep 1 && echo two'].map((command) => ({ tool: 'Bash', input: { command } })) },
      { text: 'Both.' },
    ]),
  },
  {
    name: 'permission-allowed',
    play: asked([bash('touch made.txt'), { text: 'Made.' }], (cli, question) => cli.allow(question)),
  },
  {
    name: 'permission-denied',
    play: asked([bash('touch made.txt'), { text: 'Then not.' }], (cli, question) =>
      cli.deny(question, 'alice said no'),
    ),
  },
  {
    name: 'permission-interrupted',
    play: asked([bash('touch made.txt'), { text: 'never' }], async (cli) => {
      await cli.control({ subtype: 'interrupt' })
    }),
  },
  {
    name: 'ask-user-question',
    play: asked([{ tool: 'AskUserQuestion', input: { questions: [question] } }, { text: 'So be it.' }], (cli, line) => {
      const { input } = line['request'] as { input: Record<string, unknown> }
      return cli.allow(line, { updatedInput: { ...input, answers: { [question.question]: 'SQLite' } } })
    }),
  },
  {
    name: 'exit-plan-mode',
    args: ['--permission-mode', 'plan'],
    play: asked(
      [{ tool: 'ExitPlanMode', input: { plan: '# Plan\n\n1. Do it.' } }, { text: 'Going ahead.' }],
      (cli, line) =>
        cli.allow(line, { updatedPermissions: [{ type: 'setMode', mode: 'acceptEdits', destination: 'session' }] }),
    ),
  },
  {
    name: 'plan-made-and-followed',
    args: ['--permission-mode', 'acceptEdits'],
    play: async ({ cli }) => {
      const write = { tool: 'Write', input: { file_path: join(cli.room.cwd, 'made.txt'), content: 'x' } }
      const steps = [{ tool: 'EnterPlanMode' }, write, { tool: 'ExitPlanMode', input: { plan: '# Plan' } }, write]
      await cli.say(scripted([...steps, { text: 'Followed.' }]))
      await cli.deny(await cli.asked(), 'show the plan first')
      const updatedPermissions = [{ type: 'setMode', mode: 'acceptEdits', destination: 'session' }]
      await cli.allow(await cli.asked(2), { updatedPermissions })
      await idle(cli)
    },
  },
  {
    name: 'interrupt-streaming',
    play: midStream(async ({ cli }) => {
      await cli.control({ subtype: 'interrupt' })
      await idle(cli)
    }),
  },
  {
    name: 'interrupt-tool',
    // Two seconds after a command has begun.
    perhaps: '"subtype":"task_started"',
    play: async ({ cli, model }) => {
      await cli.say(scripted([bash('sleep 60'), { text: 'never' }]))
      await cli.waitFor((line) => JSON.stringify(line).includes('"message_stop"'))
      await model.waitFor((request) => request.state === 'answered')
      await cli.control({ subtype: 'interrupt' })
      await idle(cli)
    },
  },
  {
    name: 'end-session-streaming',
    play: midStream(async ({ cli }) => {
      await cli.control({ subtype: 'end_session' })
      await cli.ended
    }),
  },
  {
    name: 'error-401',
    play: turn([{ error: { status: 401, type: 'authentication_error', message: 'invalid x-api-key' } }]),
  },
  {
    name: 'error-401-oauth',
    env: oauth,
    play: turn([{ error: { status: 401, type: 'authentication_error', message: 'OAuth token has expired' } }]),
  },
  {
    name: 'error-429',
    play: turn([{ error: { status: 429, type: 'rate_limit_error', message: 'Too many requests' } }]),
  },
  {
    name: 'error-429-subscription',
    env: oauth,
    play: turn([
      {
        error: {
          status: 429,
          type: 'rate_limit_error',
          message: 'This request would exceed your account limit',
          headers: {
            'anthropic-ratelimit-unified-status': 'rejected',
            'anthropic-ratelimit-unified-reset': '1893456000',
            'anthropic-ratelimit-unified-representative-claim': 'five_hour',
          },
        },
      },
    ]),
  },
  { name: 'error-529', play: turn([{ error: { status: 529, type: 'overloaded_error', message: 'Overloaded' } }]) },
  {
    name: 'error-500-once',
    play: turn([{ error: { status: 500, times: 1 }, text: 'Recovered.' }]),
  },
  {
    name: 'error-midstream',
    play: turn([{ text: 'As far as this', chunks: 2, midError: { type: 'overloaded_error', message: 'Overloaded' } }]),
  },
  { name: 'stream-cut-asked-again', play: turn([{ text: 'The whole answer.', chunks: 4, cut: 2 }]) },
  {
    name: 'not-logged-in',
    env: { ANTHROPIC_API_KEY: undefined },
    play: turn([{ text: 'never' }]),
  },
  {
    name: 'resume-unknown',
    args: ['--resume', '11111111-1111-4111-8111-111111111111'],
    play: async ({ cli }) => {
      await cli.say('Are you there?')
      await cli.ended
    },
  },
  {
    name: 'second-turn',
    play: async ({ cli }) => {
      await cli.say('first')
      await idle(cli)
      await cli.say('second')
      await idle(cli, 2)
    },
  },
  {
    name: 'unsolicited-turn',
    play: async ({ cli }) => {
      // The background command waits for the end of the first turn, so that the order is always the same.
      const command = 'until test -e go; do sleep 0.05; done; echo ready'
      await cli.say(
        scripted([bash(command, { run_in_background: true }), { text: 'Started.' }, { text: 'It is ready.' }]),
      )
      await idle(cli)
      await cli.touch('go')
      await idle(cli, 2)
    },
  },
  {
    name: 'sub-agent',
    play: async ({ cli }) => {
      const prompt = scripted([{ text: 'I look.', ...bash('echo inside') }, { text: 'Seen.' }])
      const input = { description: 'look inside', subagent_type: 'general-purpose', prompt }
      await cli.say(
        scripted([
          { tool: 'Task', input },
          { text: 'The agent has seen it.', chunks: 2 },
        ]),
      )
      await idle(cli)
    },
  },
  {
    name: 'long-answer',
    play: turn([{ text: 'A line of a very long answer, number unknown.\n', repeat: 120, chunks: 6 }]),
  },
  {
    name: 'usage',
    play: turn([
      {
        text: 'Dear.',
        usage: {
          input_tokens: 1200,
          output_tokens: 345,
          cache_read_input_tokens: 60_000,
          cache_creation_input_tokens: 7000,
        },
      },
    ]),
  },
  {
    name: 'repeated-uuid',
    play: async ({ cli }) => {
      const uuid = randomUUID()
      await cli.say('only once', uuid)
      await idle(cli)
      await cli.say('only once', uuid)
      await idle(cli, 2)
    },
  },
  {
    name: 'queued-cancelled',
    play: midStream(async ({ cli, model }) => {
      const uuid = await cli.say('never mind')
      await cli.control({ subtype: 'cancel_async_message', message_uuid: uuid })
      model.gate('middle').open()
      await idle(cli)
    }),
  },
  {
    name: 'queued-runs-next',
    play: midStream(async ({ cli, model }) => {
      await cli.say('and then this')
      // Answered only after the line before it has been taken in.
      await cli.control({ subtype: 'get_binary_version' })
      model.gate('middle').open()
      await idle(cli)
    }),
  },
  {
    name: 'steered',
    play: async ({ cli }) => {
      const command = 'until test -e go; do sleep 0.05; done; echo went on'
      await cli.say(scripted([bash(command), { text: 'Steered.' }]))
      await cli.say('Look at the tests as well')
      // Answered only after the line before it has been taken in.
      await cli.control({ subtype: 'get_binary_version' })
      await cli.touch('go')
      await idle(cli)
    },
  },
]
