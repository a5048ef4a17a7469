import type { Errands } from '../core/errand.ts'
import { Problem } from '../core/failure.ts'
import type { GitToken, Identities, Signature } from '../core/identity.ts'
import type { SessionId, WorkerId } from '../core/ids.ts'
import type { Person } from '../core/person.ts'
import type { Prompt } from '../core/prompt.ts'
import { sealAnswer, type MachineKey } from '../system/machine-key.ts'
import type { GitTokens } from './git-tokens.ts'
import { signatureFor, type SignatureOf } from './signature.ts'

/** The machines that may use what people have linked, with the open half of each one's key: as the operator wrote it. */
export type LendsTo = Readonly<Record<string, string>>

/** What a machine asks of what people have linked. */
type Asked =
  | { readonly what: 'token'; readonly session: SessionId; readonly origin: string }
  | {
      readonly what: 'signature'
      readonly prompt: Pick<Prompt, 'speaker' | 'tier'>
      readonly coAuthors: readonly Person[]
    }

interface LinkedQuestion {
  readonly machine: WorkerId
  /** The open half of its key. */
  readonly key: string
  /** Of this question alone. */
  readonly once: string
  readonly asked: Asked
}

/** An answer holds for this alone. */
function purposeOf({ machine, asked }: Pick<LinkedQuestion, 'machine' | 'asked'>): string {
  return JSON.stringify([machine, asked])
}

export interface LendingTools {
  readonly lendsTo: LendsTo
  readonly gitTokens: Pick<GitTokens, 'tokenFor'>
  readonly identities: Pick<Identities, 'of'>
}

/**
 * The bot's answer: sealed for the machine whose key the operator has written down, whoever asks. So it goes through the database, and
 * nobody reads it there. Null: that machine gets none.
 */
export async function answerLinked(given: unknown, { lendsTo, gitTokens, identities }: LendingTools): Promise<unknown> {
  const { machine, key, once, asked } = given as LinkedQuestion
  if (lendsTo[machine] !== key) return null
  const answer =
    asked.what === 'token'
      ? await gitTokens.tokenFor(asked.session, asked.origin, machine)
      : await signatureFor(asked.prompt, asked.coAuthors, identities)
  return sealAnswer(key, once, JSON.stringify(answer), purposeOf({ machine, asked }))
}

const answerMs = 10_000
const nothingLinked: Pick<Identities, 'of'> = { of: async () => null }

/** What people have linked, as a machine uses it: it asks the bot each time, keeps nothing, and rejects while the bot is away. */
export class RemoteIdentities {
  readonly #errands: Pick<Errands, 'ask'>
  readonly #machine: WorkerId
  readonly #key: MachineKey

  constructor(errands: Pick<Errands, 'ask'>, machine: WorkerId, key: MachineKey) {
    this.#errands = errands
    this.#machine = machine
    this.#key = key
  }

  readonly signature: SignatureOf = async ({ speaker, tier }, coAuthors) => {
    const prompt = { speaker, tier }
    const told = await this.#ask<Signature>({ what: 'signature', prompt, coAuthors })
    return told ?? { ...(await signatureFor(prompt, coAuthors, nothingLinked)), barred: this.#machine }
  }

  tokenFor(session: SessionId, origin: string): Promise<GitToken | null> {
    return this.#ask<GitToken>({ what: 'token', session, origin })
  }

  async #ask<Answer>(asked: Asked): Promise<Answer | null> {
    const sealing = this.#key.ask()
    const question: LinkedQuestion = { machine: this.#machine, key: this.#key.text, once: sealing.key, asked }
    const sealed = await this.#errands.ask(null, 'linked', question, answerMs)
    if (sealed === null) return null
    const text = typeof sealed === 'string' ? sealing.open(sealed, purposeOf(question)) : null
    if (text === null) throw new Problem('wire', 'What was answered is not for this machine: somebody has changed it.')
    return JSON.parse(text) as Answer | null
  }
}
