import type { Action } from '../../core/action.ts'
import type { Approval, Change, Decision, Question, Risk, Subject } from '../../core/approval.ts'
import type { ApprovalId } from '../../core/ids.ts'
import { risksOfCommand } from '../../core/risk.ts'
import { diffOf } from '../diff.ts'
import { contentOf, isFilled, type Field } from '../engine/form.ts'
import { relativeTo } from './action.ts'
import { arrayAt, objectAt, stringAt, type JsonObject } from '../engine/json.ts'
import { type ClaudeLine } from './line.ts'

export type ClaudeAsk = Extract<ClaudeLine, { is: 'asked' }>
export type Elicited = Extract<ClaudeLine, { is: 'elicited' }>

/** What the CLI asks, as a person should see it. `confined`: its shell runs in a sandbox of the operating system. */
export function approvalOf(asked: ClaudeAsk, action: Action, workdir: string, confined: boolean): Approval {
  const { tool, input } = asked
  return {
    id: asked.request as ApprovalId,
    action,
    input: JSON.stringify(input),
    subject: subjectOf(tool, input, workdir),
    risks: risksOf(asked, workdir, confined),
  }
}

/** What an MCP server asks by way of the CLI. */
export function elicitationOf({ request, server, message, schema }: Elicited, fields: readonly Field[]): Approval {
  const questions = fields.map(({ question }) => question)
  return {
    id: request as ApprovalId,
    action: { id: request, kind: 'other', tool: 'MCP', title: server },
    input: JSON.stringify({ server, message, schema }),
    subject: fields.length === 0 ? { kind: 'tool' } : { kind: 'questions', questions },
    risks: [],
  }
}

/** A person's answer to it, as the server wants it. */
export function contentFor(fields: readonly Field[], decision: Decision): JsonObject {
  const given = decision.verdict === 'reply' ? decision.answers : {}
  if (decision.verdict === 'deny' || !isFilled(fields, given)) return { action: 'decline' }
  return { action: 'accept', content: contentOf(fields, given) }
}

/** The CLI's own word for a person's decision. `mode`: the permission mode that an approved plan is carried out in. */
export function responseTo(tool: string, input: JsonObject, decision: Decision, mode: string): JsonObject {
  if (decision.verdict === 'deny') return { behavior: 'deny', message: decision.reason }
  // `updatedInput` is what runs: exactly what was shown to the person who approved.
  if (tool === 'AskUserQuestion')
    return { behavior: 'allow', updatedInput: { ...input, answers: answersOf(input, decision) } }
  if (tool !== 'ExitPlanMode') return { behavior: 'allow', updatedInput: input }
  const updatedPermissions = [{ type: 'setMode', mode, destination: 'session' }]
  return { behavior: 'allow', updatedInput: input, updatedPermissions }
}

function subjectOf(tool: string, input: JsonObject, workdir: string): Subject {
  switch (tool) {
    case 'Bash': {
      const reason = stringAt(input['description'])
      return {
        kind: 'command',
        command: stringAt(input['command']),
        folder: null,
        reason: reason === '' ? null : reason,
      }
    }
    case 'AskUserQuestion':
      return { kind: 'questions', questions: questionsOf(input) }
    case 'ExitPlanMode':
      return { kind: 'plan', plan: stringAt(input['plan']) }
    default: {
      const diff = changeOf(tool, input)
      if (diff === null) return { kind: 'tool' }
      const change: Change = { path: relativeTo(workdir, pathOf(input)), diff }
      return { kind: 'change', changes: [change], reason: null }
    }
  }
}

/** What would become of a file, made from the input alone: whatever stands there now, this is what was asked for. */
function changeOf(tool: string, input: JsonObject): string | null {
  switch (tool) {
    case 'Write':
      return diffOf(null, stringAt(input['content']))
    case 'Edit':
      return edit(input)
    case 'MultiEdit':
      return arrayAt(input['edits'])
        .map((each) => edit(objectAt(each)))
        .join('\n')
    case 'NotebookEdit': {
      const cell = stringAt(input['cell_id'])
      const mode = stringAt(input['edit_mode']) || 'replace'
      return `@@ ${mode}${cell === '' ? '' : ` cell ${cell}`} @@\n${hunk(null, stringAt(input['new_source']))}`
    }
    default:
      return null
  }
}

function edit(input: JsonObject): string {
  const everywhere = input['replace_all'] === true ? '@@ everywhere @@\n' : '@@\n'
  return everywhere + hunk(stringAt(input['old_string']), stringAt(input['new_string']))
}

/** A passage's change without a head: nobody knows at which line it stands. */
function hunk(before: string | null, after: string): string {
  return diffOf(before, after).split('\n').slice(1).join('\n')
}

function questionsOf(input: JsonObject): readonly Question[] {
  return arrayAt(input['questions']).map((each, index) => {
    const question = objectAt(each)
    return {
      id: `q${index + 1}`,
      header: stringAt(question['header']),
      text: stringAt(question['question']),
      options: arrayAt(question['options'])
        .map(objectAt)
        .map((option) => ({ label: stringAt(option['label']), description: stringAt(option['description']) })),
      several: question['multiSelect'] === true,
      free: true,
    }
  })
}

/** By the question's text, which is how the CLI names it. */
function answersOf(input: JsonObject, decision: Decision): JsonObject {
  if (decision.verdict !== 'reply') return {}
  return Object.fromEntries(
    questionsOf(input).flatMap(({ id, text }) => {
      const answers = decision.answers[id] ?? []
      return answers.length === 0 ? [] : [[text, answers.join(', ')]]
    }),
  )
}

function risksOf({ tool, input, blockedPath, reason }: ClaudeAsk, workdir: string, confined: boolean): readonly Risk[] {
  if (tool === 'AskUserQuestion' || tool === 'ExitPlanMode') return []
  const risks = new Set<Risk>(tool === 'Bash' ? risksOfCommand(stringAt(input['command'])) : [])
  // A command in the sandbox wants to reach a host: the CLI asks for it as for a tool.
  if (['WebFetch', 'WebSearch', 'SandboxNetworkAccess'].includes(tool)) risks.add('network')
  const paths = [blockedPath, pathOf(input)].filter((path) => path !== '')
  if (reason === 'workingDir' || paths.some((path) => isOutside(path, workdir))) risks.add('outside')
  // What is asked about is what the sandbox does not hold, or a command where there is none.
  if (tool === 'Bash' && (!confined || input['dangerouslyDisableSandbox'] === true)) risks.add('unconfined')
  return (['network', 'push', 'outside', 'unconfined'] as const).filter((risk) => risks.has(risk))
}

function pathOf(input: JsonObject): string {
  return stringAt(input['file_path']) || stringAt(input['notebook_path'])
}

/** Pure, like all meaning: links were resolved by the CLI, which then names the path that it stopped at. */
function isOutside(path: string, workdir: string): boolean {
  if (!path.startsWith('/')) return /(^|\/)\.\.(\/|$)/.test(path) || path.startsWith('~')
  const isWithin = path === workdir || path.startsWith(workdir.endsWith('/') ? workdir : `${workdir}/`)
  return !isWithin || /\/\.\.(\/|$)/.test(path)
}

/** What no person is asked about, refused in words for the agent; null: a person is asked. */
export function refusalOf(
  state: { readonly readOnly: boolean; readonly planning: boolean },
  { tool, reason }: ClaudeAsk,
): string | null {
  if (tool === 'AskUserQuestion' || tool === 'ExitPlanMode') return null
  if (state.readOnly) return 'The person who asked may only look: nothing is changed, run or fetched for them.'
  // A consent would really let it write in the middle of planning (facts/claude-cli.md section 3).
  if (state.planning && reason === 'mode') return 'You are planning. Show your plan first; a person lets you begin.'
  return null
}
