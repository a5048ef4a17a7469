import { arrayAt, numberAt, objectAt, stringAt, type JsonObject } from '../engine/json.ts'
import type { ServiceTrouble } from '../../core/failure.ts'
import type { ClaudeLine } from './line.ts'
import { serverName } from './mcp.ts'

/** What a line is read as, or in words why it means nothing to us. */
type Row = ((line: JsonObject) => ClaudeLine) | string

const other: ClaudeLine = { is: 'other' }

/** A line `system` by its subtype: every one that the tested version can write has a row (test/golden/claude). */
export const systemRows: Readonly<Record<string, Row>> = {
  init: (line) => ({
    is: 'init',
    session: stringAt(line['session_id']),
    keySource: stringAt(line['apiKeySource']),
    mode: stringAt(line['permissionMode']),
    lacksOurs: lacksOurs(arrayAt(line['mcp_servers']), arrayAt(line['tools'])),
  }),
  status: (line) => {
    if (typeof line['permissionMode'] === 'string') return { is: 'mode', mode: line['permissionMode'] }
    return line['status'] === 'compacting' ? { is: 'notice', notice: { kind: 'compacting' } } : other
  },
  compact_boundary: () => ({ is: 'notice', notice: { kind: 'compacted' } }),
  api_retry: (line) => {
    const [error, status] = [stringAt(line['error']), numberAt(line['error_status'])]
    return { is: 'retry', error, status, why: serviceTrouble(error, status) }
  },
  task_notification: () => ({ is: 'task-notice' }),
  model_fallback: anotherModel,
  model_consent_fallback: anotherModel,
  model_refusal_fallback: (line) => (line['direction'] === 'revert' ? other : anotherModel(line)),
  model_refusal_no_fallback: 'the turn ends with the refusal, which is told',
  api_error: 'retries and the end of the turn say it',
  permission_denied: 'the tool call fails, which is shown',
  permission_retry: 'only after a rule was changed in the terminal',
  informational: 'for the terminal; the agent has it too',
  notification: 'for the terminal',
  thinking: 'not shown',
  thinking_tokens: 'not shown',
  task_started: 'a long command; its step stands on the card',
  task_progress: 'a step of a sub-agent; its own lines show it',
  task_updated: 'see task_started',
  task_summary: 'see task_started',
  agents_killed: 'after a stop of ours',
  hook_started: 'hooks of a trusted repository are its own matter',
  hook_progress: 'see hook_started',
  hook_response: 'see hook_started',
  stop_hook_summary: 'see hook_started',
  local_command: 'written in the terminal only',
  local_command_output: 'the result of the turn has it',
  elicitation_complete: 'a page that somebody filled in elsewhere; we show forms only',
  files_persisted: 'no files are uploaded',
  file_snapshot: 'for going back in the terminal',
  memory_recall: 'for the agent',
  memory_saved: 'for the agent',
  commands_changed: 'skills are listed when they are asked for',
  plugin_install: 'plug-ins are off',
  mirror_error: 'no transcript is mirrored',
  session_state_changed: 'the turn says it',
  turn_starting: 'init says it',
  turn_duration: 'the result says it',
  post_turn_summary: 'for the terminal',
  away_summary: 'for the terminal',
  scheduled_task_fire: 'schedules of the CLI are off',
  worker_shutting_down: 'its process is ours',
  bridge_state: 'no remote control',
  bridge_status: 'no remote control',
}

/** One that has failed is asked again by the CLI itself; one whose list came too late counts as connected for good. */
function lacksOurs(servers: readonly unknown[], tools: readonly unknown[]): boolean {
  const ours = servers.map(objectAt).find(({ name }) => name === serverName)
  return ours?.['status'] === 'connected' && !tools.some((tool) => stringAt(tool).startsWith(`mcp__${serverName}__`))
}

function anotherModel(line: JsonObject): ClaudeLine {
  const [from, to] = [stringAt(line['original_model']), stringAt(line['fallback_model'])]
  return from === to || to === '' ? other : { is: 'notice', notice: { kind: 'model-changed', from, to } }
}

/** Trouble of the service, by the CLI's word for it and the status of the answer; null: there was none. */
export function serviceTrouble(error: string, status: number | null): ServiceTrouble {
  if (status === 529 || error === 'overloaded') return 'overloaded'
  if (status === 429 || error === 'rate_limit') return 'slower'
  return status === null ? 'unreachable' : 'failing'
}

/** Lines by their type, but for `system`: what reads it, or why nothing does. */
export const typeRows: Readonly<Record<string, string>> = {
  assistant: 'text and tools of the answer, or a failure',
  user: 'results of tools, and echoes of our own lines',
  result: 'the end of a turn',
  system: 'by its subtype',
  stream_event: 'pieces of text',
  control_request: 'a question to us, by its subtype',
  control_response: 'an answer to a question of ours',
  control_cancel_request: 'a question is taken back',
  rate_limit_event: 'where the account stands',
  keep_alive: 'nothing: it says that the line lives',
  tool_progress: 'nothing: seconds of a step, which the card counts',
  tool_use_summary: 'nothing: for the terminal',
  prompt_suggestion: 'nothing: for the terminal',
  command_lifecycle: 'nothing: echoes say when a prompt is taken in',
  conversation_reset: 'nothing: the next init names the conversation',
  transcript_mirror: 'nothing: no transcript is mirrored',
  auth_status: 'nothing: the turn fails, or goes on',
  tombstone: 'nothing: pieces that were not completed are void as soon as another message comes',
  refusal_continuation: 'nothing: the turn goes on, or ends with the refusal',
  attachment: 'nothing: for the agent',
  bash_command: 'nothing: only ever written to it',
  os_notification: 'nothing: for the terminal',
  active_goal: 'nothing: for the terminal',
  apply_flag_settings: 'nothing: for the terminal',
  set_expanded_view: 'nothing: for the terminal',
  open_message_selector: 'nothing: for the terminal',
  interruptible_tool_in_progress: 'nothing: for the terminal',
  set_in_progress_tool_use_ids: 'nothing: tools are seen as they are called',
  hint_clears: 'nothing: for the agent',
  compact_progress: 'nothing: system says that it sums up, and has',
  stream_mode: 'nothing: for the terminal',
  response_length: 'nothing: for the terminal',
  api_metrics: 'nothing: usage is asked for',
}

/** Requests by their subtype. What is no question to people is refused at once, and so is a subtype without a row. */
export const requestRows: Readonly<
  Record<string, 'a question to people' | 'a call of a tool of ours' | 'a stop point' | 'refused' | 'only ours to ask'>
> = {
  can_use_tool: 'a question to people',
  elicitation: 'a question to people',
  hook_callback: 'a stop point',
  mcp_message: 'a call of a tool of ours',
  request_user_dialog: 'refused',
  host_auth_token_refresh: 'refused',
  oauth_token_refresh: 'refused',
  apply_flag_settings: 'only ours to ask',
  background_tasks: 'only ours to ask',
  cancel_async_message: 'only ours to ask',
  file_suggestions: 'only ours to ask',
  get_binary_version: 'only ours to ask',
  get_context_usage: 'only ours to ask',
  get_session_cost: 'only ours to ask',
  get_settings: 'only ours to ask',
  get_usage: 'only ours to ask',
  initialize: 'only ours to ask',
  interrupt: 'only ours to ask',
  mcp_call: 'only ours to ask',
  mcp_reconnect: 'only ours to ask',
  mcp_set_servers: 'only ours to ask',
  mcp_status: 'only ours to ask',
  mcp_toggle: 'only ours to ask',
  message_rated: 'only ours to ask',
  read_file: 'only ours to ask',
  register_repo_root: 'only ours to ask',
  reload_plugins: 'only ours to ask',
  reload_skills: 'only ours to ask',
  rename_session: 'only ours to ask',
  rewind_files: 'only ours to ask',
  seed_read_state: 'only ours to ask',
  set_color: 'only ours to ask',
  set_max_thinking_tokens: 'only ours to ask',
  set_mcp_permission_mode_override: 'only ours to ask',
  set_model: 'only ours to ask',
  set_permission_mode: 'only ours to ask',
  stop_task: 'only ours to ask',
  submit_feedback: 'only ours to ask',
}
