import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { Shell } from '../shell.ts'
import type { Json } from './lines.ts'

/** A call of a tool that the model asked for. */
export interface Call {
  readonly id: string
  readonly name: string
  readonly input: Json
}

export interface Outcome {
  /** As it stands in the conversation. */
  readonly block: Json
  /** As the CLI tells it to whoever reads along. */
  readonly told: unknown
}

/** Where tools work. */
export interface Bench {
  readonly cwd: string
  readonly config: string
  mode: string
  /** The only tools it has; null: all of them. */
  readonly tools: readonly string[] | null
}

export const interruption =
  "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was a file edit, the new_string was NOT written to the file). STOP what you are doing and wait for the user to tell you how to proceed."

/** Whether a person has to allow it: what only reads is not asked about, edits only where they are not accepted. */
export function needsLeave({ name, input }: Call, { mode, cwd, tools }: Bench): boolean {
  if (tools !== null && !tools.includes(name)) return false
  if (name === 'Bash') return !isHarmless(String(input['command']), mode)
  if (name === 'Write' || name === 'Edit')
    return mode !== 'acceptEdits' || relative(cwd, String(input['file_path'])).startsWith('..')
  return name === 'AskUserQuestion' || name === 'ExitPlanMode'
}

/** What is asked about a call, beside its input. */
export function requestOf({ id, name, input }: Call, { cwd }: Bench): Json {
  const asked = { subtype: 'can_use_tool', tool_name: name, display_name: name, input }
  if (name === 'AskUserQuestion' || name === 'ExitPlanMode') return { ...asked, tool_use_id: id }
  const command = (input['command'] as string | undefined) ?? ''
  const rules = [{ toolName: name, ...(name === 'Bash' ? { ruleContent: command } : {}) }]
  const suggestions = [
    { type: 'addRules', rules, behavior: 'allow', destination: 'localSettings' },
    { type: 'addDirectories', directories: [cwd], destination: 'session' },
    { type: 'setMode', mode: 'acceptEdits', destination: 'session' },
  ]
  const path = name === 'Bash' ? join(cwd, command.split(' ').at(-1) ?? '') : String(input['file_path'])
  return {
    ...asked,
    ...(input['description'] === undefined ? {} : { description: input['description'] }),
    permission_suggestions: suggestions,
    blocked_path: path,
    tool_use_id: id,
  }
}

/** Uses the tool. The signal ends it; its outcome is of no interest then. */
export async function use(call: Call, bench: Bench, signal: AbortSignal): Promise<Outcome> {
  if (bench.tools !== null && !bench.tools.includes(call.name)) return missing(call)
  switch (call.name) {
    case 'Bash':
      return bash(call, bench, signal)
    case 'Write':
      return write(call)
    case 'Edit':
      return edit(call)
    case 'Read':
      return read(call)
    case 'AskUserQuestion':
      return answers(call)
    case 'EnterPlanMode':
      return { block: { type: 'tool_result', content: 'Entered plan mode.', tool_use_id: call.id }, told: {} }
    case 'ExitPlanMode':
      return plan(call, bench)
    default:
      return missing(call)
  }
}

function missing(call: Call): Outcome {
  return failure(call, `<tool_use_error>Error: No such tool available: ${call.name}</tool_use_error>`)
}

export function failure({ id }: Call, content: string, told: string = `Error: ${content}`): Outcome {
  return { block: { type: 'tool_result', content, is_error: true, tool_use_id: id }, told }
}

async function bash(call: Call, { cwd }: Bench, signal: AbortSignal): Promise<Outcome> {
  const shell = new Shell(String(call.input['command']), { cwd, env: process.env })
  const kill = (): void => shell.kill()
  signal.addEventListener('abort', kill, { once: true })
  const code = await shell.ended
  signal.removeEventListener('abort', kill)
  const stdout = shell.output.trimEnd()
  if (code !== 0) return failure(call, `Exit code ${code}\n${stdout}`.trimEnd())
  const content = stdout === '' ? '(Bash completed with no output)' : stdout
  const noOutputExpected = stdout === ''
  return {
    block: { tool_use_id: call.id, type: 'tool_result', content, is_error: false },
    told: { stdout, stderr: '', interrupted: false, isImage: false, noOutputExpected },
  }
}

function write(call: Call): Outcome {
  const [path, content] = [String(call.input['file_path']), String(call.input['content'])]
  const originalFile = existsSync(path) ? readFileSync(path, 'utf8') : null
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  const told = { type: originalFile === null ? 'create' : 'update', filePath: path, content, structuredPatch: [] }
  return done(call, `File created successfully at: ${path} ${current}`, { ...told, originalFile, userModified: false })
}

function edit(call: Call): Outcome {
  const path = String(call.input['file_path'])
  const [oldString, newString] = [String(call.input['old_string']), String(call.input['new_string'])]
  const originalFile = existsSync(path) ? readFileSync(path, 'utf8') : ''
  if (!originalFile.includes(oldString))
    return failure(call, '<tool_use_error>String to replace not found in file.</tool_use_error>')
  const next = originalFile.replace(oldString, () => newString)
  writeFileSync(path, next)
  const lines = [...signed('-', originalFile), ...signed('+', next)]
  const count = (text: string): number => text.trimEnd().split('\n').length
  const structuredPatch = [{ oldStart: 1, oldLines: count(originalFile), newStart: 1, newLines: count(next), lines }]
  return done(call, `The file ${path} has been updated successfully. ${current}`, {
    filePath: path,
    oldString,
    newString,
    originalFile,
    structuredPatch,
    userModified: false,
    replaceAll: false,
  })
}

const current = '(file state is current in your context — no need to Read it back)'

function signed(sign: string, text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => sign + line)
}

function read(call: Call): Outcome {
  const path = String(call.input['file_path'])
  if (!existsSync(path)) return failure(call, '<tool_use_error>File does not exist.</tool_use_error>')
  const content = readFileSync(path, 'utf8')
  return done(call, content, { type: 'text', file: { filePath: path, content } })
}

function answers(call: Call): Outcome {
  const given = (call.input['answers'] ?? {}) as Readonly<Record<string, string>>
  const told = Object.entries(given).map(
    ([question, answer]) => `${JSON.stringify(question)}=${JSON.stringify(answer)}`,
  )
  const content = `Your questions have been answered: ${told.join(', ')}. You can now continue with these answers in mind.`
  const result = { questions: call.input['questions'], answers: given }
  return { block: { type: 'tool_result', content, tool_use_id: call.id }, told: result }
}

function plan(call: Call, bench: Bench): Outcome {
  const text = String(call.input['plan'])
  const filePath = join(bench.config, 'plans', 'a-plan.md')
  mkdirSync(dirname(filePath), { recursive: true })
  writeFileSync(filePath, text)
  const content = `User has approved your plan. You can now start coding. Start with updating your todo list if applicable\n\nYour plan has been saved to: ${filePath}\nYou can refer back to it if needed during implementation.\n\n## Approved Plan (edited by user):\n${text}`
  const result = { plan: text, isAgent: false, filePath, planWasEdited: true }
  return { block: { type: 'tool_result', content, tool_use_id: call.id }, told: result }
}

function done(call: Call, content: string, told: Json): Outcome {
  return { block: { tool_use_id: call.id, type: 'tool_result', content }, told }
}

/** Words that begin a command which changes nothing. */
const readers = new Set(
  'cat date do done echo env exit false grep head ls pwd sleep tail test true until wc'.split(' '),
)
const edits = new Set(['mkdir', 'touch', 'rm'])

function isHarmless(command: string, mode: string): boolean {
  if (/>(?!&\d)|[$`]\(|`/.test(command)) return false
  const words = command.split(/[;&|\n]+/).map((part) => part.trim().split(/\s+/)[0] ?? '')
  return words.every(
    (word) => word === '' || readers.has(word) || /^\d$/.test(word) || (mode === 'acceptEdits' && edits.has(word)),
  )
}
