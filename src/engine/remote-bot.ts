import { existsSync, readFileSync } from 'node:fs'
import type { AttachedFile, Attachment, Attachments } from '../core/attachment.ts'
import type { Errands } from '../core/errand.ts'
import type { Gate } from '../core/gate.ts'
import type { Verdict } from '../core/policy.ts'
import type { Prompt } from '../core/prompt.ts'
import type { Session } from '../core/session.ts'
import type { ToolOffer } from '../core/tool.ts'
import { writeAtomically } from '../system/atomic-file.ts'
import { background } from '../system/background.ts'
import { retry, type RetryTools } from '../system/back-off.ts'

const answerMs = 60_000

/** The bot, as a machine sees it: who people are, which tools agents have, the files of a prompt. */
export class RemoteBot {
  readonly #tools: RetryTools & { readonly errands: Errands }
  /** Keeps which tools there are: agents of an earlier life need them before the bot has answered. */
  readonly #path: string
  #offers: readonly ToolOffer[]
  readonly #known = Promise.withResolvers<void>()

  constructor(tools: RetryTools & { readonly errands: Errands }, path: string) {
    this.#tools = tools
    this.#path = path
    this.#offers = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as readonly ToolOffer[]) : []
  }

  /** Asks which tools there are, for as long as it takes. */
  start(): void {
    background(this.#ask(), this.#tools.log, 'machine.tools')
  }

  offers(): readonly ToolOffer[] {
    return this.#offers
  }

  /** Nothing begins before it is known what agents may be told of. */
  get gate(): Pick<Gate, 'speakerOf' | 'speakerNow'> {
    return {
      speakerOf: (prompt, session) => this.#standing(prompt, session, false),
      speakerNow: (prompt, session) => this.#standing(prompt, session, true),
    }
  }

  /** Attachments that lie at the bot, and are fetched when they are needed. */
  attachments(here: Attachments): Attachments {
    return {
      keep: (name, source) => here.keep(name, source),
      read: (attachment) => here.read(attachment),
      locate: async (attachment) => (await here.locate(attachment)) ?? this.#fetch(attachment, here),
    }
  }

  async #ask(): Promise<void> {
    const { errands, signal } = this.#tools
    try {
      this.#offers = (await retry(this.#tools, 'tools', () =>
        errands.ask(null, 'tools', null, answerMs),
      )) as readonly ToolOffer[]
      writeAtomically(this.#path, JSON.stringify(this.#offers))
      this.#known.resolve()
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  async #standing(prompt: Prompt, session: Session, isNow: boolean): Promise<Verdict> {
    await this.#known.promise
    return (await this.#tools.errands.ask(null, 'standing', { prompt, session, isNow }, answerMs)) as Verdict
  }

  async #fetch(attachment: Attachment, here: Attachments): Promise<AttachedFile | null> {
    const { errands, log } = this.#tools
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      for (let from = 0; from < attachment.bytes;) {
        const piece = await errands.ask(null, 'file', { attachment, from }, answerMs)
        if (typeof piece !== 'string' || piece === '') return
        const bytes = Buffer.from(piece, 'base64')
        from += bytes.length
        yield bytes
      }
    }
    const kept = await here.keep(attachment.name, pieces())
    if (typeof kept !== 'string' && kept.sha256 === attachment.sha256) return here.locate(attachment)
    log.warn({ attachment: attachment.sha256, kept: typeof kept === 'string' ? kept : kept.sha256 }, 'attachment.gone')
    return null
  }
}
