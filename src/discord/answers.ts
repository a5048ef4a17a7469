import type { RawFile, REST } from '@discordjs/rest'
import { InteractionResponseType, MessageFlags, Routes } from 'discord-api-types/v10'
import type { Reply, Shown } from '../core/chat.ts'
import { messageOf, Problem } from '../core/failure.ts'
import type { Log } from '../core/log.ts'
import { componentsUnder } from './components.ts'
import type { Scene } from './interaction-scene.ts'
import { isNoMore, meaningOf, type RequestQueues } from './request-queues.ts'
import { filesOf, wordsOf } from './outbound.ts'
import { messageLimit, split } from './split.ts'

/**
 * What the person sees while it is worked on: a waiting sign for them alone or for all, or nothing, because the message
 * whose button they pressed shows by itself what comes of it (`copy`: theirs alone, which is shown anew here).
 */
export type Sign = 'hidden' | 'public' | 'message' | 'copy'

export interface AnswersTools {
  readonly rest: REST
  readonly queues: RequestQueues
  readonly log: Log
}

/** What is said to an interaction: at once, or where its waiting sign is. */
export class Answers {
  readonly #tools: AnswersTools

  constructor(tools: AnswersTools) {
    this.#tools = tools
  }

  /** Shows that it was heard. False: Discord had told them that it failed. Rejects when nobody can say now. */
  acknowledge(scene: Scene, sign: Sign): Promise<boolean> {
    if (sign === 'message' || sign === 'copy') {
      return this.callback(scene, { type: InteractionResponseType.DeferredMessageUpdate })
    }
    return this.callback(scene, {
      type: InteractionResponseType.DeferredChannelMessageWithSource,
      data: { flags: sign === 'hidden' ? MessageFlags.Ephemeral : 0 },
    })
  }

  /** The whole answer at once, for the person alone. */
  async atOnce(scene: Scene, text: string): Promise<void> {
    const content = split(text, { limit: messageLimit, frozen: [], most: 1 })[0]?.drawn ?? text
    await this.callback(scene, {
      type: InteractionResponseType.ChannelMessageWithSource,
      data: { content, flags: MessageFlags.Ephemeral, allowed_mentions: { parse: [] } },
    })
  }

  /** The first answer; false when Discord takes none any more. Rejects when nobody can say now. */
  async callback(scene: Scene, body: object): Promise<boolean> {
    const { rest, queues, log } = this.#tools
    const route = Routes.interactionCallback(scene.id, scene.token)
    const done = await queues.attempt(`interaction ${scene.id}`, () => rest.post(route, { auth: false, body }))
    // A repeated try may find that the first one had arrived, also that of an earlier life.
    if (done.ok || isAnswered(done.error)) return true
    const { kind } = meaningOf(done.error)
    if (kind === 'trouble' || kind === 'limited') throw unsaid(scene, done.error)
    log.warn({ interaction: scene.id, error: messageOf(done.error) }, 'discord.interaction-expired')
    return false
  }

  /** Puts the answer where the sign is. False: Discord takes none any more. Rejects when it may work in a moment. */
  async show(scene: Scene, sign: Sign, answer: Reply | Shown): Promise<boolean> {
    if ('rendering' in answer) {
      // The message shows it by itself, when it is seen by all.
      if (sign === 'message') return true
      const body = wordsOf(answer.rendering, null)
      return this.#say(scene, [() => this.#edit(scene, body, filesOf(answer.rendering))])
    }
    const parts = split(answer.text, { limit: messageLimit, frozen: [], most: 5 }).map((slice) => slice.drawn)
    const isBeside = sign === 'message' || sign === 'copy' || answer.hidden !== (sign === 'hidden')
    const flags = answer.hidden ? MessageFlags.Ephemeral : 0
    const steps = parts.map((content, index) => () => {
      const isLast = index === parts.length - 1
      const components = isLast ? componentsUnder(answer) : []
      const body = { content, components, allowed_mentions: { parse: [] } }
      const files = isLast ? fileOf(answer) : []
      return index === 0 && !isBeside
        ? this.#edit(scene, body, files)
        : this.#tools.rest.post(Routes.webhook(scene.application, scene.token), {
            auth: false,
            body: { ...body, flags },
            files,
          })
    })
    if (isBeside && (sign === 'hidden' || sign === 'public')) steps.unshift(() => this.#takeSignAway(scene))
    return this.#say(scene, steps)
  }

  async #say(scene: Scene, steps: readonly (() => Promise<unknown>)[]): Promise<boolean> {
    const { queues, log } = this.#tools
    for (const step of steps) {
      const done = await queues.attempt(`interaction ${scene.id}`, step)
      if (done.ok) continue
      const { kind } = meaningOf(done.error)
      log.warn({ interaction: scene.id, error: messageOf(done.error), kind }, 'discord.answer-late')
      if (kind === 'trouble' || kind === 'limited') throw unsaid(scene, done.error)
      return false
    }
    return true
  }

  #edit(scene: Scene, body: object, files: RawFile[]): Promise<unknown> {
    const original = Routes.webhookMessage(scene.application, scene.token, '@original')
    return this.#tools.rest.patch(original, { auth: false, body, files })
  }

  /** An answer that others may not see (or should) goes beside the sign, which an earlier try may have taken away. */
  async #takeSignAway(scene: Scene): Promise<void> {
    const original = Routes.webhookMessage(scene.application, scene.token, '@original')
    try {
      await this.#tools.rest.delete(original, { auth: false })
    } catch (error) {
      if (!isNoMore(error)) throw error
    }
  }
}

function unsaid({ id }: Scene, cause: unknown): Problem {
  return new Problem('wire', `Discord did not take the answer to the interaction ${id}: ${messageOf(cause)}`, { cause })
}

function fileOf({ file }: Reply): RawFile[] {
  return file === undefined ? [] : [{ name: file.name, data: Buffer.from(file.text) }]
}

/** 40060: already acknowledged. */
function isAnswered(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 40_060
}
