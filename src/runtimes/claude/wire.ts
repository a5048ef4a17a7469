import { noTokens, type Tokens } from '../../core/spending.ts'
import { countAt, dollarsAt, tokensAt, type TokenCounts } from '../engine/count.ts'
import { arrayAt, momentAt, numberAt, objectAt, objectIn, stringAt, type JsonObject } from '../engine/json.ts'
import type { AssistantBlock, ClaudeLine, LimitLine, ResultLine } from './line.ts'
import { pointId } from './points.ts'
import { systemRows } from './system.ts'

const other: ClaudeLine = { is: 'other' }

export function parseLine(text: string): ClaudeLine {
  const line = objectIn(text)
  if (line['cut'] === true) return cut(line)
  switch (line['type']) {
    case 'stream_event':
      return isNested(line) ? other : streamEvent(objectAt(line['event']))
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

/** Of a line that was too long only the end of a turn counts; nobody is asked about what cannot be shown whole. */
function cut(line: JsonObject): ClaudeLine {
  if (line['type'] === 'result') return result(line)
  if (line['type'] !== 'control_request') return other
  const subtype = stringAt(objectAt(line['request'])['subtype'])
  return { is: 'request', request: stringAt(line['request_id']), subtype: `${subtype} of that length` }
}

/** Of the main conversation: what a sub-agent says is for the agent that asked it. */
function streamEvent(event: JsonObject): ClaudeLine {
  if (event['type'] === 'message_start') {
    const { id, model, usage } = objectAt(event['message'])
    return { is: 'message', id: stringAt(id), model: stringAt(model), tokens: tokensOf(objectAt(usage)) }
  }
  if (event['type'] === 'message_delta') return { is: 'counted', tokens: tokensOf(objectAt(event['usage'])) }
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
  const row = systemRows[stringAt(line['subtype'])]
  return typeof row === 'function' ? row(line) : other
}

function limit(info: JsonObject): LimitLine {
  return {
    is: 'limit',
    status: stringAt(info['status']),
    window: stringAt(info['rateLimitType']) || null,
    resetsAt: momentAt(info['resetsAt']),
    used: shareAt(info['utilization']),
    paid: info['isUsingOverage'] === true,
    overage: { status: stringAt(info['overageStatus']), resetsAt: momentAt(info['overageResetsAt']) },
    reason: stringAt(info['errorCode']) || stringAt(info['overageDisabledReason']),
  }
}

function result(line: JsonObject): ResultLine {
  const usage = objectAt(line['usage'])
  const tokens = (name: string): number => countAt(usage[name]) ?? 0
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
    totalCostUsd: dollarsAt(line['total_cost_usd']),
    models: modelsOf(objectAt(line['modelUsage'])),
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
  if (subtype === 'hook_callback' && request['callback_id'] === pointId)
    return { is: 'point', request: id, toolUse: stringAt(request['tool_use_id']) }
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
  const session = objectAt(inner['session'])
  return {
    is: 'response',
    request: stringAt(response['request_id']),
    cancelled: typeof inner['cancelled'] === 'boolean' ? inner['cancelled'] : null,
    behavior: stringAt(inner['behavior']) || stringAt(inner['action']) || null,
    models: 'model_usage' in session ? modelsOf(objectAt(session['model_usage'])) : null,
  }
}

/** Of one call, as the service says it. */
function tokensOf(usage: JsonObject): Tokens {
  const [cacheRead, cacheWrite] = ['cache_read_input_tokens', 'cache_creation_input_tokens'] as const
  return tokensAt(usage, { input: 'input_tokens', cacheRead, cacheWrite, output: 'output_tokens' }) ?? noTokens
}

const inModels = {
  input: 'inputTokens',
  cacheRead: 'cacheReadInputTokens',
  cacheWrite: 'cacheCreationInputTokens',
  output: 'outputTokens',
} as const

/** Of the whole process, sub-agents included, by model. One of which something cannot be true is as it was before. */
function modelsOf(usage: JsonObject): TokenCounts {
  const models = Object.entries(usage).flatMap(([name, value]) => {
    const of = objectAt(value)
    const tokens = tokensAt(of, inModels)
    const costUsd = dollarsAt(of['costUSD'])
    if (tokens === null || (costUsd === null && typeof of['costUSD'] === 'number')) return []
    // `[1m]` says how it is used, not which it is.
    return [[name, { model: name.replace(/\[.*\]$/, ''), tokens, costUsd }] as const]
  })
  return Object.fromEntries(models)
}

function shareAt(value: unknown): number | null {
  const share = numberAt(value)
  return share === null || share < 0 ? null : share
}

function isNested(line: JsonObject): boolean {
  return typeof line['parent_tool_use_id'] === 'string'
}
