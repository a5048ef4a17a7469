/**
 * Our tools for a conversation that was born without them: an MCP server that its CLI starts beside itself, in the
 * session's box. It knows what is offered, and waits in a folder for the answers; what is called, and for whom, the bot
 * reads in the CLI's own output. So it has no port and no key, writes nothing, and a call outlives the bot.
 *
 *     node stdio-tools.ts <folder> <tools as JSON>
 *
 * It stands alone in a box: nothing but what Node brings may be imported here.
 */
import { createHash } from 'node:crypto'
import { readFileSync, watch } from 'node:fs'
import { join } from 'node:path'
import { argv, exit, stdin, stdout } from 'node:process'
import { createInterface } from 'node:readline'

/** For a folder that tells nobody about its changes. */
const lookEveryMs = 1_000

type Json = Readonly<Record<string, unknown>>

const [, , folder = '', tools = '[]'] = argv
/** Calls without an answer: the file that it will be, and the JSON-RPC id, which begins at 0 with every start. */
const waiting = new Map<string, unknown>()

try {
  watch(folder, look).on('error', () => {})
} catch {
  // The user's watches are used up, perhaps by another agent.
}
setInterval(look, lookEveryMs)
createInterface({ input: stdin })
  .on('line', (line) => hear(objectIn(line)))
  // The CLI has gone, or wants us no more.
  .on('close', () => exit(0))

function hear({ id, method, params }: Json): void {
  const given = objectAt(params)
  if (method === 'tools/call') return call(id, objectAt(given['_meta']))
  if (method === 'notifications/cancelled') return forget(given['requestId'])
  if (id === undefined) return
  if (method === 'initialize') {
    const protocolVersion = given['protocolVersion'] ?? '2025-06-18'
    const about = { capabilities: { tools: {} }, serverInfo: { name: 'omc', version: '1' } }
    return say({ id, result: { protocolVersion, ...about } })
  }
  if (method === 'tools/list') return say({ id, result: { tools: JSON.parse(tools) as unknown } })
  if (method === 'ping') return say({ id, result: {} })
  say({ id, error: { code: -32601, message: 'The bot does not answer that.' } })
}

function call(id: unknown, { threadId, callId }: Json): void {
  if (typeof threadId !== 'string' || typeof callId !== 'string')
    return say({ id, result: resultOf('Refused: the bot cannot tell whose call this is.', true) })
  const name = createHash('sha256').update(`${threadId}:${callId}`).digest('hex')
  waiting.set(join(folder, `${name}.json`), id)
  look()
}

/** A late answer to it is nobody's. */
function forget(request: unknown): void {
  for (const [file, id] of waiting) if (id === request) waiting.delete(file)
}

function look(): void {
  for (const [file, id] of waiting) {
    const answer = answerAt(file)
    if (answer === null) continue
    waiting.delete(file)
    say({ id, result: resultOf(String(answer['text']), answer['failed'] === true) })
  }
}

/** Null: it is not there yet. It comes whole. */
function answerAt(file: string): Json | null {
  try {
    return objectIn(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

function resultOf(text: string, isError: boolean): Json {
  return { content: [{ type: 'text', text }], isError }
}

function say(message: Json): void {
  stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
}

function objectIn(line: string): Json {
  try {
    return objectAt(JSON.parse(line))
  } catch {
    return {}
  }
}

function objectAt(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}
