import type { RawFile, REST } from '@discordjs/rest'
import { InteractionResponseType, MessageFlags, Routes, type APIContainerComponent } from 'discord-api-types/v10'
import type { Reply, Shown } from '../core/chat.ts'
import type { Clock } from '../core/clock.ts'
import { messageOf, Problem } from '../core/failure.ts'
import type { Log } from '../core/log.ts'
import type { Place } from '../core/place.ts'
import { BoundedMap } from '../system/bounded-map.ts'
import { answerCard, componentsUnder, listOf } from './components.ts'
import type { Scene } from './interaction-scene.ts'
import { isNoMore, meaningOf, type Meaning, type RequestQueues } from './request-queues.ts'
import { filesOf, wordsOf } from './outbound.ts'
import { messageLimit, split } from './split.ts'

/**
 * What the person sees while it is worked on: a waiting sign for them alone or for all, or nothing, because the message
 * whose button they pressed shows by itself what comes of it (`copy`: theirs alone, which is shown anew here).
 */
export type Sign = 'hidden' | 'public' | 'message' | 'copy'

/** How far a repeated answer had come: what is posted beside the sign is posted once. */
export interface Progress {
  steps: number
}

/** Discord's no to an answer may be over in a moment, whatever it gives as its reason; that its time is over stays. */
const hopeful: ReadonlySet<Meaning['kind']> = new Set(['trouble', 'closed', 'rejected'])
/** So long Discord waits for the first answer. */
const acknowledgedWithinMs = 3000
/** So many first answers may be on their way at once. */
const remembered = 1000

export interface AnswersTools {
  readonly rest: REST
  readonly queues: RequestQueues
  readonly clock: Clock
  readonly log: Log
  /** What may be said in a place: asked for before a text is cut, when a secret in it is still whole. */
  readonly maskIn: (place: Place, text: string) => string
}

/** What is said to an interaction: at once, or where its waiting sign is. */
export class Answers {
  readonly #tools: AnswersTools
  /** When the first answer was first refused, by the monotonic clock. */
  readonly #refusedAt = new BoundedMap<string, number>(remembered)

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
  async atOnce(scene: Scene, text: string, buttons: Reply['buttons'] = []): Promise<void> {
    const content =
      split(this.#tools.maskIn(scene.place, text), { limit: messageLimit, frozen: [], most: 1 })[0]?.drawn ?? text
    await this.callback(scene, {
      type: InteractionResponseType.ChannelMessageWithSource,
      data: {
        content,
        components: componentsUnder({ buttons }),
        flags: MessageFlags.Ephemeral,
        allowed_mentions: { parse: [] },
      },
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
    if (kind !== 'expired' && this.#mayBeTaken(scene)) throw unsaid(scene, done.error)
    log.warn({ interaction: scene.id, error: messageOf(done.error) }, 'discord.interaction-expired')
    return false
  }

  /** A no that is not about time: as long as Discord waits, it is asked again. */
  #mayBeTaken({ id }: Scene): boolean {
    const now = this.#tools.clock.monotonic()
    const first = this.#refusedAt.get(id) ?? now
    this.#refusedAt.set(id, first)
    return now - first < acknowledgedWithinMs
  }

  /**
   * Puts the answer where the sign is. False: Discord takes it not, and the sign is gone if it could be. Rejects when it
   * may work in a moment.
   */
  async show(scene: Scene, sign: Sign, answer: Reply | Shown, progress: Progress): Promise<boolean> {
    if (await this.#show(scene, sign, answer, progress)) return true
    // Nobody goes on thinking about what is said elsewhere.
    if (progress.steps === 0 && (sign === 'hidden' || sign === 'public'))
      await this.#tools.queues.attempt(`interaction ${scene.id}`, () => this.#takeSignAway(scene))
    return false
  }

  async #show(scene: Scene, sign: Sign, answer: Reply | Shown, progress: Progress): Promise<boolean> {
    if ('rendering' in answer) {
      // The message shows it by itself, when it is seen by all.
      if (sign === 'message') return true
      const body = wordsOf(answer.rendering, null)
      return this.#say(scene, [() => this.#edit(scene, body, filesOf(answer.rendering))], progress)
    }
    const list = listOf(answer)
    if (list !== null) return this.#showPanel(scene, sign, answer.hidden, list, [], progress)
    const card = answerCard(answer)
    if (card !== null) return this.#showPanel(scene, sign, answer.hidden, card, fileOf(answer), progress)
    const text = this.#tools.maskIn(scene.place, answer.text)
    const parts = split(text, { limit: messageLimit, frozen: [], most: 5 }).map((slice) => slice.drawn)
    const isBeside = sign === 'message' || sign === 'copy' || answer.hidden !== (sign === 'hidden')
    const flags = answer.hidden ? MessageFlags.Ephemeral : 0
    const steps = parts.map((content, index) => () => {
      const isLast = index === parts.length - 1
      const components = isLast ? componentsUnder(answer) : []
      const attachments = isLast ? describedIn(answer) : {}
      const body = { content, components, allowed_mentions: { parse: [] }, ...attachments }
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
    return this.#say(scene, steps, progress)
  }

  /** In the place of the sign, or of the list whose page was turned. */
  #showPanel(
    scene: Scene,
    sign: Sign,
    hidden: boolean,
    panel: APIContainerComponent,
    files: RawFile[],
    progress: Progress,
  ): Promise<boolean> {
    const flags = MessageFlags.IsComponentsV2
    const attachments = files.map(({ name }, at) => ({ id: String(at), filename: name }))
    const body = {
      components: [panel],
      allowed_mentions: { parse: [] },
      ...(files.length === 0 ? {} : { attachments }),
    }
    if (sign === 'copy' || hidden === (sign === 'hidden')) {
      const former = { content: null, embeds: null }
      return this.#say(scene, [() => this.#edit(scene, { ...body, ...former, flags }, files)], progress)
    }
    const beside = { ...body, flags: hidden ? flags | MessageFlags.Ephemeral : flags }
    const post = () =>
      this.#tools.rest.post(Routes.webhook(scene.application, scene.token), { auth: false, body: beside, files })
    return this.#say(scene, [...(sign === 'message' ? [] : [() => this.#takeSignAway(scene)]), post], progress)
  }

  async #say(scene: Scene, steps: readonly (() => Promise<unknown>)[], progress: Progress): Promise<boolean> {
    const { queues, log } = this.#tools
    for (const step of steps.slice(progress.steps)) {
      const done = await queues.attempt(`interaction ${scene.id}`, step, hopeful)
      if (!done.ok) {
        const { kind } = meaningOf(done.error)
        log.warn({ interaction: scene.id, error: messageOf(done.error), kind }, 'discord.answer-late')
        if (kind === 'trouble' || kind === 'limited') throw unsaid(scene, done.error)
        return false
      }
      progress.steps += 1
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

function fileOf({ file, picture }: Reply): RawFile[] {
  if (picture !== undefined) return [{ name: picture.name, data: Buffer.from(picture.png) }]
  return file === undefined ? [] : [{ name: file.name, data: Buffer.from(file.text) }]
}

/** What screen readers say of the file. */
function describedIn({ picture }: Reply): object {
  if (picture === undefined) return {}
  return { attachments: [{ id: '0', filename: picture.name, description: picture.says.slice(0, 1024) }] }
}

/** 40060: already acknowledged. */
function isAnswered(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 40_060
}
