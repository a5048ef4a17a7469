import type { Ask } from '../core/ask.ts'
import type { Chat, Sheet, Spot } from '../core/chat.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import { pause, type Clock } from '../core/clock.ts'
import { mayAnswer } from '../core/consent.ts'
import { messageOf } from '../core/failure.ts'
import type { MessageId, PersonId, PlaceId } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import type { Locale } from '../core/person.ts'
import type { Place } from '../core/place.ts'
import { postRoles, type Approvals, type Post, type PostRole } from '../core/slip.ts'
import { backOffMs, retry } from '../system/back-off.ts'

const postBackOff = { firstMs: 1000, longestMs: 30_000 } as const

export interface ClerkTools {
  readonly chat: Chat
  readonly approvals: Approvals
  readonly clock: Clock
  readonly log: Log
  readonly checkpoint: Checkpoint
  readonly signal: AbortSignal
  /** OMC_OWNER_USER_ID: who gets what arises in a channel, in a direct message; null: nobody. */
  readonly owner: PersonId | null
  /** OMC_AUDIT_CHANNEL_ID */
  readonly auditChannel: PlaceId | null
  /** For people whose language is not known. */
  readonly locale: Locale
  /** A message of it was posted: the status card can point there now. */
  readonly posted: () => void
}

/** A message as it should stand now. */
interface Wanted {
  readonly place: Place
  readonly sheet: Sheet
  readonly replyTo: MessageId | null
  readonly mention: PersonId | null
}

type Write =
  | { readonly kind: 'post'; readonly role: PostRole; readonly wanted: Wanted }
  | { readonly kind: 'edit'; readonly post: Post; readonly message: MessageId; readonly sheet: Sheet }
  | { readonly kind: 'remove'; readonly post: Post; readonly message: MessageId }

/**
 * Puts one approval before people, and keeps its messages true until its fate stands everywhere: in the run's own
 * thread or DM; for a channel in the owner's DM, with a neutral line in the channel (SPEC F7, approval privacy).
 */
export class Clerk {
  /** Resolves when its fate stands everywhere, or the process lets go. Never rejects. */
  readonly done: Promise<void>
  readonly #ask: () => Ask
  /** A rule answers it: nobody is asked. */
  readonly #quiet: boolean
  readonly #tools: ClerkTools
  readonly #posts = new Map<PostRole, Post>()
  #changed = Promise.withResolvers<void>()
  /** The owner's direct messages, for what arises in a channel; undefined: not looked for yet. */
  #direct: Place | null | undefined

  /** `ask` gives the approval as it is at the moment. */
  constructor(ask: () => Ask, posts: readonly Post[], quiet: boolean, tools: ClerkTools) {
    this.#ask = ask
    this.#quiet = quiet
    this.#tools = tools
    for (const post of posts) this.#posts.set(post.role, post)
    this.done = this.#work()
  }

  /** Something about the approval has changed. */
  look(): void {
    this.#changed.resolve()
  }

  /** The message in the run's own place that stands for the approval. */
  spot(): Spot | null {
    const post = this.#posts.get('line') ?? this.#posts.get('ask')
    return post?.message == null || post.gone ? null : { place: post.place, message: post.message }
  }

  async #work(): Promise<void> {
    const { signal, log, clock, chat, approvals } = this.#tools
    for (let failures = 0; !signal.aborted;) {
      try {
        if (chat.state().state !== 'ready') {
          await pause(clock, 200, signal)
          continue
        }
        await this.#findDirect()
        const write = this.#next()
        if (write !== null) {
          await this.#perform(write)
          failures = 0
        } else if (this.#ask().fate.kind === 'open') {
          await this.#wait()
        } else {
          await retry(this.#tools, 'approval-closed', () => approvals.close(this.#ask().token))
          return
        }
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        log.error({ run: this.#ask().run, error: messageOf(error), failures }, 'approval.post-failed')
        await pause(clock, backOffMs(postBackOff, failures), signal)
      }
    }
  }

  /** Until something changes, or it is time to remind. */
  async #wait(): Promise<void> {
    const { clock, signal } = this.#tools
    const timer = new AbortController()
    const stop = (): void => timer.abort()
    signal.addEventListener('abort', stop, { once: true })
    const ms = this.#remindAt() - clock.now()
    await Promise.race([this.#changed.promise, pause(clock, ms > 0 ? ms : 3_600_000, timer.signal)])
    signal.removeEventListener('abort', stop)
    timer.abort()
    this.#changed = Promise.withResolvers<void>()
  }

  async #findDirect(): Promise<void> {
    if (this.#direct !== undefined) return
    const { prompt } = this.#ask()
    const { owner, chat } = this.#tools
    const before = this.#posts.get('ask')?.place
    const wanted = prompt.place.kind === 'channel' && owner !== null && !this.#quiet
    this.#direct = before ?? (wanted ? await chat.dm(owner) : null)
  }

  /** The first thing that is not yet as it should be; null: all is as it should be. */
  #next(): Write | null {
    for (const role of postRoles) {
      const post = this.#posts.get(role)
      if (post?.gone === true) continue
      const wanted = this.#wanted(role)
      if (wanted === null) {
        if (post?.message != null) return { kind: 'remove', post, message: post.message }
      } else if (post?.message == null) return { kind: 'post', role, wanted }
      else if (post.shown !== wanted.sheet.hash)
        return { kind: 'edit', post, message: post.message, sheet: wanted.sheet }
    }
    return null
  }

  #wanted(role: PostRole): Wanted | null {
    const { fate } = this.#ask()
    const isOpen = fate.kind === 'open'
    // What nobody has seen needs no word about its end.
    const stands = this.#posts.has(role) || (isOpen && !this.#quiet)
    switch (role) {
      case 'ask':
        return stands ? this.#asking() : null
      case 'line':
        return stands && this.#runPlace.kind === 'channel' ? this.#lining() : null
      case 'reminder':
        return isOpen && this.#tools.clock.now() >= this.#remindAt()
          ? this.#besideIt('reminder', this.#remindable)
          : null
      case 'note':
        return fate.kind === 'answered' && fate.by === null ? this.#besideIt('note', null) : null
      case 'audit':
        return fate.kind === 'answered' ? this.#auditing() : null
    }
  }

  #asking(): Wanted | null {
    const place = this.#runPlace.kind === 'channel' ? this.#direct : this.#runPlace
    if (place === null || place === undefined) return null
    return this.#sheet('ask', place, place.kind === 'dm' ? null : this.#ask().prompt.speaker.id)
  }

  /** It rings nobody when an owner has been rung in a direct message. */
  #lining(): Wanted {
    return this.#sheet('line', this.#runPlace, this.#hasDirect ? null : this.#remindable)
  }

  #auditing(): Wanted | null {
    const { auditChannel } = this.#tools
    // Whatever kind of channel it is: only its id is used to post there.
    return auditChannel === null ? null : this.#sheet('audit', { kind: 'channel', id: auditChannel, guild: '' }, null)
  }

  /** A reply to the approval, where it stands; to the neutral line when it stands nowhere else. */
  #besideIt(role: 'reminder' | 'note', mention: PersonId | null): Wanted | null {
    const beside = [this.#posts.get('ask'), this.#posts.get('line')].find(
      (post) => post !== undefined && post.message !== null && !post.gone,
    )
    return beside === undefined ? null : this.#sheet(role, beside.place, mention, beside.message)
  }

  #sheet(role: PostRole, place: Place, mention: PersonId | null, replyTo: MessageId | null = null): Wanted {
    const { chat, owner, locale } = this.#tools
    const ask = this.#ask()
    const inDirect = place.kind === 'dm' && this.#runPlace.kind === 'channel'
    const spokenTo = role === 'audit' ? null : inDirect ? owner : ask.prompt.speaker.id
    const language = role === 'audit' ? locale : ask.prompt.speaker.locale
    const called = inDirect ? null : mention
    const sheet = chat.drawAsk({
      ask,
      role,
      reader: spokenTo,
      locale: language,
      mention: called,
      direct: this.#hasDirect,
    })
    return { place, sheet, replyTo, mention: called }
  }

  /** What arose in a channel stands in the owner's direct messages. */
  get #hasDirect(): boolean {
    return this.#direct != null && this.#posts.get('ask')?.gone !== true
  }

  get #runPlace(): Place {
    return this.#ask().prompt.place
  }

  /** Who is called at half time: the speaker when they may answer, else the owner. */
  get #remindable(): PersonId | null {
    const { approval, prompt } = this.#ask()
    const speaker = { id: prompt.speaker.id, tier: prompt.tier }
    return mayAnswer(approval, speaker, speaker) ? speaker.id : this.#tools.owner
  }

  #remindAt(): number {
    const { askedAt, expiresAt } = this.#ask()
    return askedAt + (expiresAt - askedAt) / 2
  }

  async #perform(write: Write): Promise<void> {
    if (write.kind === 'post') return this.#post(write.role, write.wanted)
    const { chat, approvals } = this.#tools
    const { post, message } = write
    if (write.kind === 'remove') {
      if ((await chat.remove(post.place, message)) !== 'removed') return this.#later()
      await retry(this.#tools, 'approval-forgotten', () => approvals.forget(post.token, post.role))
      this.#posts.delete(post.role)
      return
    }
    const outcome = await chat.edit(post.place, message, write.sheet)
    if (outcome === 'later') return this.#later()
    if (outcome === 'edited') return this.#keep({ ...post, shown: write.sheet.hash })
    const isOpen = this.#ask().fate.kind === 'open'
    const at = this.#tools.clock.now()
    // Deleted by somebody while it is still to be answered: it is asked again, in a message of its own.
    if (outcome === 'gone' && isOpen) {
      return this.#keep({ ...post, message: null, nonce: `${post.nonce.slice(0, 20)}${at % 100_000}`, at })
    }
    await this.#keep({ ...post, gone: true })
  }

  async #post(role: PostRole, wanted: Wanted): Promise<void> {
    const { chat, clock, checkpoint } = this.#tools
    const intended = this.#posts.get(role)
    const at = clock.now()
    if (intended !== undefined && at - intended.at > chat.pace.nonceForMs) {
      // Intended long ago, by an earlier life perhaps: look before saying it again.
      const known = [...this.#posts.values()].flatMap(({ message }) => (message === null ? [] : [message]))
      const found = await chat.find(intended.place, wanted.sheet, intended.at, known)
      if (found === 'later') return this.#later()
      if (found !== null) return this.#keep({ ...intended, message: found, shown: '' })
      await this.#keep({ ...intended, at })
    }
    const { token } = this.#ask()
    const post: Post = this.#posts.get(role) ?? {
      token,
      role,
      place: wanted.place,
      nonce: role === 'ask' ? token : `${token}.${role[0]}`,
      at,
      message: null,
      shown: '',
      gone: false,
    }
    if (intended === undefined) await this.#keep(post)
    const { nonce } = post
    const posted = await chat.post(post.place, wanted.sheet, {
      nonce,
      replyTo: wanted.replyTo,
      mention: wanted.mention,
    })
    if (posted === 'later') return this.#later()
    if (posted === 'gone' || posted === 'closed' || posted === 'refused') {
      this.#tools.log.warn({ run: this.#ask().run, place: post.place.id, role }, 'approval.place-gone')
      return this.#keep({ ...post, gone: true })
    }
    if (role === 'ask') checkpoint('approval-posted')
    // A repeated nonce gives the message of an earlier life, which may show something else: then it is edited at once.
    await this.#keep({ ...post, message: posted, shown: intended === undefined ? wanted.sheet.hash : '' })
    this.#tools.posted()
  }

  async #keep(post: Post): Promise<void> {
    await retry(this.#tools, 'approval-post', () => this.#tools.approvals.keep(post))
    this.#posts.set(post.role, post)
  }

  #later(): never {
    throw new Error('Discord cannot take it now; tried again shortly')
  }
}
