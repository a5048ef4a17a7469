import type { AttachedFile, PersonConnection } from './connection.ts'
import type { Eyes, SeenPlace } from './eyes.ts'
import type { OpenModal, Outcome, Suggestion } from './outcome.ts'
import type { ViewedComponent } from './view.ts'

/** How long an actor waits for anything unless told otherwise, ms. */
export const usualPatienceMs = 60_000

interface Dealing {
  id: string
  done: 'success' | 'failure' | 'modal' | 'choices' | null
  modal?: OpenModal
  choices?: Suggestion[]
}

/** One person's interactions with the application: asked by REST, answered by their own gateway events. */
export class Dealings {
  readonly #eyes: Eyes
  readonly #applicationId: string
  readonly #connection: () => PersonConnection
  readonly #patienceMs: number
  readonly #byNonce = new Map<string, Dealing>()
  #last = 0

  constructor(eyes: Eyes, applicationId: string, connection: () => PersonConnection, patienceMs: number) {
    this.#patienceMs = patienceMs
    this.#eyes = eyes
    this.#applicationId = applicationId
    this.#connection = connection
  }

  nextNonce(): string {
    return `${this.#eyes.id.slice(-10)}${String(++this.#last).padStart(8, '0')}`
  }

  /** Types into an option; resolves with what is offered. */
  async complete(channel: SeenPlace, data: object): Promise<Suggestion[]> {
    const nonce = this.nextNonce()
    await this.#ask(4, channel, data, nonce)
    const dealing = await this.#eyes.until(
      () => this.#settled(nonce),
      this.#patienceMs,
      () => `no autocomplete in ${channel.name}`,
    )
    this.#byNonce.delete(nonce)
    return dealing.choices ?? []
  }

  /** Runs a command, click or form; resolves with the first answer. */
  async deal(
    type: 2 | 3 | 5,
    channel: SeenPlace,
    data: object,
    clicked?: { id: string; flags: number },
    files: readonly AttachedFile[] = [],
  ): Promise<Outcome> {
    const nonce = this.nextNonce()
    const view = this.#eyes.view(channel.id)
    await this.#ask(
      type,
      channel,
      data,
      nonce,
      clicked ? { message_id: clicked.id, message_flags: clicked.flags } : {},
      files,
    )
    const dealing = await this.#eyes.until(
      () => this.#settled(nonce),
      this.#patienceMs,
      () => `no outcome of an interaction in ${channel.name}:\n${view.text()}`,
    )
    this.#byNonce.delete(nonce)
    const answer = () =>
      view.all().find((message) => message.interactionId === dealing.id && message.deletedAt === null) ??
      (clicked && view.get(clicked.id))
    const message = dealing.done === 'success' ? (answer() ?? null) : null
    return {
      id: dealing.id,
      message,
      ephemeral: message?.ephemeral === true,
      modal: dealing.modal ?? null,
      failed: dealing.done === 'failure',
      settled: async (within = this.#patienceMs) => {
        if (dealing.done === 'failure') throw new Error(`The application did not respond to ${this.#eyes.name}.`)
        const ready = () => {
          const found = answer()
          return found && !found.loading ? found : null
        }
        return this.#eyes.until(
          ready,
          within,
          () => `the answer is still "thinking" in ${channel.name}:\n${view.text()}`,
        )
      },
    }
  }

  hear(name: string, data: Record<string, unknown>): void {
    const nonce = String(data['nonce'])
    if (name === 'INTERACTION_CREATE') {
      this.#byNonce.set(nonce, { id: String(data['id']), done: null })
      return
    }
    const dealing = this.#byNonce.get(nonce)
    if (!dealing) return
    switch (name) {
      case 'INTERACTION_FAILURE':
        dealing.done = 'failure'
        return
      case 'INTERACTION_SUCCESS':
        dealing.done ??= 'success'
        return
      case 'APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE':
        dealing.done = 'choices'
        dealing.choices = data['choices'] as Suggestion[]
        return
      case 'INTERACTION_MODAL_CREATE':
        dealing.done = 'modal'
        dealing.modal = {
          id: dealing.id,
          channelId: String(data['channel_id']),
          customId: String(data['custom_id']),
          title: String(data['title']),
          components: data['components'] as ViewedComponent[],
        }
        return
      default:
    }
  }

  #settled(nonce: string): Dealing | null {
    const dealing = this.#byNonce.get(nonce)
    return dealing && dealing.done !== null ? dealing : null
  }

  async #ask(
    type: number,
    channel: SeenPlace,
    data: object,
    nonce: string,
    extra: object = {},
    files: readonly AttachedFile[] = [],
  ): Promise<void> {
    const body = {
      type,
      application_id: this.#applicationId,
      ...(channel.guildId === null ? {} : { guild_id: channel.guildId }),
      channel_id: channel.id,
      data,
      nonce,
      session_id: 'actor',
      ...extra,
    }
    await this.#connection().call('POST', '/interactions', body, files)
  }
}
