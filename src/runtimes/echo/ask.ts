import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import type { Action } from '../../core/action.ts'
import type { Approval, Decision, Question, Risk, Subject } from '../../core/approval.ts'
import type { ApprovalId } from '../../core/ids.ts'
import { diffOf } from '../diff.ts'
import type { ScriptedAsk } from './script.ts'
import { shell } from './shell.ts'

/** The tool call that an ask is about, in the words of the CLIs that people know. */
export function callOf(ask: ScriptedAsk): Pick<Action, 'kind' | 'tool' | 'title'> {
  switch (ask.is) {
    case 'tool':
      return { kind: ask.tool === 'Bash' ? 'command' : 'other', tool: ask.tool, title: ask.title }
    case 'change':
      return { kind: 'edit', tool: 'Write', title: ask.path }
    case 'questions':
      return { kind: 'other', tool: 'AskUserQuestion', title: ask.questions[0]?.text.split('\n')[0] ?? '' }
    case 'plan':
      return { kind: 'other', tool: 'ExitPlanMode', title: '' }
  }
}

/** The question to a person, under an id that its answer bears. */
export function approvalOf(ask: ScriptedAsk, action: Action, folder: string): Approval {
  const id = `ask:${action.id}` as ApprovalId
  const isOutside = ask.is === 'change' && relative(folder, resolve(folder, ask.path)).startsWith('..')
  const outside: readonly Risk[] = isOutside ? ['outside'] : []
  const risks = ask.is === 'tool' || ask.is === 'change' ? [...ask.risks, ...outside] : []
  return { id, action, input: JSON.stringify(inputOf(ask)), subject: subjectOf(ask, folder), risks }
}

/** Does what was consented to, as far as echo really does anything, and gives the words for it. */
export async function carryOut(
  ask: ScriptedAsk,
  decision: Decision,
  folder: string,
  stopped: AbortSignal,
): Promise<string> {
  if (decision.verdict === 'deny')
    return ask.is === 'plan' ? `Changing the plan: ${decision.reason}` : `I was told no: ${decision.reason}`
  switch (ask.is) {
    case 'tool':
      return ask.runs === true ? shell(ask.title, stopped) : `Done: ${ask.title}`
    case 'change': {
      const path = resolve(folder, ask.path)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, ask.text)
      return `Written: ${ask.path}`
    }
    case 'questions':
      return ask.questions.map((question) => answerTo(question, decision)).join('\n')
    case 'plan':
      return 'Going ahead with the plan.'
  }
}

function answerTo({ id, text }: Question, decision: Decision): string {
  const answers = decision.verdict === 'reply' ? (decision.answers[id] ?? []) : []
  return `${text} ${answers.length === 0 ? 'Nobody said.' : answers.join(', ')}`
}

function inputOf(ask: ScriptedAsk): object {
  switch (ask.is) {
    case 'tool':
      return { command: ask.title }
    case 'change':
      return { file_path: ask.path, content: ask.text }
    case 'questions':
      return { questions: ask.questions }
    case 'plan':
      return { plan: ask.plan }
  }
}

function subjectOf(ask: ScriptedAsk, folder: string): Subject {
  switch (ask.is) {
    case 'tool':
      return ask.tool === 'Bash'
        ? { kind: 'command', command: ask.title, folder: null, reason: 'The prompt says so.' }
        : { kind: 'tool' }
    case 'change': {
      const path = resolve(folder, ask.path)
      const before = existsSync(path) ? readFileSync(path, 'utf8') : null
      return { kind: 'change', changes: [{ path: ask.path, diff: diffOf(before, ask.text) }], reason: null }
    }
    case 'questions':
      return { kind: 'questions', questions: ask.questions }
    case 'plan':
      return { kind: 'plan', plan: ask.plan }
  }
}
