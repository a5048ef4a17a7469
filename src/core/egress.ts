import type { EpochMs } from './clock.ts'
import type { GitToken } from './identity.ts'
import type { AccountId, PersonId, RuntimeName, SessionId } from './ids.ts'
import type { Tier } from './right.ts'

/**
 * The only way out of a box. A small process outside every box, one for a data folder, that outlives the bot; each
 * session has a socket of its own there, so that the socket says who asks. To the model it goes with the account's
 * login, put in outside; to other hosts where the session's policy says so; a closed host becomes a question.
 */
export interface Egress {
  /**
   * Opens a session's way out, or sets it anew: before every turn, because what is open depends on who speaks. Resolves
   * when the socket `egress.sock` stands in the folder given, which stays the same for the session: to be mounted read
   * only at `insideBox.folder`. Hosts that were opened for the session stay open. Never rejects: while the process
   * outside is being started anew, requests wait or fail, and the socket comes back in the same folder.
   */
  open(session: SessionId, caller: EgressCaller): Promise<string>
  /** Opens a host to a session: at once, without a restart of anything. */
  allow(session: SessionId, host: OpenHost): Promise<void>
  /** Ends a session's way out: what is still connected is cut, and what was opened for it is forgotten. */
  close(session: SessionId): Promise<void>
  /** Tells of questions. Before the start, because those of an earlier life are told at once; unheard ones are refused. */
  listen(listener: EgressListener): Disposable
  /** Answers a question. One that no longer stands is ignored. */
  answer(question: string, verdict: 'let-through' | 'refuse'): void
  /**
   * Who says with which token a session may go to a git server (its origin) at this moment; asked for each request. While
   * nobody does, such requests wait.
   */
  lend(lender: (session: SessionId, origin: string) => Promise<GitToken | null>): Disposable
  /** What went through and what did not, since the data folder was new. */
  figures(): Promise<EgressFigures>
}

/** Whose turn it is in a session: what its way out is made from. */
export interface EgressCaller {
  readonly runtime: RuntimeName
  readonly account: AccountId
  /** Of whoever speaks: the operator's list of hosts for that tier is open. */
  readonly tier: Tier
  readonly speaker: PersonId
}

/**
 * The login of an account, as the process outside puts it into requests. What is kept in a file is read for each
 * request, because somebody may renew it. `upstream`: what the model's paths are put behind.
 */
export type ModelLogin =
  | { readonly kind: 'claude-key'; readonly upstream: string; readonly key: string }
  | { readonly kind: 'claude-token'; readonly upstream: string; readonly token: string }
  /** `path`: the CLI's own `.credentials.json`. */
  | { readonly kind: 'claude-file'; readonly upstream: string; readonly path: string }
  | {
      readonly kind: 'codex'
      readonly upstream: string
      readonly chatgptUpstream: string
      /** Null: the one in the file. */
      readonly key: string | null
      /** The CLI's own `auth.json`, with a key, a ChatGPT login, or both. */
      readonly path: string
    }

/** Beside a login's file: where a renewed one lies until it stands in that file. No agent may look into it. */
export const renewingFolder = '.omc-renewing'

/** A host as a request names it. */
export interface HostPort {
  /** In small letters, an address as the system would write it, without a dot at its end. */
  readonly host: string
  readonly port: number
}

/** As it is written in addresses and shown to people. */
export function authorityOf({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** A host that a session may reach. */
export interface OpenHost extends HostPort {
  /** Null: until the session ends. */
  readonly until: EpochMs | null
  /** Only in turns of this person; null: in everybody's. */
  readonly speaker: PersonId | null
}

/**
 * Somebody in a box wants to reach a closed host, and is held until there is an answer. One for a host at a time; the
 * answer holds for the rest of the turn.
 */
export interface HostQuestion extends HostPort {
  /** The same over deaths of the bot. */
  readonly id: string
  readonly session: SessionId
}

/** What is told of closed hosts. */
export interface EgressListener {
  asked(question: HostQuestion): void
  /** Nobody waits for the answer any more: the process outside has died. */
  gone(question: HostQuestion): void
}

/** What the sessions' ways out were used for. */
export interface EgressFigures {
  /** False while the process outside is away. */
  readonly up: boolean
  /** Of the sessions that are open. `host` is `name:port`, or `model`. */
  readonly hosts: readonly HostFigures[]
}

/** Traffic of one session with one host. */
export interface HostFigures {
  readonly session: SessionId
  readonly host: string
  readonly requests: number
  readonly refused: number
  readonly sentBytes: number
  readonly receivedBytes: number
}

/** How a box finds its way out. */
export const insideBox = {
  /** Where the session's folder is mounted. */
  folder: '/run/omc',
  /** The socket: HTTP. `POST /v1/…` is the model, `CONNECT` and absolute addresses are other hosts. */
  socket: '/run/omc/egress.sock',
  /** What stands for the model's host. */
  model: 'model.omc',
  /** What stands for the git servers that people have linked: `/https/<host>/<path>`, without TLS and without a login. */
  git: 'git.omc',
  /** Where a forwarder in the box offers the socket over TCP, for what speaks to no socket. */
  port: 3128,
} as const

/** Variables by which programs in a box find the way out. */
export const proxyVariables: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy', 'ALL_PROXY', 'all_proxy'].map((name) => [
      name,
      `http://127.0.0.1:${insideBox.port}`,
    ]),
  ),
  ...Object.fromEntries(['NO_PROXY', 'no_proxy'].map((name) => [name, `localhost,127.0.0.1,${insideBox.model}`])),
  NODE_USE_ENV_PROXY: '1',
}
