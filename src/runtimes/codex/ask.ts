import type { Action } from '../../core/action.ts'
import type { Approval, Decision, Question, Risk, Subject } from '../../core/approval.ts'
import { risksWith } from '../../core/obeyed.ts'
import { risksOfCommand } from '../../core/risk.ts'
import { commandRun, relativeTo } from './action.ts'
import { changesOf, reachesOutside } from './change.ts'
import { contentOf, formOf, isFilled, type Field } from '../engine/form.ts'
import { arrayAt, objectAt, stringAt, type JsonObject } from '../engine/json.ts'

/** A question of the server that a person answers. */
export interface CodexAsk {
  /** The server's id of its request. */
  readonly request: string | number
  /** In what shape the server wants the answer. */
  readonly answers: 'decision' | 'elicitation' | 'questions'
  /** For a tool call that was not told before. */
  readonly action: Omit<Action, 'id'>
  /** Everything that is to be allowed, as JSON text. */
  readonly input: string
  readonly subject: Subject
  readonly risks: readonly Risk[]
  /** What a form wants; [] for everything else. */
  readonly fields: readonly Field[]
}

/** A question, and in which turn of which conversation it came up: the agent's, or a helper's. */
export interface PlacedAsk extends CodexAsk {
  readonly thread: string
  readonly turn: string
}

/** A request of the server, as it arrives. */
interface Line {
  readonly id: string | number
  readonly method: string
  readonly params: JsonObject
}

/** Null for a request that nobody here can answer. `item`: the tool call it is about, as it began. */
export function asksOf(line: Line, item: JsonObject, workdir: string): CodexAsk | null {
  switch (line.method) {
    case 'item/commandExecution/requestApproval':
      return commandAsk(line, workdir)
    case 'item/fileChange/requestApproval':
      return changeAsk(line, item, workdir)
    case 'mcpServer/elicitation/request':
      return elicitationAsk(line)
    case 'item/tool/requestUserInput':
      return questionsAsk(line)
    default:
      return null
  }
}

function commandAsk({ id, params }: Line, workdir: string): CodexAsk {
  const { command, cwd, reason, additionalPermissions, networkApprovalContext } = params
  const text = commandRun(params)
  const folder = stringAt(cwd)
  return {
    request: id,
    answers: 'decision',
    action: { kind: 'command', tool: 'Shell', title: text.slice(0, 200) },
    input: JSON.stringify({ command, cwd, reason, additionalPermissions, networkApprovalContext }),
    subject: {
      kind: 'command',
      command: text,
      folder: folder === '' || folder === workdir ? null : folder,
      reason: stringAt(reason) || null,
    },
    risks: commandRisks(params, text),
    fields: [],
  }
}

/** A command that only wants a little more stays in the sandbox for the rest; any other one leaves it. */
function commandRisks(params: JsonObject, command: string): readonly Risk[] {
  const more = objectAt(params['additionalPermissions'])
  const host = Object.keys(objectAt(params['networkApprovalContext'])).length > 0
  const isShutIn = host || Object.keys(more).length > 0
  const told = risksOfCommand(command)
  const risks = new Set<Risk>(told)
  if (host || objectAt(more['network'])['enabled'] === true) risks.add('network')
  if (!isShutIn || Object.keys(objectAt(more['fileSystem'])).length > 0) risks.add('outside')
  if (!isShutIn) risks.add('unconfined')
  return (['network', 'push', 'outside', 'unconfined'] as const).filter((risk) => risks.has(risk))
}

/** The request does not say what would change; the item that went before does. */
function changeAsk({ id, params }: Line, item: JsonObject, workdir: string): CodexAsk {
  const { reason, grantRoot } = params
  const changes = changesOf(item, workdir)
  const root = stringAt(grantRoot)
  const leaves = reachesOutside(changes) || (root !== '' && relativeTo(workdir, root) === root)
  return {
    request: id,
    answers: 'decision',
    action: { kind: 'edit', tool: 'Patch', title: changes.map(({ path }) => path).join(', ') },
    input: JSON.stringify({ changes: item['changes'], reason, grantRoot }),
    subject: { kind: 'change', changes, reason: stringAt(reason) || null },
    risks: leaves ? ['outside'] : [],
    fields: [],
  }
}

/** A tool of an MCP server that wants leave, or a form that such a server wants filled in. */
function elicitationAsk({ id, params }: Line): CodexAsk | null {
  const ask = {
    request: id,
    answers: 'elicitation',
    action: { kind: 'other', tool: 'MCP', title: stringAt(params['serverName']) },
    input: JSON.stringify(params),
  } as const
  const isCall = objectAt(params['_meta'])['codex_approval_kind'] === 'mcp_tool_call'
  // It runs beside the sandbox, wherever its server is.
  if (isCall) return { ...ask, subject: { kind: 'tool' }, risks: ['unconfined'], fields: [] }
  if (params['mode'] !== 'form') return null
  const fields = formOf(objectAt(params['requestedSchema']), stringAt(params['message']))
  if (fields === null) return null
  if (fields.length === 0) return { ...ask, subject: { kind: 'tool' }, risks: [], fields }
  const questions = fields.map(({ question }) => question)
  return { ...ask, subject: { kind: 'questions', questions }, risks: [], fields }
}

/** Null when something secret is asked for: it would stand in Discord and in the journal. */
function questionsAsk({ id, params }: Line): CodexAsk | null {
  const asked = arrayAt(params['questions']).map(objectAt)
  if (asked.length === 0 || asked.some((each) => each['isSecret'] === true)) return null
  const questions = asked.map((each): Question => {
    const options = arrayAt(each['options']).map(objectAt)
    return {
      id: stringAt(each['id']),
      header: stringAt(each['header']),
      text: stringAt(each['question']),
      options: options.map(({ label, description }) => ({
        label: stringAt(label),
        description: stringAt(description),
      })),
      several: false,
      free: each['isOther'] === true || options.length === 0,
    }
  })
  return {
    request: id,
    answers: 'questions',
    action: { kind: 'other', tool: 'Question', title: questions[0]?.text ?? '' },
    input: JSON.stringify(params['questions']),
    subject: { kind: 'questions', questions },
    risks: [],
    fields: [],
  }
}

/** What nobody has to be asked about in a box: all but patches to files that are obeyed later (SPEC F7). */
export function isHeldByBox(approval: Approval, workdir: string): boolean {
  const { kind } = approval.subject
  return kind === 'command' || (kind === 'change' && !risksWith(approval, workdir).includes('obeyed'))
}

/** The reply to such a question. */
export function replyTo(ask: CodexAsk, decision: Decision): string {
  return JSON.stringify({ id: ask.request, result: resultOf(ask, decision) })
}

function resultOf(ask: CodexAsk, decision: Decision): object {
  const given = decision.verdict === 'reply' ? decision.answers : {}
  switch (ask.answers) {
    case 'decision':
      return { decision: decision.verdict === 'approve' ? 'accept' : 'decline' }
    case 'questions':
      return { answers: Object.fromEntries(Object.entries(given).map(([id, answers]) => [id, { answers }])) }
    case 'elicitation': {
      const isYes = decision.verdict !== 'deny' && isFilled(ask.fields, given)
      return { action: isYes ? 'accept' : 'decline', content: isYes ? contentOf(ask.fields, given) : null, _meta: null }
    }
  }
}

/** The reply to a request that nobody here can answer: unanswered, the turn would hang. */
export function refusalOf(id: string | number, method: string): string {
  if (method === 'mcpServer/elicitation/request')
    return JSON.stringify({ id, result: { action: 'decline', content: null, _meta: null } })
  return JSON.stringify({ id, error: { code: -32601, message: `The bot does not answer ${method}.` } })
}
