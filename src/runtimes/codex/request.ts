import type { Environment } from '../../core/command-line.ts'
import { proxyVariables } from '../../core/egress.ts'
import type { Steer } from '../../core/event.ts'
import type { Turn } from '../../core/runtime.ts'
import type { ToolOffer } from '../../core/tool.ts'
import { mayWrite } from '../rights.ts'
import { inputOf, plainName, textOf } from './input.ts'
import { codexRights, type CodexRights } from './rights.ts'
import { besideServer, dynamicTools, type Beside } from './tool.ts'

/** Lines that we write to the server. Ids say what they are for, so that the next life knows the answers. */

export const initializeId = 'initialize'

/** What a turn's tools may do with files; with neither anything reaches the network, and closed paths stay closed. */
export type Profile = CodexRights['profile']
const reading: Profile = 'omc-read'
const writing: Profile = 'omc-write'

/**
 * What a server calls that profile. A trusted repository's settings are laid over ours name by name, so one that knew
 * the name could add folders and the network: `secret` is the server's own, which nobody else knows; '' for none.
 */
export function profileAt(profile: Profile, secret: string): string {
  return secret === '' ? profile : `${profile}-${secret}`
}

/**
 * Settings that hold for the whole server, over those of the operator's own config.toml. `closed`: see `closedTo`;
 * `secret`: see `profileAt`.
 */
export function settingsOf(closed: readonly string[], secret: string): readonly string[] {
  const [toRead, toWrite] = [profileAt(reading, secret), profileAt(writing, secret)]
  const deny = closed.map((path) => `${JSON.stringify(path)}="deny"`)
  const profile = (workspace: 'read' | 'write'): string =>
    // Patterns are meant for files of one folder: without the limit all below it would be looked through.
    `{glob_scan_max_depth=1,":root"="read",":workspace_roots"="${workspace}"${deny.map((each) => `,${each}`).join('')}}`
  const permissions = [
    `default_permissions="${toRead}"`,
    `permissions.${toRead}.filesystem=${profile('read')}`,
    `permissions.${toWrite}.filesystem=${profile('write')}`,
  ]
  return [...quietSettings, ...permissions.flatMap((setting) => ['-c', setting])]
}

/** Settings that keep the CLI to itself and to what we can lead. */
export const quietSettings: readonly string[] = [
  // Contacts its makers at every start, and loads what nobody asked for.
  'features.plugins=false',
  'check_for_update_on_startup=false',
  'analytics.enabled=false',
  'feedback.enabled=false',
  'otel.exporter="none"',
  // Without it an unreachable model is tried for ever.
  'features.unbounded_connection_retries=false',
  // Questions to a person, which the CLI knows only when it makes a plan otherwise.
  'features.default_mode_request_user_input=true',
  // A conversation that is given back goes at once: what it was opened with must not meet the next one who asks.
  'thread_unload_delay_secs=0',
].flatMap((setting) => ['-c', setting])

export function initializeLines(): readonly string[] {
  const clientInfo = { name: 'discord-orchestrator', title: 'discord-orchestrator', version: '0.1.0' }
  const capabilities = { experimentalApi: true, requestAttestation: false }
  return [
    JSON.stringify({ id: initializeId, method: 'initialize', params: { clientInfo, capabilities } }),
    JSON.stringify({ method: 'initialized' }),
  ]
}

export function openIdOf({ run, attempt }: Pick<Turn, 'run' | 'attempt'>): string {
  return `open:${run}:${attempt}`
}

export function turnIdOf({ run, attempt }: Pick<Turn, 'run' | 'attempt'>): string {
  return `turn:${run}:${attempt}`
}

/**
 * Opens the turn's conversation, read only: opened with the right to write, the server would trust a repository by
 * itself and run what its `.codex/config.toml` says (facts/codex-cli.md section 5). `mark`: variables for the tools,
 * which get nothing else of the server's environment but the core (PATH, HOME, …). `secret`: see `profileAt`; null: in a
 * box, which is the one wall then. `offers`: what one that is new is born with; `beside`: what one that is not lacks.
 */
export function openLine(
  turn: Turn,
  mark: Environment,
  secret: string | null,
  { offers, beside }: { readonly offers: readonly ToolOffer[]; readonly beside: Beside | null },
): string {
  const { conversation, workdir, model } = turn.session
  const params = {
    cwd: workdir,
    ...(model === null ? {} : { model }),
    approvalPolicy: 'never',
    approvalsReviewer: reviewer,
    ...(secret === null ? { sandbox: 'read-only' } : { permissions: profileAt(reading, secret) }),
    // Not kept with the conversation: it has to come every time.
    config: {
      shell_environment_policy: { inherit: 'core', set: secret === null ? { ...mark, ...proxyVariables } : mark },
      ...trustOf(turn),
      // Its provider would look for it, wherever the operator has set that.
      ...(mayWrite(turn.prompt.tier) ? {} : { web_search: 'disabled' }),
      ...(beside === null ? {} : { mcp_servers: besideServer(beside, mark) }),
      ...(codexRights(turn.prompt.tier, secret === null).hasTools ? {} : { features: withoutTools }),
    },
  }
  return conversation === null
    ? JSON.stringify({
        id: openIdOf(turn),
        method: 'thread/start',
        params: { ...params, dynamicTools: dynamicTools(offers) },
      })
    : JSON.stringify({
        id: openIdOf(turn),
        method: 'thread/resume',
        params: { ...params, threadId: conversation.id, excludeTurns: true },
      })
}

/** What the CLI would offer a model although it refuses it all without an environment (`turnLine`). */
const withoutTools = { shell_tool: false, unified_exec: false, view_image: false, goals: false }

/** It is people who are asked: a repository's settings may name a model instead. */
const reviewer = 'user'

/**
 * Whether what a repository brings (servers, hooks, settings) runs: where an owner has said so, and never for somebody
 * whose agent only looks, because it runs outside the sandbox. It is settled when the conversation is opened.
 */
export function trusts({ session, prompt }: Turn): boolean {
  return session.trusted && mayWrite(prompt.tier)
}

function trustOf(turn: Turn): object {
  if (!trusts(turn)) return {}
  const { workdir, worktree } = turn.session
  const folders = [workdir, ...(worktree === null ? [] : [worktree.folder, worktree.repository])]
  return { projects: Object.fromEntries(folders.map((folder) => [folder, { trust_level: 'trusted' }])) }
}

/**
 * Hands the prompt over, with the rights of who asked. They come every time: the server keeps those of the turn before,
 * which may have been somebody else's. `secret`: as for `openLine`.
 */
export function turnLine(turn: Turn, thread: string, secret: string | null): string {
  const { model, workdir } = turn.session
  const { profile, approvalPolicy, hasTools } = codexRights(turn.prompt.tier, secret === null)
  const params = {
    threadId: thread,
    clientUserMessageId: turnIdOf(turn),
    input: inputOf(turn),
    // The session may have moved since its conversation was opened.
    cwd: workdir,
    runtimeWorkspaceRoots: [workdir],
    ...(model === null ? {} : { model }),
    approvalPolicy,
    approvalsReviewer: reviewer,
    // Without an environment there is no tool of the machine; left out, it is the conversation's own.
    ...(hasTools ? {} : { environments: [] }),
    ...(secret === null
      ? { sandboxPolicy: { type: 'dangerFullAccess' } }
      : { permissions: profileAt(profile, secret) }),
  }
  return JSON.stringify({ id: turnIdOf(turn), method: 'turn/start', params })
}

/**
 * Interrupts the turn and ends what it has started: the server leaves running commands alone, and would go on with
 * them after the turn (facts/codex-cli.md section 3.3).
 */
export function stopLines(thread: string, turn: string): readonly string[] {
  return [interruptLine(thread, turn), cleanLine(thread)]
}

/** Interrupts the turn alone: what it has started goes on, as between two turns. */
export function interruptLine(thread: string, turn: string): string {
  return JSON.stringify({ id: stopIdOf(turn), method: 'turn/interrupt', params: { threadId: thread, turnId: turn } })
}

export function stopIdOf(turn: string): string {
  return `stop:${turn}`
}

export function cleanLine(thread: string): string {
  const params = { threadId: thread }
  return JSON.stringify({ id: `clean:${thread}`, method: 'thread/backgroundTerminals/clean', params })
}

/** Gives the conversation's memory back; it can be resumed. */
export function closeLine(thread: string, id = closeIdOf(thread)): string {
  return JSON.stringify({ id, method: 'thread/unsubscribe', params: { threadId: thread } })
}

export function closeIdOf(thread: string): string {
  return `close:${thread}`
}

/** Asks for nothing: its answer says that everything written before was read. */
export function echoLine(id: string): string {
  return JSON.stringify({ id, method: 'thread/loaded/list', params: {} })
}

/** The same for one conversation: its answer comes behind those to everything written for that conversation before. */
export function lookLine(id: string, thread: string): string {
  return JSON.stringify({ id, method: 'thread/read', params: { threadId: thread, includeTurns: false } })
}

export function steerIdOf(turn: Pick<Turn, 'run' | 'attempt'>, { key }: Steer): string {
  return `steer:${turn.run}:${turn.attempt}:${key}`
}

/** Puts a person's word into the running turn; the server refuses when that turn is over. */
export function steerLine(id: string, thread: string, turn: string, { key, text, by }: Steer): string {
  const note = `(Discord message from ${plainName(by)}, said while you were at work.)`
  const params = {
    threadId: thread,
    expectedTurnId: turn,
    clientUserMessageId: key,
    input: [textOf(text), textOf(note)],
  }
  return JSON.stringify({ id, method: 'turn/steer', params })
}

/** Says a word into the running turn: the server tells the agent that it was refused, but never why. */
export function reasonLine(id: string, thread: string, turn: string, reason: string): string {
  const input = [textOf(`(The bot: the permission was denied. The reason given: ${reason})`)]
  return JSON.stringify({ id, method: 'turn/steer', params: { threadId: thread, expectedTurnId: turn, input } })
}
