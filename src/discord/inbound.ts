import type { REST } from '@discordjs/rest'
import {
  Routes,
  MessageReferenceType,
  MessageType,
  type APIMessage,
  type GatewayMessageCreateDispatchData,
  type GatewayMessageUpdateDispatchData,
  type GatewayTypingStartDispatchData,
} from 'discord-api-types/v10'
import type { ChatMessage, History, Inbox, Recollection } from '../core/chat.ts'
import { pause, type Clock } from '../core/clock.ts'
import { messageOf, Problem } from '../core/failure.ts'
import type { MessageId, PersonId } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import type { ReadUrgency } from '../core/pace.ts'
import type { Place } from '../core/place.ts'
import type { Remark } from '../core/prompt.ts'
import type { QuotedAuthor, QuotedMessage } from '../core/quotation.ts'
import { backOffMs } from '../system/back-off.ts'
import { background } from '../system/background.ts'
import { BoundedMap } from '../system/bounded-map.ts'
import { filled } from './filled.ts'
import { givenFiles, quotedMessage, quotesOf } from './quoted.ts'
import type { ChannelCache } from './channel-cache.ts'
import { isKeptFromUs, isNoMore, type RequestQueues } from './request-queues.ts'
import type { Membership } from './membership.ts'
import type { Openings } from './openings.ts'
import type { Outbound } from './outbound.ts'
import type { MemberFacts, People } from './people.ts'
import { timeOf } from './snowflake.ts'
import { spelled } from './spelled.ts'

/** A history read stops after this many messages of people; the caller asks again behind them. */
const enoughMessages = 300
/** So far back is looked for what an agent may know of a channel, in pages of a hundred messages. */
const pagesToRecall = 5
/** Roles decide whose words reach an agent; this old they may be, in milliseconds, where nobody asks for anything. */
const membershipForMs = 60_000
const mostMembers = 1_000
const placeBackOff = { firstMs: 500, longestMs: 30_000 } as const

export interface InboundOptions {
  readonly rest: REST
  readonly queues: RequestQueues
  readonly channelCache: ChannelCache
  readonly people: People
  readonly outbound: Outbound
  readonly openings: Openings
  readonly membership: Membership
  readonly clock: Clock
  readonly log: Log
  /** Ends it. */
  readonly signal: AbortSignal
}

/** What people write, as it comes in and as it is read back. */
export class Inbound {
  readonly #with: InboundOptions
  readonly #asked = new Map<string, Promise<Place | null>>()
  /** Who was asked about for what they had said earlier. */
  readonly #members = new BoundedMap<string, { readonly facts: MemberFacts | null; readonly at: number }>(mostMembers)

  constructor(options: InboundOptions) {
    this.#with = options
  }

  /** Passes a new message on, when it is a person's. */
  message(message: GatewayMessageCreateDispatchData, self: string, inbox: Inbox): void {
    this.#pass(message, self, (heard) => inbox.message(heard))
  }

  /** Somebody types; where the place is not known yet, nobody has to know of it. In direct messages Discord names nobody. */
  typing(
    { channel_id: channel, guild_id: guild, user_id: user, member }: GatewayTypingStartDispatchData,
    inbox: Inbox,
  ): void {
    const { channelCache, people } = this.#with
    const place = guild === undefined ? dmOf(channel) : channelCache.known(channel)
    const who = member?.user ?? { id: user, username: '', global_name: null }
    if (place === undefined || member?.user.bot === true) return
    inbox.typing(place, people.person(who, member ?? null, channelCache.localeOf(guild)))
  }

  /** The same for an edit. Discord sends one also when it has found out what a link shows: nobody edited then. */
  edited(message: GatewayMessageUpdateDispatchData, self: string, inbox: Inbox): void {
    const { edited_timestamp: moment } = message
    if (moment == null) return
    this.#pass(message, self, (heard) => inbox.edited(asEdited(heard, message), moment))
  }

  /** A person's message as it is now. Rejects when it cannot be read. */
  async reread(place: Place, id: MessageId, self: string): Promise<ChatMessage | 'gone' | 'closed'> {
    const { rest, queues, people, channelCache } = this.#with
    const done = await queues.read(place.id, () => rest.get(Routes.channelMessage(place.id, id)))
    if (!done.ok) {
      if (isNoMore(done.error)) return 'gone'
      if (isKeptFromUs(done.error)) return 'closed'
      throw new Problem('wire', `The message ${id} could not be read: ${messageOf(done.error)}`, { cause: done.error })
    }
    const message = filled(done.value as APIMessage)
    const guild = place.kind === 'dm' ? undefined : place.guild
    const facts = guild === undefined ? null : await this.#member(guild, message.author.id)
    const person = people.person(message.author, facts, channelCache.localeOf(guild))
    return asEdited(this.#chatMessage(message, place, person, self), message)
  }

  #pass(told: GatewayMessageCreateDispatchData, self: string, deliver: (heard: ChatMessage) => void): void {
    // Most of all that is told is what we write ourselves.
    if (told.author.id === self) return
    const message = filled(told)
    if (!isPersons(message, self)) return
    const { channelCache, people, log } = this.#with
    const pass = (place: Place | null): void => {
      if (place === null) {
        log.warn({ channel: message.channel_id, message: message.id }, 'discord.place-unknown')
        return
      }
      const author = people.person(message.author, message.member ?? null, channelCache.localeOf(message.guild_id))
      deliver(this.#chatMessage(message, place, author, self))
    }
    const known = message.guild_id === undefined ? dmOf(message.channel_id) : channelCache.known(message.channel_id)
    // Who somebody is in one server says nothing in another's place.
    if (known !== undefined && known.kind !== 'dm' && known.guild !== message.guild_id) return pass(null)
    // Known places are passed on at once, so that messages keep their order.
    if (known !== undefined) pass(known)
    else background(this.#place(message.channel_id).then(pass), log, 'discord.place')
  }

  /** The place of a channel that is not known yet: one answer for all that waits for it, in order. */
  #place(channel: string): Promise<Place | null> {
    const asked = this.#asked.get(channel) ?? this.#ask(channel).finally(() => this.#asked.delete(channel))
    this.#asked.set(channel, asked)
    return asked
  }

  /** Asked for until Discord can say: what was written there must not be lost. */
  async #ask(channel: string): Promise<Place | null> {
    const { channelCache, clock, log, signal } = this.#with
    for (let failures = 1; ; failures++) {
      try {
        return await channelCache.place(channel)
      } catch (error) {
        if (signal.aborted) throw error
        log.warn({ channel, error: messageOf(error) }, 'discord.place-unread')
        await pause(clock, backOffMs(placeBackOff, failures), signal)
      }
    }
  }

  /** People's messages after one, oldest first. Rejects when they cannot be read now. */
  async history(
    place: Place,
    after: MessageId,
    urgency: ReadUrgency,
    self: string,
  ): Promise<History | 'gone' | 'closed'> {
    const { outbound, people, channelCache } = this.#with
    const found = await outbound.messagesAfter(
      place,
      after,
      urgency,
      (read) => read.filter((message) => isPersons(message, self)).length >= enoughMessages,
    )
    if (typeof found === 'string') return found
    const guild = place.kind === 'dm' ? null : place.guild
    const members = new Map<string, MemberFacts | null>()
    const heard: ChatMessage[] = []
    for (const message of found.messages.filter((each) => isPersons(each, self))) {
      const { author } = message
      // Read messages come without the member, whose roles decide what the person may do.
      if (guild !== null && !members.has(author.id)) members.set(author.id, await this.#member(guild, author.id))
      const person = people.person(author, members.get(author.id) ?? null, channelCache.localeOf(guild ?? undefined))
      heard.push(this.#chatMessage(message, place, person, self))
    }
    return { messages: heard, readTo: found.readTo }
  }

  /** What was said in a place before a message and may be known, oldest first: see `Chat.recent`. */
  async recent(place: Place, before: MessageId, wish: Recollection, self: string): Promise<readonly Remark[]> {
    const remarks: Remark[] = []
    const admitted = new Map<string, Promise<boolean>>()
    try {
      for await (const page of this.#with.outbound.pagesBefore(place, before, pagesToRecall)) {
        for (const message of page) {
          const remark = await this.#remark(message, place, wish, self, admitted)
          if (remark !== null && remarks.push(remark) === wish.most) return remarks.reverse()
        }
      }
      return remarks.reverse()
    } catch (error) {
      if (isKeptFromUs(error)) return []
      throw new Problem('wire', `What was said in ${place.id} could not be read: ${messageOf(error)}`, { cause: error })
    }
  }

  async #remark(
    message: APIMessage,
    place: Place,
    wish: Recollection,
    self: string,
    admitted: Map<string, Promise<boolean>>,
  ): Promise<Remark | null> {
    const { channelCache, people } = this.#with
    const { author } = message
    if (author.id === self) {
      // A pinned message of ours is a board: it is about runs, not said to anybody.
      const isSaid = isWritten(message) && message.content !== '' && !message.pinned
      return isSaid ? { speaker: author.username, own: true, text: message.content } : null
    }
    if (!isPersons(message, self) || !(wish.bystanders || isTo(message, self, channelCache))) return null
    const guild = place.kind === 'dm' ? undefined : place.guild
    const person = people.person(author, await this.#memberOnce(guild, author.id), channelCache.localeOf(guild))
    const { text } = this.#chatMessage(message, place, person, self)
    if (text.trim() === '') return null
    const mayBe = admitted.get(author.id) ?? wish.admits(person)
    admitted.set(author.id, mayBe)
    return (await mayBe) ? { speaker: person.name, own: false, text } : null
  }

  /** A person's membership, at most some minutes old. */
  async #memberOnce(guild: string | undefined, user: string): Promise<MemberFacts | null> {
    if (guild === undefined) return null
    const key = `${guild}:${user}`
    const known = this.#members.get(key)
    const now = this.#with.clock.now()
    if (known !== undefined && now - known.at < membershipForMs) return known.facts
    const facts = await this.#member(guild, user)
    this.#members.set(key, { facts, at: now })
    return facts
  }

  #chatMessage(message: APIMessage, place: Place, author: ChatMessage['author'], self: string): ChatMessage {
    const { channelCache } = this.#with
    const isMine = (id: string): boolean => id === self || channelCache.isBotRole(id)
    const addressed = isTo(message, self, channelCache)
    return {
      id: message.id as MessageId,
      place,
      author,
      text: spelled(
        message.content.replace(/^\s*<@[!&]?(\d+)>\s*/, (mention, id: string) => (isMine(id) ? '' : mention)),
        message.mentions,
      ),
      addressed,
      aside: message.type === MessageType.Reply && !addressed,
      files: givenFiles(message),
      quotes: quotesOf(
        message,
        (answered) => this.#quotedAuthor(answered, self),
        (answered) => isTo(answered, self, channelCache),
      ),
      at: timeOf(message.id),
    }
  }

  /** Whose words a message quotes. Their roles are read when it is decided whether these may go on. */
  #quotedAuthor({ author, webhook_id: webhook }: APIMessage, self: string): QuotedAuthor {
    const { people } = this.#with
    if (author.id === self) return { kind: 'bot', name: author.username }
    const person = people.person(author, null, undefined)
    const isApp = author.bot === true || author.system === true || webhook !== undefined
    return isApp ? { kind: 'app', name: person.name } : { kind: 'person', person }
  }

  /** The message or post that a thread hangs on. */
  async opening(place: Place, self: string): Promise<QuotedMessage | null> {
    const message = await this.#with.openings.of(place)
    if (message === null) return null
    return quotedMessage(
      'opening',
      message,
      this.#quotedAuthor(message, self),
      isTo(message, self, this.#with.channelCache),
    )
  }

  /** A person's membership; null when they are no longer there, or not for us. Rejects when it cannot be read. */
  async #member(guild: string, user: string): Promise<MemberFacts | null> {
    try {
      return await this.#with.membership.member(guild, user as PersonId)
    } catch (error) {
      if (error instanceof Problem && isKeptFromUs(error.cause)) return null
      throw error
    }
  }
}

function dmOf(channel: string): Place {
  return { kind: 'dm', id: channel as Place['id'] }
}

/** What a reply answers may be left out of an edit, or be gone by now: what was said to us stays said to us. */
function asEdited(heard: ChatMessage, { type, referenced_message: answered }: APIMessage): ChatMessage {
  return type === MessageType.Reply && answered == null ? { ...heard, addressed: true, aside: false } : heard
}

/** Whether a message mentions the bot or replies to it. */
function isTo(message: APIMessage, self: string, channelCache: ChannelCache): boolean {
  return (
    message.mentions.some((user) => user.id === self) ||
    // Not `mention_roles`: Discord leaves out roles that people may not mention, as the bot's own usually is.
    Array.from(message.content.matchAll(/<@&(\d+)>/g)).some(([, role]) => channelCache.isBotRole(role ?? '')) ||
    (message.message_reference?.type !== MessageReferenceType.Forward && message.referenced_message?.author.id === self)
  )
}

/** Whether a person wrote this: no bot, no webhook, none of Discord's own notes. */
function isPersons(message: APIMessage, self: string): boolean {
  const { author } = message
  if (author.id === self || author.bot === true || author.system === true || message.webhook_id !== undefined)
    return false
  return isWritten(message)
}

/** Whether somebody wrote it: the other types are Discord's own notes. */
function isWritten({ type }: APIMessage): boolean {
  return [MessageType.Default, MessageType.Reply, MessageType.ChatInputCommand].includes(type)
}
