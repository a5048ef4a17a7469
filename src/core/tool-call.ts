import type { ToolCallId } from './ids.ts'

/** A call of a tool by an agent, as the journal has it. */
export interface ToolCall {
  /** The same for every time that the CLI's line is read, and for nothing else. */
  readonly id: ToolCallId
  readonly tool: string
  /** The arguments as JSON text, keys in order. */
  readonly input: string
}
