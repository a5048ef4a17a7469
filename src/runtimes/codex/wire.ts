import { numberAt, objectAt, objectIn, stringAt, type JsonObject } from '../engine/json.ts'
import type { CliReply } from '../engine/protocol.ts'

/**
 * What `codex app-server` writes on its stdout, as far as we read it: one JSON-RPC message a line, without the
 * `jsonrpc` field. Tolerant: methods, item types and fields it does not know are `other` or left out, and nothing here
 * throws. Shapes were seen in the CLI itself (facts/codex-cli.md section 3).
 */
export type CodexLine =
  /** An answer to a request of ours. */
  | ({ readonly is: 'reply' } & CliReply)
  /** A request of the server to us: told from a reply by its method. */
  | { readonly is: 'request'; readonly id: string | number; readonly method: string; readonly params: JsonObject }
  /** `at`: when it was said, by the server's clock. */
  | { readonly is: 'notice'; readonly method: string; readonly params: JsonObject; readonly at: number | null }
  | { readonly is: 'other' }

export function parseLine(text: string): CodexLine {
  const line = objectIn(text)
  const { id } = line
  // Of a line that was too long only who asks counts: nobody is asked about what cannot be shown whole.
  const isCut = line['cut'] === true
  const method =
    isCut && !isEnd(line) && typeof line['method'] === 'string' ? `${line['method']} of that length` : line['method']
  const hasId = typeof id === 'string' || typeof id === 'number'
  if (typeof method === 'string') {
    const params = objectAt(line['params'])
    return hasId
      ? { is: 'request', id, method, params }
      : { is: 'notice', method, params, at: numberAt(line['emittedAtMs']) }
  }
  if (!hasId || (isCut && !('result' in line || 'error' in line))) return { is: 'other' }
  if (!('error' in line)) return { is: 'reply', id, result: objectAt(line['result']), error: null }
  return { is: 'reply', id, result: null, error: stringAt(objectAt(line['error'])['message']) || 'unknown error' }
}

function isEnd({ method, params }: JsonObject): boolean {
  return method === 'turn/completed' && stringAt(objectAt(objectAt(params)['turn'])['status']) !== ''
}
