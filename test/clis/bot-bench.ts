import type { StageOptions } from '../e2e/stage.ts'
import { Stage } from '../e2e/stage.ts'
import { startAnthropic, type AnthropicOptions, type ScriptedModel } from '../models/anthropic.ts'
import type { ModelRequest } from '../models/ledger.ts'
import { scripted, type StepInput } from '../models/script.ts'

/** The bot with the real CLI behind it, and a scripted model behind that. */
export class BotBench implements AsyncDisposable {
  readonly model: ScriptedModel
  readonly stage: Stage

  private constructor(model: ScriptedModel, stage: Stage) {
    this.model = model
    this.stage = stage
  }

  /** `env`: what the bot has beside the account, for example another CLI's login; `open`: who is in its Discord. */
  static async open(
    claude: string,
    env: NonNullable<StageOptions['env']> = {},
    open: (options: StageOptions) => Promise<Stage> = (options) => Stage.open(options),
  ): Promise<BotBench> {
    const options: AnthropicOptions = { handler: tellsWhatTheToolsSaid }
    const model = await startAnthropic(options)
    const account = { OMC_CLAUDE_BIN: claude, ANTHROPIC_API_KEY: 'dummy-key-for-the-scripted-model' }
    const stage = await open({ ownProcess: true, env: { ...account, ANTHROPIC_BASE_URL: model.url, ...env } })
    return new BotBench(model, stage)
  }

  /** Everything that reached the model, as it arrived. */
  get received(): string {
    return JSON.stringify(this.model.requests.map(({ body }) => body))
  }

  /** By which process each run was answered, in order. */
  get started(): readonly { readonly pid: number; readonly warm: boolean; readonly conversation: string }[] {
    const rows = this.stage.query<{ json: string }>("select json from run_events where type = 'started' order by seq")
    return rows.map(({ json }) => {
      const event = JSON.parse(json) as { pid: number; warm: boolean; conversation: { id: string } | null }
      return { pid: event.pid, warm: event.warm, conversation: event.conversation?.id ?? '' }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stage[Symbol.asyncDispose]()
    } finally {
      // What the stage found wrong is told; a model that listened on would keep the file from ending.
      await this.model.close()
    }
  }
}

/** Stands in a script for what the tools before it said, which no script can know. */
const tell = 'WHAT THE TOOLS SAID'

/** A prompt that makes the model use these tools one after the other, and then tell what they said. */
export function tryingTools(
  tools: readonly { readonly tool: string; readonly input: Record<string, unknown> }[],
): string {
  return scripted([...tools.map((each): StepInput => ({ tools: [each] })), { text: tell }])
}

function tellsWhatTheToolsSaid({ prompt, step, body }: ModelRequest): StepInput | undefined {
  const calls = prompt.split('"tools"').length - 1
  if (!prompt.includes(tell) || step < calls) return undefined
  const { messages } = body as { messages: readonly { readonly role: string; readonly content: unknown }[] }
  const results = messages.flatMap(({ role, content }) =>
    role === 'user' && Array.isArray(content)
      ? content.filter((block: { type: string }) => block.type === 'tool_result')
      : [],
  )
  return { text: `The tools said: ${results.map((each) => JSON.stringify(each)).join('\n')}\nThat was it.` }
}
