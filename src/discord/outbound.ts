import type { RawFile, REST } from '@discordjs/rest'
import {
  MessageFlags,
  Routes,
  type APIChannel,
  type APIMessage,
  type RESTPatchAPIChannelMessageJSONBody,
  type RESTPostAPIChannelMessageJSONBody,
} from 'discord-api-types/v10'
import type { Deed, ReadUrgency } from '../core/pace.ts'
import type { Edited, PostOptions, Removed, Rendering, Unposted } from '../core/chat.ts'
import type { EpochMs } from '../core/clock.ts'
import { messageOf, Problem } from '../core/failure.ts'
import type { MessageId, PersonId } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import type { Place } from '../core/place.ts'
import type { SecretScan } from '../core/secret-scan.ts'
import { maskedAsSeen } from './leaving.ts'
import { isKeptFromUs, isNoMore, meaningOf, type Done, type RequestQueues } from './request-queues.ts'
import { componentsOf, everyComponent, panelOf } from './components.ts'
import { isMarked } from './custom-id.ts'
import { filled } from './filled.ts'
import { bodyOf, isTextOf } from './rendering.ts'
import { afterTime } from './snowflake.ts'
import { messageLimit, split } from './split.ts'

/** Discord's clock and ours may differ by this much when an old post of ours is looked for, in milliseconds. */
const clockSlackMs = 10_000
const pageSize = 100
/** Messages are read in pages; more than this many pages are not looked at in one go. */
const mostPages = 20

/** What we say: posts, edits, typing; and what was said, read page by page. */
export class Outbound {
  readonly #rest: REST
  readonly #queues: RequestQueues
  readonly #scan: SecretScan
  readonly #log: Log
  /** Places whose last "is typing" is still on its way. */
  readonly #typing = new Set<string>()

  constructor(rest: REST, queues: RequestQueues, scan: SecretScan, log: Log) {
    this.#rest = rest
    this.#queues = queues
    this.#scan = scan
    this.#log = log
  }

  async post(place: Place, rendering: Rendering, options: PostOptions): Promise<MessageId | Unposted> {
    const { flags = 0, ...words } = wordsOf(rendering, options.mention)
    // Only what is meant to ring does; everything else arrives without a sound.
    const silent = rendering.rings ? 0 : MessageFlags.SuppressNotifications
    const body = { ...words, flags: flags | silent, ...onceAndTo(options) }
    const route = Routes.channelMessages(place.id)
    const done = await this.#write('post', place, () => this.#rest.post(route, { body, files: filesOf(rendering) }))
    if (done.ok) return (done.value as APIMessage).id as MessageId
    const no = this.#failed(done.error, place, 'post')
    return no === 'deleted' || no === 'too-old' ? 'refused' : no
  }

  async edit(place: Place, message: MessageId, rendering: Rendering): Promise<Edited> {
    const body = wordsOf(rendering, null)
    const route = Routes.channelMessage(place.id, message)
    const done = await this.#write('edit', place, () => this.#rest.patch(route, { body, files: filesOf(rendering) }))
    if (done.ok) return 'edited'
    const no = this.#failed(done.error, place, 'edit')
    return no === 'deleted' ? 'gone' : no
  }

  async remove(place: Place, message: MessageId): Promise<Removed> {
    const done = await this.#write('remove', place, () => this.#rest.delete(Routes.channelMessage(place.id, message)))
    if (done.ok) return 'removed'
    const no = this.#failed(done.error, place, 'remove')
    if (no === 'gone' || no === 'deleted') return 'removed'
    return no === 'later' ? 'later' : 'closed'
  }

  async pin(place: Place, message: MessageId): Promise<void> {
    const done = await this.#write('pin', place, () => this.#rest.put(Routes.channelMessagesPin(place.id, message)))
    // Without the permission, or with all pins of the channel in use, the message stands all the same.
    if (!done.ok) this.#log.debug({ place: place.id, error: messageOf(done.error) }, 'discord.unpinned')
  }

  async react(place: Place, message: MessageId, sign: string): Promise<boolean> {
    const route = Routes.channelMessageOwnReaction(place.id, message, encodeURIComponent(sign))
    const done = await this.#write('react', place, () => this.#rest.put(route))
    if (done.ok) return true
    if (this.#failed(done.error, place, 'react') !== 'later') return false
    throw new Problem('wire', `${message} takes no sign now: ${messageOf(done.error)}`, { cause: done.error })
  }

  async find(
    place: Place,
    self: string,
    rendering: Rendering,
    since: EpochMs,
    known: readonly MessageId[],
  ): Promise<MessageId | null | 'later'> {
    // It stands there as it left.
    const left = (text: string): string => maskedAsSeen(text, (each) => this.#scan.mask(each).text)
    const fits = (message: APIMessage): boolean =>
      message.author.id === self && !known.includes(message.id as MessageId) && isRendering(message, rendering, left)
    try {
      for await (const page of this.#pages(place, afterTime(since - clockSlackMs), 'asked')) {
        const found = page.find(fits)
        if (found !== undefined) return found.id as MessageId
      }
      return null
    } catch (error) {
      return isKeptFromUs(error) ? null : 'later'
    }
  }

  async tell(place: Place, text: string, options: PostOptions): Promise<void> {
    const whole = maskedAsSeen(text, (each) => this.#scan.mask(each).text)
    const [first] = split(whole, { limit: messageLimit, frozen: [], most: 1 })
    if (first === undefined) return
    const body: RESTPostAPIChannelMessageJSONBody = {
      content: first.drawn,
      allowed_mentions: mentioning(options.mention, false),
      flags: MessageFlags.SuppressNotifications,
      ...onceAndTo(options),
    }
    const done = await this.#write('post', place, () => this.#rest.post(Routes.channelMessages(place.id), { body }))
    if (!done.ok) this.#failed(done.error, place, 'tell')
  }

  /** Not waited for: what is typed about must not be held up by it, and nobody misses it where much is written. */
  typing(place: Place): void {
    if (this.#typing.has(place.id) || this.#queues.isResting(queueOf('post', place)) || !this.#queues.hasSpare) return
    this.#typing.add(place.id)
    this.#rest
      .post(Routes.channelTyping(place.id))
      .catch((error: unknown) => this.#log.debug({ place: place.id, error: messageOf(error) }, 'discord.typing-failed'))
      .finally(() => this.#typing.delete(place.id))
  }

  /** Messages of everybody after one, oldest first, page by page. Rejects with what REST says. */
  async *#pages(place: Place, after: string, urgency: ReadUrgency): AsyncGenerator<readonly APIMessage[]> {
    const route = Routes.channelMessages(place.id)
    for (let pages = 0, last = after; pages < mostPages; pages++) {
      const query = new URLSearchParams({ after: last, limit: String(pageSize) })
      const done = await this.#queues.read(place.id, () => this.#rest.get(route, { query }), urgency)
      if (!done.ok) throw done.error
      // Discord gives the page newest first.
      const page = (done.value as APIMessage[]).map(filled).sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
      yield page
      if (page.length < pageSize) return
      last = page.at(-1)?.id ?? last
    }
  }

  /** Messages of everybody before one, newest first, page by page. Rejects with what REST says. */
  async *pagesBefore(place: Place, before: MessageId, pages: number): AsyncGenerator<readonly APIMessage[]> {
    const route = Routes.channelMessages(place.id)
    for (let read = 0, first: string = before; read < pages; read++) {
      const query = new URLSearchParams({ before: first, limit: String(pageSize) })
      const done = await this.#queues.read(place.id, () => this.#rest.get(route, { query }))
      if (!done.ok) throw done.error
      const page = (done.value as APIMessage[]).map(filled).sort((a, b) => (BigInt(a.id) > BigInt(b.id) ? -1 : 1))
      yield page
      if (page.length < pageSize) return
      first = page.at(-1)?.id ?? first
    }
  }

  /**
   * Messages of everybody after `after`, oldest first, until `enough` says so or there are no more: then `readTo` is null.
   * Rejects with a `wire` problem; gives 'gone' for a place that is no more, 'closed' for one that we may not read.
   */
  async messagesAfter(
    place: Place,
    after: MessageId,
    urgency: ReadUrgency,
    enough: (messages: readonly APIMessage[]) => boolean,
  ): Promise<{ readonly messages: readonly APIMessage[]; readonly readTo: MessageId | null } | 'gone' | 'closed'> {
    const messages: APIMessage[] = []
    let readTo: string | null = null
    try {
      for await (const page of this.#pages(place, after, urgency)) {
        messages.push(...page)
        readTo = page.length < pageSize ? null : (page.at(-1)?.id ?? null)
        if (enough(messages)) break
      }
      return { messages, readTo: readTo as MessageId | null }
    } catch (error) {
      if (isNoMore(error)) return 'gone'
      if (isKeptFromUs(error)) return 'closed'
      throw new Problem('wire', `The messages of ${place.id} could not be read: ${messageOf(error)}`, { cause: error })
    }
  }

  /** A call in the place's queue for its kind; a sleeping thread is woken up and the call made again. */
  async #write(deed: Deed | 'pin' | 'react', place: Place, call: () => Promise<unknown>): Promise<Done<unknown>> {
    return this.#queues.run(queueOf(deed, place), async () => {
      try {
        return await call()
      } catch (error) {
        if (meaningOf(error).kind !== 'archived') throw error
        await this.#wake(place, error)
        return await call()
      }
    })
  }

  /** Unarchives a thread; rejects with the first error when people have locked it, which is meant to stay so. */
  async #wake(place: Place, archived: unknown): Promise<void> {
    const channel = (await this.#rest.get(Routes.channel(place.id))) as APIChannel
    const isLocked = 'thread_metadata' in channel && (channel.thread_metadata?.locked ?? false)
    if (isLocked) throw archived
    await this.#rest.patch(Routes.channel(place.id), { body: { archived: false } })
  }

  /** What a no means for a message of ours. */
  #failed(error: unknown, place: Place, deed: string): Unposted | 'deleted' | 'too-old' {
    const { kind } = meaningOf(error)
    const fields = { place: place.id, deed, error: messageOf(error) }
    switch (kind) {
      case 'gone':
      case 'deleted':
      case 'too-old':
        this.#log.warn(fields, 'discord.gone')
        return kind
      case 'rejected':
        this.#log.error(fields, 'discord.rejected')
        return 'refused'
      case 'closed':
      case 'archived':
      case 'expired':
        this.#log.warn(fields, 'discord.closed')
        return 'closed'
      case 'limited':
      case 'trouble':
        this.#log.warn(fields, 'discord.later')
        return 'later'
    }
  }
}

/** Posts and edits of a place do not wait for each other; two of a kind keep their order. */
function queueOf(deed: Deed | 'pin' | 'react', { id }: Place): string {
  return `${deed} ${id}`
}

/** Discord's form of a rendering, the same for a post and an edit: what is not there is taken away. */
export function wordsOf(rendering: Rendering, mention: PersonId | null): Words {
  const body = bodyOf(rendering)
  const { content, card, panel } = body
  const file = body.shown ?? body.file
  const common = {
    attachments: file === null ? [] : [{ id: '0', filename: file.name }],
    allowed_mentions: mentioning(mention, rendering.rings),
  }
  if (panel !== undefined) {
    // Nulls take away what a message of the first generation had: by an edit it becomes one of the second.
    const former = { content: null, embeds: null }
    return { ...common, ...former, flags: MessageFlags.IsComponentsV2, components: [panelOf({ ...body, panel })] }
  }
  return {
    ...common,
    content,
    embeds: card === null ? [] : [{ color: card.colour, description: card.text }],
    components: componentsOf(body),
  }
}

/** What a message is made of, for a post as well as for an edit. */
export type Words = Pick<RESTPatchAPIChannelMessageJSONBody, 'content' | 'embeds' | 'components' | 'attachments'> &
  Pick<RESTPostAPIChannelMessageJSONBody, 'allowed_mentions'> & { readonly flags?: MessageFlags }

/** Nobody is pinged but this person; the reply itself pings them only when it is to ring. */
function mentioning(person: PersonId | null, rings: boolean): RESTPostAPIChannelMessageJSONBody['allowed_mentions'] {
  return { parse: [], ...(person === null ? {} : { users: [person] }), replied_user: rings && person !== null }
}

/** What makes a repeated post give the first message instead of a second one, and the message it answers. */
function onceAndTo({ nonce, replyTo }: PostOptions): Partial<RESTPostAPIChannelMessageJSONBody> {
  const reference = replyTo === null ? {} : { message_reference: { message_id: replyTo, fail_if_not_exists: false } }
  return { nonce, enforce_nonce: true, ...reference }
}

export function filesOf(rendering: Rendering): RawFile[] {
  const { file, shown } = bodyOf(rendering)
  if (shown !== undefined) return [{ name: shown.name, data: Buffer.from(shown.content), contentType: shown.type }]
  return file === null ? [] : [{ name: file.name, data: file.text, contentType: 'text/markdown; charset=utf-8' }]
}

/** Whether a message is this rendering: by the button it carries, else by what it says. */
function isRendering(message: APIMessage, rendering: Rendering, left: (text: string) => string): boolean {
  const parts = [...everyComponent(message.components ?? [])]
  const buttons = parts.flatMap(({ custom_id }) => (typeof custom_id === 'string' ? [custom_id] : []))
  if (buttons.length > 0) return buttons.some((id) => isMarked(id, rendering.mark))
  if (!isTextOf(textOf(message, parts), { ...rendering, text: left(rendering.text) })) return false
  return rendering.text !== '' || message.embeds[0]?.description === left(bodyOf(rendering).card?.text ?? '')
}

function textOf({ content }: APIMessage, parts: readonly Readonly<Record<string, unknown>>[]): string {
  if (content !== '') return content
  return parts.flatMap((part) => (typeof part['content'] === 'string' ? [part['content']] : [])).join('\n')
}
