import type { Action } from '../../core/action.ts'
import type { Decision } from '../../core/approval.ts'
import { commandOf } from './action.ts'
import { objectAt, stringAt, type JsonObject } from './wire.ts'

/** A question of the server that a person answers with yes or no. */
export interface Ask {
  /** The server's id of its request. */
  readonly request: string | number
  readonly answers: 'decision' | 'elicitation'
  /** For a tool call that was not told before. */
  readonly action: Omit<Action, 'id'>
  /** Everything that is to be allowed, as JSON text. */
  readonly input: string
}

/** Null for a request that is no such question. `item`: the tool call it is about, as it began. */
export function asksOf(
  line: { readonly id: string | number; readonly method: string; readonly params: JsonObject },
  item: JsonObject,
): Ask | null {
  const { id, method, params } = line
  switch (method) {
    case 'item/commandExecution/requestApproval': {
      const { command, cwd, reason, additionalPermissions, networkApprovalContext } = params
      const input = JSON.stringify({ command, cwd, reason, additionalPermissions, networkApprovalContext })
      const action = { kind: 'command', tool: 'Shell', title: commandOf(params).slice(0, 200) } as const
      return { request: id, answers: 'decision', action, input }
    }
    case 'item/fileChange/requestApproval': {
      // The request does not say what would change; the item that went before does.
      const input = JSON.stringify({
        changes: item['changes'],
        reason: params['reason'],
        grantRoot: params['grantRoot'],
      })
      return { request: id, answers: 'decision', action: { kind: 'edit', tool: 'Patch', title: '' }, input }
    }
    case 'mcpServer/elicitation/request': {
      const meta = objectAt(params['_meta'])
      if (meta['codex_approval_kind'] !== 'mcp_tool_call') return null
      const action = { kind: 'other', tool: 'MCP', title: stringAt(params['serverName']) } as const
      return { request: id, answers: 'elicitation', action, input: JSON.stringify(params) }
    }
    default:
      return null
  }
}

/** The reply to such a question. */
export function replyTo(ask: Ask, decision: Decision): string {
  const isYes = decision.verdict === 'approve'
  const result =
    ask.answers === 'decision'
      ? { decision: isYes ? 'accept' : 'decline' }
      : { action: isYes ? 'accept' : 'decline', content: isYes ? {} : null, _meta: null }
  return JSON.stringify({ id: ask.request, result })
}

/** The reply to a request that nobody here can answer: unanswered, the turn would hang. */
export function refusalOf(id: string | number, method: string): string {
  if (method === 'mcpServer/elicitation/request')
    return JSON.stringify({ id, result: { action: 'decline', content: null, _meta: null } })
  return JSON.stringify({ id, error: { code: -32601, message: `The bot does not answer ${method}.` } })
}
