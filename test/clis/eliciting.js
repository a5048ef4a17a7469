/** An MCP server whose tool asks a person how big it should be, and tells what was answered. */
import { createInterface } from 'node:readline'

const say = (line) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...line })}\n`)
const inputSchema = { type: 'object', properties: {} }
const requestedSchema = { type: 'object', properties: { size: { type: 'integer', title: 'Size' } }, required: ['size'] }
let call = null

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params, result } = JSON.parse(line)
  if (method === undefined && id === 'ask') {
    say({ id: call, result: { content: [{ type: 'text', text: `answered: ${JSON.stringify(result)}` }] } })
  } else if (method === 'tools/call') {
    call = id
    say({ id: 'ask', method: 'elicitation/create', params: { message: 'How big?', requestedSchema } })
  } else if (id !== undefined) {
    const serverInfo = { name: 'planted', version: '1' }
    const results = {
      initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo },
      'tools/list': {
        tools: [{ name: 'grow', description: 'Grows.', inputSchema, annotations: { readOnlyHint: true } }],
      },
    }
    say({ id, result: results[method] ?? {} })
  }
})
