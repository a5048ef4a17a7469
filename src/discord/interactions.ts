import type { REST } from '@discordjs/rest'
import { InteractionResponseType, InteractionType, type APIInteraction } from 'discord-api-types/v10'
import type { Inbox, InteractionDoor, Reply, Shown } from '../core/chat.ts'
import { pause, type Clock } from '../core/clock.ts'
import type { Desk } from '../core/desk.ts'
import { messageOf, Problem, type Refusal } from '../core/failure.ts'
import type { Features } from '../core/feature.ts'
import type { PromptKey } from '../core/ids.ts'
import type { Interaction, Memo } from '../core/interaction.ts'
import type { Log } from '../core/log.ts'
import { cut } from '../core/markdown.ts'
import type { Catalogue } from '../core/phrases.ts'
import type { ActionName } from '../core/right.ts'
import type { Timings } from '../core/timings.ts'
import { BoundedMap } from '../system/bounded-map.ts'
import { Answers, type AnswersTools, type Progress } from './answers.ts'
import type { ChannelCache } from './channel-cache.ts'
import { modalOf } from './components.ts'
import { located, sceneOf, type AskedCommand, type Scene } from './interaction-scene.ts'
import type { RequestQueues } from './request-queues.ts'
import type { People } from './people.ts'
import { Routing, trimmed, type Errand } from './routing.ts'

/** So long the gate is asked before an interaction is acknowledged all the same; it is asked again before the work. */
const judgeWithinMs = 1000
const mostChoices = 25
/** A replayed interaction is taken once: this many ids are remembered. */
const remembered = 2000

export interface InteractionsOptions {
  readonly rest: REST
  readonly queues: RequestQueues
  readonly channelCache: ChannelCache
  readonly people: People
  readonly features: Features
  readonly desk: () => Desk
  readonly catalogue: Catalogue
  readonly clock: Clock
  readonly log: Log
  readonly timings: Pick<Timings, 'suggestWithinMs'>
  readonly maskIn: AnswersTools['maskIn']
}

/**
 * Slash commands, buttons, selects, forms and autocomplete. What asks for work goes to the inbox, which keeps it and calls
 * back, step by step: acknowledged (Discord waits 3 s), worked on, answered (15 min). A form or a list is the answer
 * itself, and a no from the gate is said at once: nothing of these is kept.
 */
export class Interactions implements InteractionDoor {
  readonly #with: InteractionsOptions
  readonly #answers: Answers
  readonly #routing: Routing
  readonly #seen = new BoundedMap<string, true>(remembered)
  /** Of answers that are tried again in this life. */
  readonly #progress = new WeakMap<Interaction, Progress>()
  #inbox: Inbox | null = null

  constructor(options: InteractionsOptions) {
    this.#with = options
    this.#answers = new Answers(options)
    this.#routing = new Routing(options)
  }

  /** Where what asks for work goes. */
  open(inbox: Inbox): void {
    this.#inbox = inbox
  }

  /** Never rejects. */
  async take(interaction: APIInteraction): Promise<void> {
    if (interaction.type === InteractionType.Ping || this.#seen.has(interaction.id)) return
    this.#seen.set(interaction.id, true)
    try {
      const there = await located(interaction, this.#with.channelCache)
      const scene = sceneOf(there, this.#with)
      if (scene !== null) await this.#take(there, scene)
    } catch (error) {
      this.#with.log.error({ interaction: interaction.id, error: messageOf(error) }, 'discord.interaction-failed')
    }
  }

  async #take(interaction: AskedCommand, scene: Scene): Promise<void> {
    const errand = this.#routing.errandOf(interaction, scene)
    switch (errand.kind) {
      case 'unknown':
        this.#with.log.warn({ what: errand.what }, 'interaction.unknown')
        if (interaction.type === InteractionType.ApplicationCommandAutocomplete) return this.#offer(scene, [])
        return this.#answers.atOnce(scene, scene.say.internalError())
      case 'suggest':
        return this.#offer(scene, await this.#choices(scene, errand))
      case 'form':
        return this.#open(scene, errand)
      case 'work': {
        const no = errand.right === null ? null : await this.#soon(this.#judge(scene, errand.right))
        if (no !== null) {
          this.#logged(scene, errand.what, 'command.refused', { why: 'not-allowed' })
          return this.#sayNo(scene, no)
        }
        const { id, person, place } = scene
        const apart = errand.apart === true ? ({ apart: true } as const) : {}
        const secret = errand.secret === true ? ({ secret: true } as const) : {}
        const body = trimmed(interaction)
        this.#to.interaction({ key: id as PromptKey, person, place, body, ...apart, ...secret })
      }
    }
  }

  async acknowledge(interaction: Interaction): Promise<boolean> {
    const { scene, errand } = this.#again(interaction)
    return this.#answers.acknowledge(scene, errand.sign)
  }

  /** The gate is asked here for good: before, it may not have been able to say in time, or an earlier life asked it. */
  async work(interaction: Interaction, memo: Memo): Promise<Reply | Shown> {
    const { scene, errand } = this.#again(interaction)
    const no = errand.right === null ? null : await this.#judge(scene, errand.right)
    if (no !== null) {
      this.#logged(scene, errand.what, 'command.refused', { why: 'not-allowed' })
      return this.#explained(scene, { text: scene.say.refusal(no), hidden: true, refused: true, refusal: no })
    }
    const began = this.#with.clock.monotonic()
    const answer = await errand.run(memo)
    const ms = Math.round(this.#with.clock.monotonic() - began)
    const isRefused = !('rendering' in answer) && answer.refused === true
    if (isRefused) this.#logged(scene, errand.what, 'command.refused', { ms, said: cut(answer.text, 200) })
    else this.#logged(scene, errand.what, 'command.done', { ms })
    return 'rendering' in answer ? answer : this.#explained(scene, answer)
  }

  /** What became of it. */
  #logged({ id, person, place }: Scene, what: string, name: string, more: object): void {
    this.#with.log.info({ interaction: id, what, by: person.id, place: place.id, ...more }, name)
  }

  answer(interaction: Interaction, answer: Reply | Shown): Promise<boolean> {
    const { scene, errand } = this.#again(interaction)
    const progress = this.#progress.get(interaction) ?? { steps: 0 }
    this.#progress.set(interaction, progress)
    return this.#answers.show(scene, errand.sign, answer, progress)
  }

  async decline(interaction: Interaction): Promise<void> {
    const { scene } = this.#again(interaction)
    try {
      await this.#answers.atOnce(scene, scene.say.inbox.full())
    } catch (error) {
      this.#with.log.warn({ interaction: scene.id, error: messageOf(error) }, 'discord.answer-late')
    }
  }

  /** What was kept, read with the words and commands of today. */
  #again({ key, body }: Interaction): { readonly scene: Scene; readonly errand: Extract<Errand, { kind: 'work' }> } {
    const interaction = body as AskedCommand
    const scene = sceneOf(interaction, this.#with)
    const errand = scene === null ? null : this.#routing.errandOf(interaction, scene)
    if (scene === null || errand?.kind !== 'work') {
      throw new Problem('bug', `The interaction ${key} was kept, but nothing here can work on it.`)
    }
    return { scene, errand }
  }

  /** Nothing may go before a form, so the gate is asked within Discord's 3 s. */
  async #open(scene: Scene, errand: Extract<Errand, { kind: 'form' }>): Promise<void> {
    const no = errand.right === null ? null : await this.#judge(scene, errand.right)
    if (no !== null) return this.#sayNo(scene, no)
    const form = await errand.open().catch((error: unknown): Reply => {
      this.#with.log.error({ interaction: scene.id, error: messageOf(error) }, 'command.failed')
      return { text: scene.say.internalError(), hidden: true }
    })
    if (!('title' in form)) {
      const { text, buttons } = await this.#explained(scene, form)
      return this.#answers.atOnce(scene, text, buttons)
    }
    await this.#answers.callback(scene, {
      type: InteractionResponseType.Modal,
      data: modalOf(errand.customId, form),
    })
  }

  async #choices(scene: Scene, errand: Extract<Errand, { kind: 'suggest' }>): Promise<readonly string[]> {
    const { clock, log, timings } = this.#with
    const over = new AbortController()
    const find = async (): Promise<readonly string[]> => {
      if ((await this.#judge(scene, errand.right)) !== null) return []
      return errand.choices()
    }
    try {
      return await Promise.race([find(), pause(clock, timings.suggestWithinMs, over.signal).then(() => [])])
    } catch (error) {
      log.warn({ interaction: scene.id, error: messageOf(error) }, 'command.suggest-failed')
      return []
    } finally {
      over.abort()
    }
  }

  async #offer(scene: Scene, choices: readonly string[]): Promise<void> {
    const fitting = choices.filter((choice) => choice !== '' && choice.length <= 100).slice(0, mostChoices)
    await this.#answers.callback(scene, {
      type: InteractionResponseType.ApplicationCommandAutocompleteResult,
      data: { choices: fitting.map((choice) => ({ name: choice, value: choice })) },
    })
  }

  /** Why the gate says no; null when it says yes. */
  async #judge(scene: Scene, right: ActionName): Promise<Refusal | null> {
    const verdict = await this.#with.desk().judge(scene.person, right, scene.place)
    return verdict.allowed ? null : verdict.refusal
  }

  async #sayNo(scene: Scene, refusal: Refusal): Promise<void> {
    const { text, buttons } = await this.#explained(scene, { text: scene.say.refusal(refusal), hidden: true, refusal })
    await this.#answers.atOnce(scene, text, buttons)
  }

  /** A no has a button that explains it. */
  async #explained({ id, person, place }: Scene, reply: Reply): Promise<Reply> {
    const { refusal, buttons = [] } = reply
    if (refusal === undefined) return reply
    return { ...reply, buttons: [...buttons, ...(await this.#with.desk().refused(person, place, id, refusal))] }
  }

  /** What the gate says, unless it cannot say in time. */
  async #soon(judging: Promise<Refusal | null>): Promise<Refusal | null> {
    const over = new AbortController()
    try {
      return await Promise.race([judging, pause(this.#with.clock, judgeWithinMs, over.signal).then(() => null)])
    } catch {
      return null
    } finally {
      over.abort()
    }
  }

  get #to(): Inbox {
    if (this.#inbox === null) throw new Problem('bug', 'An interaction came before the chat was opened.')
    return this.#inbox
  }
}
