/** An MCP server that a repository brings: it notes in the file of its argument that it was started, and each call. */
import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [, , notes = ''] = process.argv
const note = (text) => appendFileSync(notes, `${text}\n`)
const inputSchema = { type: 'object', properties: {} }
const tools = [
  { name: 'look', description: 'Looks.', inputSchema, annotations: { readOnlyHint: true } },
  { name: 'change', description: 'Changes.', inputSchema },
]

note('started')
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (id === undefined) return
  if (method === 'tools/call') note(`called ${params.name}`)
  const results = {
    initialize: {
      protocolVersion: params?.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: 'planted', version: '1' },
    },
    'tools/list': { tools },
    'tools/call': { content: [{ type: 'text', text: 'planted-result' }] },
  }
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: results[method] ?? {} })}\n`)
})
