import type { Action } from '../../core/action.ts'
import { arrayAt, objectAt, stringAt, type JsonObject } from '../engine/json.ts'

/** Characters of a title at most: it is one line on a status card. */
const titleLimit = 200

/**
 * An item of a turn as a person should see it; null for those that are no tool call. The tool has the name of the
 * item's type, because the names of the tools differ between the models (facts/codex-cli.md section 1).
 */
export function actionOf(item: JsonObject, workdir: string): Action | null {
  const id = stringAt(item['id'])
  const of: Of = (kind, tool, title) => ({
    id,
    kind,
    tool: oneLine(tool),
    title: oneLine(title),
  })
  return itemReaders[stringAt(item['type'])]?.(item, of, workdir) ?? null
}

type Of = (kind: Action['kind'], tool: string, title: string) => Action

/** Items that are tool calls; what becomes of the others is said in meaning.ts and passed-over.ts. */
export const itemReaders: Readonly<Record<string, (item: JsonObject, of: Of, workdir: string) => Action>> = {
  commandExecution: (item, of) => of('command', 'Shell', commandOf(item)),
  fileChange: (item, of, workdir) => {
    const paths = arrayAt(item['changes']).map((each) => relativeTo(workdir, stringAt(objectAt(each)['path'])))
    return of('edit', 'Patch', paths.join(', '))
  },
  mcpToolCall: (item, of) => of('other', stringAt(item['tool']) || 'MCP', stringAt(item['server'])),
  dynamicToolCall: (item, of) => of('other', stringAt(item['tool']) || 'Tool', ''),
  webSearch: (item, of) => of('web', 'Search', stringAt(item['query'])),
  imageView: (item, of, workdir) => of('read', 'Image', relativeTo(workdir, stringAt(item['path']))),
  imageGeneration: (item, of) => of('other', 'Image', stringAt(item['revisedPrompt'])),
  collabAgentToolCall: (item, of) => of('agent', stringAt(item['tool']) || 'Agent', stringAt(item['prompt'])),
}

/**
 * The command as it runs, all of it. What the server makes of it for show (`commandActions`) leaves out what it does not
 * understand, a `cd` before it above all: nobody may be asked about that.
 */
export function commandRun(item: JsonObject): string {
  const command = stringAt(item['command'])
  const [, written = ''] = /^(?:\/(?:usr\/)?bin\/)?(?:ba|z|da)?sh -l?c ([^]*)$/.exec(command) ?? []
  // Only a word of the shell that is quoted as a whole is certainly the whole of what it runs.
  if (/^'(?:[^']|'\\''|'"'"')*'$/.test(written))
    return written.slice(1, -1).replaceAll("'\\''", "'").replaceAll(`'"'"'`, "'")
  if (/^"(?:[^"\\$`]|\\["\\$`])*"$/.test(written)) return written.slice(1, -1).replaceAll(/\\(["\\$`])/g, '$1')
  return /^[\w./:=@%+,-]+$/.test(written) ? written : command
}

/** The command as the model wrote it: the CLI wraps it into a call of the shell. */
function commandOf(item: JsonObject): string {
  const written = arrayAt(item['commandActions']).map((each) => stringAt(objectAt(each)['command']))
  return written.length > 0 && written.every((each) => each !== '') ? written.join(' && ') : stringAt(item['command'])
}

/** The first line that says something, without control and direction characters, which could fake what stands there. */
function oneLine(text: string): string {
  const line = text.split(/\r\n|[\n\r\u2028\u2029]/).find((each) => each.trim() !== '') ?? ''
  const plain = Array.from(line.replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '').trim())
  return plain.length > titleLimit ? `${plain.slice(0, titleLimit - 1).join('')}…` : plain.join('')
}

export function relativeTo(workdir: string, path: string): string {
  if (path === workdir) return '.'
  const folder = workdir.endsWith('/') ? workdir : `${workdir}/`
  return path.startsWith(folder) ? path.slice(folder.length) : path
}

/** Newer models ask without waiting: the questions come beside the text, and the answer is the next message. */
export function messageOf(item: JsonObject): string {
  const questions = arrayAt(item['questions']).map((each) => {
    const options = arrayAt(objectAt(each)['options']).map((option) => `- ${stringAt(option)}`)
    return [stringAt(objectAt(each)['title']), ...options].join('\n')
  })
  return [stringAt(item['text']), ...questions].filter((part) => part !== '').join('\n\n')
}
