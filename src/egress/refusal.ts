import { STATUS_CODES, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** Why a request was not let through, with the status it gets. */
export interface Rejection {
  readonly status: 400 | 403 | 502
  readonly why:
    | 'unreadable'
    | 'closed'
    | 'private-address'
    | 'not-the-model'
    | 'no-login'
    | 'unreachable'
    | 'not-git'
    | 'not-linked'
  /** A sentence for whoever reads the answer: an agent, or a person who looks over its shoulder. */
  readonly text: string
}

/** Says no to a request. The header is for programs, the text for everybody. */
export function reject(response: ServerResponse, { status, why, text }: Rejection): void {
  if (response.headersSent) return void response.destroy()
  // In the form of the models' own errors, which their CLIs show.
  const body = JSON.stringify({ type: 'error', error: { type: 'permission_error', message: text } })
  response.writeHead(status, { 'content-type': 'application/json', 'x-egress-refused': why }).end(`${body}\n`)
}

/** Says no to a CONNECT. */
export function rejectTunnel(socket: Duplex, { status, why, text }: Rejection): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `x-egress-refused: ${why}\r\ncontent-length: ${Buffer.byteLength(text) + 1}\r\nconnection: close\r\n\r\n${text}\n`,
  )
}
