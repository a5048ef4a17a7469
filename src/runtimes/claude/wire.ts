import { arrayAt, numberAt, objectAt, objectIn, stringAt, type JsonObject } from '../engine/json.ts'

/**
 * What the Claude CLI writes on its stdout with `--output-format stream-json`, as far as we read it. Tolerant: types,
 * subtypes and fields it does not know are `other` or left out, and nothing here throws. Shapes were seen in the CLI
 * itself (test/golden/claude); there is no published schema.
 */
export type ClaudeLine =
  | { readonly is: 'init'; readonly session: string; readonly keySource: string; readonly mode: string }
  | { readonly is: 'message'; readonly id: string }
  | { readonly is: 'delta'; readonly index: number; readonly text: string }
  | {
      readonly is: 'assistant'
      readonly message: string
      /** From a sub-agent. */
      readonly nested: boolean
      /** The kind of failure that this line is instead of an answer. */
      readonly error: string | null
      readonly blocks: readonly AssistantBlock[]
    }
  | { readonly is: 'tool-results'; readonly results: readonly { readonly tool: string; readonly failed: boolean }[] }
  | { readonly is: 'replay'; readonly uuid: string }
  | {
      readonly is: 'asked'
      readonly request: string
      readonly tool: string
      readonly toolUse: string
      readonly input: JsonObject
      /** The path at which the CLI stopped; empty: none. */
      readonly blockedPath: string
      /** Which kind of rule made it ask, e.g. `mode`, `workingDir`, `safetyCheck`; may be empty. */
      readonly reason: string
    }
  /** An MCP server wants a form filled in. */
  | {
      readonly is: 'elicited'
      readonly request: string
      readonly server: string
      readonly message: string
      /** Null: it wants something else than a form. */
      readonly schema: JsonObject | null
    }
  /** A message to an MCP server of ours. */
  | { readonly is: 'mcp'; readonly request: string; readonly server: string; readonly message: JsonObject }
  /** A request that we do not know. */
  | { readonly is: 'request'; readonly request: string; readonly subtype: string }
  | { readonly is: 'unasked'; readonly request: string }
  /** An answer to a request of ours, or the echo of an answer of ours (then `behavior` says which). */
  | {
      readonly is: 'response'
      readonly request: string
      readonly cancelled: boolean | null
      readonly behavior: string | null
    }
  | { readonly is: 'retry'; readonly error: string; readonly status: number | null }
  | LimitLine
  /** A background task has ended; an `init` right behind it begins a turn nobody asked for. */
  | { readonly is: 'task-notice' }
  | { readonly is: 'mode'; readonly mode: string }
  | ResultLine
  | { readonly is: 'other' }

/** What the service said of the login's quota, told when it changes. Times in seconds since 1970. */
export interface LimitLine {
  readonly is: 'limit'
  readonly status: string
  /** `five_hour`, `seven_day_opus`, …; null: the refusal is about no quota. */
  readonly window: string | null
  readonly resetsAt: number | null
  readonly used: number | null
  /** Served beyond the quota, for money. */
  readonly paid: boolean
  readonly overage: { readonly status: string; readonly resetsAt: number | null }
  /** Why nothing is served beyond the quota, or at all. */
  readonly reason: string
}

export interface ResultLine {
  readonly is: 'result'
  /** Of a turn that the CLI began by itself. */
  readonly unsolicited: boolean
  readonly isError: boolean
  readonly subtype: string
  readonly terminalReason: string
  readonly status: number | null
  readonly text: string
  readonly errors: readonly string[]
  readonly inputTokens: number
  readonly outputTokens: number
  /** Of the whole process so far. */
  readonly totalCostUsd: number | null
}

export type AssistantBlock =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'tool'; readonly id: string; readonly name: string; readonly input: JsonObject }
  | { readonly is: 'other' }

const other: ClaudeLine = { is: 'other' }

export function parseLine(text: string): ClaudeLine {
  const line = objectIn(text)
  switch (line['type']) {
    case 'stream_event':
      return streamEvent(objectAt(line['event']))
    case 'assistant':
      return assistant(line)
    case 'user':
      return user(line)
    case 'system':
      return system(line)
    case 'result':
      return result(line)
    case 'control_request':
      return controlRequest(line)
    case 'control_response':
      return controlResponse(objectAt(line['response']))
    case 'control_cancel_request':
      return { is: 'unasked', request: stringAt(line['request_id']) }
    case 'rate_limit_event':
      return limit(objectAt(line['rate_limit_info']))
    default:
      return other
  }
}

/** Stream events are always of the main conversation: sub-agents send none. */
function streamEvent(event: JsonObject): ClaudeLine {
  if (event['type'] === 'message_start') return { is: 'message', id: stringAt(objectAt(event['message'])['id']) }
  if (event['type'] !== 'content_block_delta') return other
  const delta = objectAt(event['delta'])
  if (delta['type'] !== 'text_delta') return other
  return { is: 'delta', index: numberAt(event['index']) ?? 0, text: stringAt(delta['text']) }
}

function assistant(line: JsonObject): ClaudeLine {
  const message = objectAt(line['message'])
  return {
    is: 'assistant',
    message: stringAt(message['id']),
    nested: isNested(line),
    error: typeof line['error'] === 'string' ? line['error'] : null,
    blocks: arrayAt(message['content']).map((each): AssistantBlock => {
      const block = objectAt(each)
      if (block['type'] === 'text') return { is: 'text', text: stringAt(block['text']) }
      if (block['type'] !== 'tool_use') return { is: 'other' }
      return { is: 'tool', id: stringAt(block['id']), name: stringAt(block['name']), input: objectAt(block['input']) }
    }),
  }
}

function user(line: JsonObject): ClaudeLine {
  if (line['isReplay'] === true) return { is: 'replay', uuid: stringAt(line['uuid']) }
  const results = arrayAt(objectAt(line['message'])['content'])
    .map(objectAt)
    .filter((block) => block['type'] === 'tool_result')
    .map((block) => ({ tool: stringAt(block['tool_use_id']), failed: block['is_error'] === true }))
  return results.length === 0 ? other : { is: 'tool-results', results }
}

function system(line: JsonObject): ClaudeLine {
  switch (line['subtype']) {
    case 'init':
      return {
        is: 'init',
        session: stringAt(line['session_id']),
        keySource: stringAt(line['apiKeySource']),
        mode: stringAt(line['permissionMode']),
      }
    case 'api_retry':
      return { is: 'retry', error: stringAt(line['error']), status: numberAt(line['error_status']) }
    case 'task_notification':
      return { is: 'task-notice' }
    case 'status':
      return typeof line['permissionMode'] === 'string' ? { is: 'mode', mode: line['permissionMode'] } : other
    default:
      return other
  }
}

function limit(info: JsonObject): LimitLine {
  return {
    is: 'limit',
    status: stringAt(info['status']),
    window: stringAt(info['rateLimitType']) || null,
    resetsAt: numberAt(info['resetsAt']),
    used: numberAt(info['utilization']),
    paid: info['isUsingOverage'] === true,
    overage: { status: stringAt(info['overageStatus']), resetsAt: numberAt(info['overageResetsAt']) },
    reason: stringAt(info['errorCode']) || stringAt(info['overageDisabledReason']),
  }
}

function result(line: JsonObject): ResultLine {
  const usage = objectAt(line['usage'])
  const tokens = (name: string): number => numberAt(usage[name]) ?? 0
  return {
    is: 'result',
    unsolicited: objectAt(line['origin'])['kind'] === 'task-notification',
    isError: line['is_error'] === true,
    subtype: stringAt(line['subtype']),
    terminalReason: stringAt(line['terminal_reason']),
    status: numberAt(line['api_error_status']),
    text: stringAt(line['result']),
    errors: arrayAt(line['errors']).map(stringAt),
    inputTokens: tokens('input_tokens') + tokens('cache_creation_input_tokens') + tokens('cache_read_input_tokens'),
    outputTokens: tokens('output_tokens'),
    totalCostUsd: numberAt(line['total_cost_usd']),
  }
}

function controlRequest(line: JsonObject): ClaudeLine {
  const request = objectAt(line['request'])
  const subtype = stringAt(request['subtype'])
  const id = stringAt(line['request_id'])
  if (subtype === 'elicitation') {
    const isForm = request['mode'] === undefined || request['mode'] === 'form'
    return {
      is: 'elicited',
      request: id,
      server: stringAt(request['mcp_server_name']),
      message: stringAt(request['message']),
      schema: isForm ? objectAt(request['requested_schema']) : null,
    }
  }
  if (subtype === 'mcp_message') {
    const message = objectAt(request['message'])
    return { is: 'mcp', request: id, server: stringAt(request['server_name']), message }
  }
  if (subtype !== 'can_use_tool') return { is: 'request', request: id, subtype }
  return {
    is: 'asked',
    request: id,
    tool: stringAt(request['tool_name']),
    toolUse: stringAt(request['tool_use_id']),
    input: objectAt(request['input']),
    blockedPath: stringAt(request['blocked_path']),
    reason: stringAt(request['decision_reason_type']),
  }
}

function controlResponse(response: JsonObject): ClaudeLine {
  const inner = objectAt(response['response'])
  return {
    is: 'response',
    request: stringAt(response['request_id']),
    cancelled: typeof inner['cancelled'] === 'boolean' ? inner['cancelled'] : null,
    behavior: stringAt(inner['behavior']) || stringAt(inner['action']) || null,
  }
}

function isNested(line: JsonObject): boolean {
  return typeof line['parent_tool_use_id'] === 'string'
}
