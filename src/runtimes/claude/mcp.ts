import type { ToolCallId } from '../../core/ids.ts'
import { canonical, type ToolOffer } from '../../core/tool.ts'
import { objectAt, stringAt, type JsonObject } from '../engine/json.ts'
import { mcpTool } from '../engine/mcp-tool.ts'
import { answerLine } from './request.ts'

/**
 * Our tools, as an MCP server that the CLI reaches over its control protocol: no port, no process, no key, and a call
 * outlives the bot (facts/agent-tools.md section 2).
 */
export const serverName = 'omc'

/** A message of the CLI to that server. */
export interface McpMessage {
  readonly request: string
  readonly message: JsonObject
}

/** Told by the fresh id of the CLI's request: those of JSON-RPC begin anew with every connection. */
export function callIdOf({ request }: McpMessage): ToolCallId {
  return request as ToolCallId
}

/** What is called with which arguments. */
export function calledBy({ message }: McpMessage): { readonly tool: string; readonly input: string } {
  const params = objectAt(message['params'])
  return { tool: stringAt(params['name']), input: canonical(objectAt(params['arguments'])) }
}

/** The answer to everything but calls. */
export function replyTo(asked: McpMessage, offers: readonly ToolOffer[]): string {
  const { method, id } = asked.message
  switch (method) {
    case 'initialize':
      return resultLine(asked, {
        protocolVersion: stringAt(objectAt(asked.message['params'])['protocolVersion']) || '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: serverName, version: '1' },
      })
    case 'tools/list':
      return resultLine(asked, { tools: offers.map(described) })
    case 'ping':
      return resultLine(asked, {})
    default:
      // A notification wants a reply as well, of the same form.
      if (typeof method === 'string' && method.startsWith('notifications/')) return resultLine(asked, {})
      return enveloped(asked.request, {
        jsonrpc: '2.0',
        id: id ?? 0,
        error: { code: -32601, message: `The bot does not answer ${stringAt(method)}.` },
      })
  }
}

/** The answer to a call. `id`: the JSON-RPC id that the call came with. */
export function toldLine(call: ToolCallId, id: unknown, text: string, failed: boolean): string {
  return enveloped(call, { jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }], isError: failed } })
}

function described(offer: ToolOffer): object {
  // Otherwise the CLI may leave a tool's name out of the request until the model searches for it.
  return { ...mcpTool(offer), _meta: { 'anthropic/alwaysLoad': true } }
}

function resultLine({ request, message }: McpMessage, result: object): string {
  return enveloped(request, { jsonrpc: '2.0', id: message['id'] ?? 0, result })
}

function enveloped(request: string, mcp_response: object): string {
  return answerLine(request, { mcp_response })
}
