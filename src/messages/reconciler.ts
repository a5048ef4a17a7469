import type { Attachments } from '../core/attachment.ts'
import { pause } from '../core/clock.ts'
import type { Panel } from '../core/panel.ts'
import type { PersonId } from '../core/ids.ts'
import { ownerKind, ownerName, type Owner, type Posting } from '../core/message.ts'
import type { Note } from '../core/note.ts'
import type { Locale } from '../core/person.ts'
import type { Catalogue } from '../core/phrases.ts'
import type { Place, Whereabouts } from '../core/place.ts'
import { retry } from '../system/back-off.ts'
import { background } from '../system/background.ts'
import { PanelSubject } from './panel.ts'
import { tellClosed } from './closed.ts'
import { Keeper, type KeeperTools } from './keeper.ts'
import { nonceOf } from './nonce.ts'
import { NoteSubject } from './note.ts'
import { Throttle } from './throttle.ts'
import type { MessageSource } from './source.ts'
import type { WriterTools } from './writer.ts'

export interface ReconcilerTools extends WriterTools {
  readonly catalogue: Catalogue
  readonly attachments: Attachments
  /** Who is told what nobody else can be: OMC_OWNER_USER_ID; null: nobody. */
  readonly owner: PersonId | null
  /** For people whose language is not known. */
  readonly locale: Locale
}

/** How often it is looked whether Discord can be written to again. */
const readyEveryMs = 200

/** Makes Discord show what should stand there: one keeper for each owner about whom not all is said. */
export class Reconciler {
  readonly #tools: ReconcilerTools
  readonly #throttle: Throttle
  readonly #keepers = new Map<Owner, Keeper>()
  /** What each panel that is being shown says now. */
  readonly #panels = new Map<Owner, Panel>()
  #ready: Promise<void> | null = null

  constructor(tools: ReconcilerTools) {
    this.#tools = tools
    this.#throttle = new Throttle({ ...tools, pace: tools.chat.pace })
  }

  async say(note: Note): Promise<void> {
    const { postings } = this.#tools
    const owner = `note:${note.key}` as const
    const isNew = await postings.note(note, nonceOf(owner, 'note'))
    // It may have been kept with something else, in one transaction, and is taken up now.
    if (isNew || this.keeperOf(owner) === null) await this.keep(this.#noteSubject(note))
  }

  /** Shows a panel that was kept, or what it says now. */
  async show(key: string): Promise<void> {
    const panel = await retry(this.#tools, 'panel', () => this.#tools.postings.panel(key))
    if (panel === null) return
    const owner = `panel:${key}` as const
    this.#panels.set(owner, panel)
    const keeper = this.keeperOf(owner)
    if (keeper !== null) return keeper.look()
    await this.keep(new PanelSubject(() => this.#panels.get(owner) ?? panel, this.#tools))
  }

  /** Goes on with the notes and panels that an earlier life left unsaid. */
  async resumeNotes(): Promise<void> {
    const { postings } = this.#tools
    for (const owner of await postings.unsettled()) {
      if (ownerKind(owner) === 'panel') await this.show(ownerName(owner))
      if (ownerKind(owner) !== 'note') continue
      const note = await postings.noted(ownerName(owner))
      if (note === null) await postings.settled(owner)
      else await this.keep(this.#noteSubject(note))
    }
  }

  /** Takes a subject up, or looks at it again. */
  async keep(subject: MessageSource): Promise<Keeper> {
    const { owner } = subject
    const known = this.#keepers.get(owner)
    // The last word about an earlier one is said first.
    if (known !== undefined && known.subject !== subject) {
      await known.done
      return this.keep(subject)
    }
    const postings =
      known === undefined ? await retry(this.#tools, 'messages', () => this.#tools.postings.of(owner)) : []
    const keeper = this.#keepers.get(owner)
    if (keeper === undefined) return this.#add(new Keeper(subject, postings, this.#keeperTools()))
    keeper.look()
    return keeper
  }

  #add(keeper: Keeper): Keeper {
    const { owner, done } = keeper
    this.#keepers.set(owner, keeper)
    const forget = (): void => {
      if (this.#keepers.get(owner) !== keeper) return
      this.#keepers.delete(owner)
      this.#panels.delete(owner)
    }
    background(done.then(forget), this.#tools.log, 'message keeper')
    return keeper
  }

  keeperOf(owner: Owner): Keeper | null {
    return this.#keepers.get(owner) ?? null
  }

  /** Everything may have changed. */
  look(): void {
    for (const keeper of this.#keepers.values()) keeper.look()
  }

  placeChanged(where: Whereabouts): void {
    for (const keeper of this.#keepers.values()) {
      if (keeper.postings.some(({ place }) => isAt(place, where))) keeper.retry()
    }
  }

  /** Messages that their places do not take now. */
  get closed(): number {
    return [...this.#keepers.values()].filter(({ closed }) => closed !== null).length
  }

  /** Resolves when everything about these owners is said, or after `ms`. */
  async settles(owners: readonly Owner[], ms: number): Promise<void> {
    const { clock, signal } = this.#tools
    const keepers = owners.flatMap((owner) => this.#keepers.get(owner) ?? [])
    await Promise.race([Promise.all(keepers.map(({ done }) => done)), pause(clock, ms, signal)])
  }

  /** Resolves when nothing is written any more (the signal has fired). */
  async close(): Promise<void> {
    this.look()
    await Promise.all([...this.#keepers.values()].map(({ done }) => done))
  }

  #keeperTools(): KeeperTools {
    return {
      ...this.#tools,
      throttle: this.#throttle,
      ready: () => this.#untilReady(),
      tell: (subject, posting) => this.#tell(subject, posting),
    }
  }

  async #tell(subject: MessageSource, posting: Posting): Promise<void> {
    const { log } = this.#tools
    log.warn({ owner: subject.owner, place: posting.place.id }, 'message.place-stays-closed')
    // One word for all that has waited there since.
    const since = [...this.#keepers.values()].flatMap(({ closed }) =>
      closed !== null && closed.place.id === posting.place.id ? (closed.closedSince ?? []) : [],
    )
    const first = Math.min(...since)
    const tools = { ...this.#tools, say: (note: Note) => this.say(note) }
    const concern = subject.concern(this.#keepers.get(subject.owner)?.postings ?? [], posting)
    await tellClosed(posting.place, first, concern, tools)
  }

  #noteSubject(note: Note): NoteSubject {
    const { chat, locale, attachments } = this.#tools
    return new NoteSubject(note, { chat, locale, attachments, say: (other) => this.say(other) })
  }

  #untilReady(): Promise<void> {
    const { chat } = this.#tools
    if (chat.state().state === 'ready') return Promise.resolve()
    return (this.#ready ??= this.#becomesReady())
  }

  async #becomesReady(): Promise<void> {
    const { chat, clock, signal } = this.#tools
    while (chat.state().state !== 'ready' && !signal.aborted) await pause(clock, readyEveryMs, signal)
    this.#ready = null
  }
}

function isAt(place: Place, where: Whereabouts): boolean {
  if ('guild' in where) return place.kind !== 'dm' && place.guild === where.guild
  return place.id === where.place || (place.kind === 'thread' && place.channel === where.place)
}
