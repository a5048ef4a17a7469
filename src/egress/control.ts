import { closeSync, openSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import type { HostQuestion, ModelLogin } from '../core/egress.ts'
import type { GitToken } from '../core/identity.ts'
import type { SessionId } from '../core/ids.ts'
import type { TokenRequest } from './token-requests.ts'
import type { HostVerdict } from './questions.ts'
import type { Rejection } from './refusal.ts'
import type { RenewalRules } from './renewal.ts'

/**
 * What the bot and the process outside say to each other, in lines of JSON over `control.sock`, which only this user can
 * open and no box can see. Logins go this way alone and are never written down.
 */
export type ToProxy =
  | {
      readonly say: 'logins'
      readonly logins: Readonly<Record<string, ModelLogin>>
      readonly renewing: RenewalRules
    }
  /** Look at the policies: which sockets should stand. Answered by `synced`. */
  | { readonly say: 'sync'; readonly id: number }
  | { readonly say: 'answer'; readonly question: string; readonly verdict: HostVerdict }
  /** For that request alone; null: there is none. */
  | { readonly say: 'token'; readonly id: string; readonly token: GitToken | null }
  /** Give the sockets back, finish what streams, and go: another one takes over. */
  | { readonly say: 'leave' }
  | { readonly say: 'end' }

export type FromProxy =
  /** First line. `version`: of the program; another one is replaced. */
  | { readonly say: 'hello'; readonly version: string; readonly pid: number }
  | { readonly say: 'synced'; readonly id: number }
  | { readonly say: 'asked'; readonly question: HostQuestion }
  | { readonly say: 'wants-token'; readonly request: TokenRequest }
  | { readonly say: 'refused'; readonly session: SessionId; readonly host: string; readonly why: Rejection['why'] }

export const controlSocket = 'control.sock'

/** Longest path that the address of a socket takes everywhere. */
const longestPath = 100

/** Connects to the process outside. Rejects when nobody listens. */
export async function connectControl(folder: string): Promise<Socket> {
  const path = join(folder, controlSocket)
  // Linux: by way of the open folder, which is short however deep the folder lies.
  const fd = Buffer.byteLength(path) > longestPath ? openSync(folder, 'r') : null
  try {
    const socket = connect(fd === null ? path : `/proc/self/fd/${fd}/${controlSocket}`)
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    socket.on('error', () => {})
    return socket
  } finally {
    if (fd !== null) closeSync(fd)
  }
}

/** Writes a message. One to who has gone is lost; that they have gone is told elsewhere. */
export function say(socket: Socket, message: ToProxy | FromProxy): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`)
}

/** Calls with each message that arrives: `ToProxy` or `FromProxy`, since both ends are ours. */
export function hear(socket: Socket, heard: (message: unknown) => void): void {
  let rest = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) heard(JSON.parse(line))
  })
}
