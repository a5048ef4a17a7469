import { readForm } from '../rules/form.ts'
import type { z } from 'zod'
import type { Upload } from '../messages.ts'
import type { User } from '../records.ts'
import type { Answers } from './described/answers.ts'
import type { Bodies } from './described/bodies.ts'

/** Who may knock: with a token of any kind, a bot's, a person's, or none at all (interaction webhooks). */
export type Door = 'anyone' | 'bot' | 'person' | 'open'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** The names in braces of a path template. */
export type ParametersOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParametersOf<Rest>
  : never

/**
 * A request's body that nobody has read yet. It remembers in its type which keys Discord's description gives it, so
 * that `readBody` with a schema of other keys does not compile.
 */
export interface Body<Keys extends string> {
  readonly unread?: (key: Keys) => void
}

/** A request as a handler sees it. */
export interface Ask<Name extends string = string, Keys extends string = never> {
  /** who asks; on an open door nobody is known */
  viewer: User
  /** decoded path segments by name */
  path: Record<Name, string>
  query: URLSearchParams
  /** the JSON body, or the `payload_json` of a multipart one; undefined without a body */
  body: Body<Keys> | undefined
  uploads: readonly Upload[]
}

export interface Answer {
  status: number
  body?: unknown
  /** for files: raw bytes instead of JSON */
  bytes?: Uint8Array
  headers?: Record<string, string>
}

export interface Route {
  method: Method
  /** template as in Discord's OpenAPI description, without /api/v10 */
  path: string
  door: Door
  handle(ask: Ask): Answer | Promise<Answer>
}

/** `PATCH /channels/{channel_id}`: how the description's tables name an operation. */
type Operation<M extends Method, Path extends string> = `${M} ${Path}` & keyof Answers

type KeysOf<Schema> = Schema extends readonly (infer Each)[]
  ? KeysOf<Each>
  : Schema extends object
    ? keyof Schema & string
    : never

/** The answers that the description allows an operation. */
export type AnswerOf<Name extends keyof Answers> = Name extends unknown ? AnswerAmong<Answers[Name]> : never

type AnswerAmong<ByStatus> = {
  [Status in keyof ByStatus]: [ByStatus[Status]] extends [null]
    ? { status: Status }
    : { status: Status; body: ByStatus[Status] }
}[keyof ByStatus]

/**
 * Writes one of Discord's routes down. Method and path must be in its description, what the handler gives must be what
 * the description says, and the handler knows its path's parameters by name.
 */
export function route<M extends Method, Path extends string>(
  method: M,
  path: Path & (Operation<M, Path> extends never ? never : Path),
  handle: (
    ask: Ask<ParametersOf<Path>, Operation<M, Path> extends keyof Bodies ? Bodies[Operation<M, Path>] : never>,
  ) => AnswerOf<Operation<M, Path>>,
  door: Exclude<Door, 'person'> = 'anyone',
): Route {
  return { method, path, door, handle }
}

/** A route that only people's own clients use; Discord describes none of them. */
export function personRoute<Path extends string>(
  method: Method,
  path: Path,
  handle: (ask: Ask<ParametersOf<Path>>) => Answer,
): Route {
  return { method, path, door: 'person', handle }
}

/** Reads a body by a schema that knows no other keys than Discord's description of it; refuses it as Discord does. */
export function readBody<T, Input>(schema: z.ZodType<T, Input>, body: Body<KeysOf<Input>> | undefined): T {
  return readForm(schema, body)
}

export const ok = <T>(body: T) => ({ status: 200 as const, body })
export const created = <T>(body: T) => ({ status: 201 as const, body })
export const nothing = () => ({ status: 204 as const })
