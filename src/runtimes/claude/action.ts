import type { Action } from '../../core/action.ts'
import type { JsonObject } from '../engine/json.ts'
import { serverName } from './mcp.ts'

/** Characters of a title at most: it is one line on a status card. */
const titleLimit = 200

/** Tools of the CLI, and which field of their input says what they are used on. */
const tools: Readonly<Record<string, readonly [Action['kind'], string]>> = {
  Bash: ['command', 'command'],
  Edit: ['edit', 'file_path'],
  Glob: ['search', 'pattern'],
  Grep: ['search', 'pattern'],
  MultiEdit: ['edit', 'file_path'],
  NotebookEdit: ['edit', 'notebook_path'],
  Read: ['read', 'file_path'],
  Task: ['agent', 'description'],
  WebFetch: ['web', 'url'],
  WebSearch: ['web', 'query'],
  Write: ['edit', 'file_path'],
}

const ours = `mcp__${serverName}__`

/** A tool call as a person should see it. Paths are shown relative to the working directory. */
export function actionOf(id: string, tool: string, input: JsonObject, workdir: string): Action {
  const [kind, field] = tools[tool] ?? ['other', 'description']
  // A tool of ours, which the CLI knows as one of a server.
  const name = tool.startsWith(ours) ? tool.slice(ours.length) : tool
  const value = input[field]
  const text = typeof value === 'string' ? value : ''
  return { id, kind, tool: oneLine(name), title: oneLine(field.endsWith('_path') ? relativeTo(workdir, text) : text) }
}

/** The first line that says something, without control and direction characters, which could fake what stands there. */
function oneLine(text: string): string {
  const line = text.split(/\r\n|[\n\r\u2028\u2029]/).find((each) => each.trim() !== '') ?? ''
  const plain = line.replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '').trim()
  return Array.from(plain).length > titleLimit
    ? `${Array.from(plain)
        .slice(0, titleLimit - 1)
        .join('')}…`
    : plain
}

/** Pure, so that a recording means the same on every machine: nothing is looked up. */
export function relativeTo(workdir: string, path: string): string {
  if (path === workdir) return '.'
  const folder = workdir.endsWith('/') ? workdir : `${workdir}/`
  return path.startsWith(folder) ? path.slice(folder.length) : path
}
