import type { ToolCallId } from '../../core/ids.ts'
import { canonical, schemaOf, type ToolOffer } from '../../core/tool.ts'
import type { ToolCall } from '../../core/tool-call.ts'
import { objectAt, stringAt, type JsonObject } from '../engine/json.ts'

/** Our tools as a conversation is born with them: it keeps these for its life (facts/agent-tools.md section 3). */
export function dynamicTools(offers: readonly ToolOffer[]): readonly object[] {
  return offers.map((offer) => ({
    type: 'function',
    name: offer.name,
    description: offer.description,
    inputSchema: schemaOf(offer),
  }))
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
