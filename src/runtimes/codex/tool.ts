import type { Environment } from '../../core/command-line.ts'
import type { ToolCallId } from '../../core/ids.ts'
import { canonical, schemaOf, type ToolOffer } from '../../core/tool.ts'
import type { ToolCall } from '../../core/tool-call.ts'
import { arrayAt, objectAt, stringAt, type JsonObject } from '../engine/json.ts'
import { mcpTool } from '../engine/mcp-tool.ts'
import { stdioTools } from '../engine/told-file.ts'

/** Our tools as a conversation is born with them: it keeps these for its life (facts/agent-tools.md section 3). */
export function dynamicTools(offers: readonly ToolOffer[]): readonly object[] {
  return offers.map((offer) => ({
    type: 'function',
    name: offer.name,
    description: offer.description,
    inputSchema: schemaOf(offer),
  }))
}

/** The name of the server that has those which a conversation was born without. */
const besideName = 'omc'

/** The tools of ours that a conversation was born without, and where the process that has them waits for answers. */
export interface Beside {
  readonly offers: readonly ToolOffer[]
  readonly folder: string
}

/** The setting that gives a conversation that server. It never asks for leave: the gate is ours. */
export function besideServer({ offers, folder }: Beside, env: Environment): object {
  const args = [stdioTools.program, folder, JSON.stringify(offers.map(mcpTool))]
  // No call stays open that long; what takes longer is answered with a ticket.
  const patience = { tool_timeout_sec: 86_400 }
  return { [besideName]: { command: stdioTools.node, args, env, default_tools_approval_mode: 'approve', ...patience } }
}

/** A call that goes to it, as the server tells it in the conversation; null: the item is none. */
export function callBeside(thread: string, item: JsonObject): ToolCall | null {
  if (item['type'] !== 'mcpToolCall' || item['server'] !== besideName) return null
  const id = callIdOf(thread, stringAt(item['id']))
  return { id, tool: stringAt(item['tool']), input: canonical(objectAt(item['arguments'])) }
}

/** Whether an item that is over was answered; null: it is no call of ours. */
export function isAnswered(item: JsonObject): boolean | null {
  if (item['type'] === 'dynamicToolCall') return arrayAt(item['contentItems']).length > 0
  if (item['type'] !== 'mcpToolCall' || item['server'] !== besideName) return null
  return arrayAt(objectAt(item['result'])['content']).length > 0
}

/** A call of one of them; null: the request is none. */
export function callIn({ method, params }: { readonly method: string; readonly params: JsonObject }): ToolCall | null {
  if (method !== 'item/tool/call') return null
  const id = callIdOf(stringAt(params['threadId']), stringAt(params['callId']))
  return { id, tool: stringAt(params['tool']), input: canonical(objectAt(params['arguments'])) }
}

/** The server counts its requests from 0, over all conversations, and anew when it is started again. */
export function callIdOf(thread: string, call: string): ToolCallId {
  return `${thread}:${call}` as ToolCallId
}

/** The answer to a call. `id`: the request that it came with. */
export function toldLine(id: string | number, text: string, failed: boolean): string {
  return JSON.stringify({ id, result: { contentItems: [{ type: 'inputText', text }], success: !failed } })
}
