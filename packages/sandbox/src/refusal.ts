/** One leaf of Discord's nested error body. */
export interface Complaint {
  path: readonly (string | number)[]
  code: string
  message: string
}

/**
 * Discord says no. Thrown by every rule and operation of the sandbox; the REST edge turns it into an answer with
 * Discord's status, code and body.
 */
export class Refusal extends Error {
  readonly status: number
  readonly code: number
  readonly errors: object | undefined
  /** further members of the body, e.g. `retry_after` */
  readonly extra: object

  constructor(status: number, code: number, message: string, errors?: object, extra: object = {}) {
    super(message)
    this.name = 'Refusal'
    this.status = status
    this.code = code
    this.errors = errors
    this.extra = extra
  }

  /** The body Discord sends with it. */
  body(): object {
    const errors = this.errors === undefined ? {} : { errors: this.errors }
    return { message: this.message, code: this.code, ...errors, ...this.extra }
  }
}

/** https://discord.com/developers/docs/topics/opcodes-and-status-codes#json */
const KNOWN = {
  notFound: [404, 0, '404: Not Found'],
  methodNotAllowed: [405, 0, '405: Method Not Allowed'],
  unauthorized: [401, 0, '401: Unauthorized'],
  unknownApplication: [404, 10002, 'Unknown Application'],
  unknownChannel: [404, 10003, 'Unknown Channel'],
  unknownGuild: [404, 10004, 'Unknown Guild'],
  unknownMember: [404, 10007, 'Unknown Member'],
  unknownMessage: [404, 10008, 'Unknown Message'],
  unknownOverwrite: [404, 10009, 'Unknown permission overwrite'],
  unknownRole: [404, 10011, 'Unknown Role'],
  unknownUser: [404, 10013, 'Unknown User'],
  unknownEmoji: [400, 10014, 'Unknown Emoji'],
  unknownWebhook: [404, 10015, 'Unknown Webhook'],
  unknownInteraction: [404, 10062, 'Unknown interaction'],
  unknownCommand: [404, 10063, 'Unknown application command'],
  unknownCommandPermissions: [404, 10066, 'Unknown application command permissions'],
  botsCannotUse: [403, 20001, 'Bots cannot use this endpoint'],
  maxCommands: [400, 30032, 'Maximum number of application commands reached (100)'],
  maxPins: [400, 30003, 'Maximum number of pins reached for the channel (250)'],
  maxParticipants: [400, 30033, 'Maximum number of thread participants reached (1000)'],
  dailyCommands: [400, 30034, 'Max number of daily application command creates has been reached (200)'],
  maxReactions: [400, 30010, 'Maximum number of reactions reached (20)'],
  oldMessageEdits: [429, 30046, 'Maximum number of edits to messages older than 1 hour reached. Try again later.'],
  tooLarge: [413, 40005, 'Request entity too large'],
  alreadyCrossposted: [400, 40033, 'This message has already been crossposted'],
  maxFollowUps: [400, 40094, 'This interaction has hit the maximum number of follow up messages'],
  alreadyAcknowledged: [400, 40060, 'Interaction has already been acknowledged.'],
  missingAccess: [403, 50001, 'Missing Access'],
  cannotOnDm: [400, 50003, 'Cannot execute action on a DM channel'],
  notAuthor: [403, 50005, 'Cannot edit a message authored by another user'],
  emptyMessage: [400, 50006, 'Cannot send an empty message'],
  cannotDm: [403, 50007, 'Cannot send messages to this user'],
  cannotSendHere: [400, 50008, 'Cannot send messages in a non-text channel'],
  missingPermissions: [403, 50013, 'Missing Permissions'],
  invalidToken: [401, 50014, 'Invalid authentication token provided'],
  bulkDeleteCount: [
    400,
    50016,
    'Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100 messages to delete',
  ],
  wrongChannelType: [400, 50024, 'Cannot execute action on this channel type'],
  invalidWebhookToken: [401, 50027, 'Invalid Webhook Token'],
  tooOldToBulkDelete: [400, 50034, 'A message provided was too old to bulk delete'],
  systemMessage: [403, 50021, 'Cannot execute action on a system message'],
  archivedThread: [400, 50083, 'Thread is archived'],
  invalidRequest: [400, 50109, 'The request body contains invalid JSON.'],
  unknownReference: [400, 50035, 'Invalid Form Body'],
  threadExists: [400, 160004, 'A thread has already been created for this message'],
  threadLocked: [400, 160005, 'Thread is locked'],
  maxThreads: [400, 160006, 'Maximum number of active threads reached'],
  pollVoting: [403, 520000, 'Poll voting blocked'],
  pollExpired: [400, 520001, 'Poll expired'],
  pollEdit: [400, 520003, 'Cannot edit a poll message'],
  notAPoll: [400, 520006, 'Cannot expire a non-poll message'],
} as const satisfies Record<string, readonly [number, number, string]>

export type RefusalName = keyof typeof KNOWN

/** One of Discord's well-known refusals, by name. */
export function refusal(name: RefusalName): Refusal {
  const [status, code, message] = KNOWN[name]
  return new Refusal(status, code, message)
}

/** 50035, with every complaint at its place in the nested body. */
export function invalidForm(complaints: readonly Complaint[]): Refusal {
  const root: Record<string, unknown> = {}
  for (const complaint of complaints) {
    let at = root
    for (const step of complaint.path) {
      at[step] ??= {}
      at = at[step] as Record<string, unknown>
    }
    at['_errors'] ??= []
    ;(at['_errors'] as object[]).push({ code: complaint.code, message: complaint.message })
  }
  return new Refusal(400, 50035, 'Invalid Form Body', root)
}
