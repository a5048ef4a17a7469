import type { Clock } from '../core/clock.ts'
import type { Finding, Found } from '../core/finding.ts'
import type { InboxPhrases } from '../core/inbox-phrases.ts'
import type { Outbox } from '../core/message.ts'
import type { Locale } from '../core/person.ts'
import type { Catalogue } from '../core/phrases.ts'
import type { Place } from '../core/place.ts'
import type { Vault } from '../core/vault.ts'

/** Who is told of findings, and of which. */
export interface Audience {
  /** What was told is kept under it; '' for those of earlier versions. */
  readonly name: string
  concerns(found: Finding): boolean
  /** Where, and what tells one place from another. */
  places(): Promise<readonly { readonly key: string; readonly place: Place }[]>
  told(say: InboxPhrases, found: Found): string
  /** `all`: nothing else that concerns them stands. */
  over(say: InboxPhrases, text: string, all: boolean): string
}

export interface FindingPostTools {
  readonly vault: Pick<Vault, 'reached' | 'reach' | 'saidAt' | 'once'>
  readonly outbox: Pick<Outbox, 'say'>
  readonly clock: Clock
  readonly catalogue: Catalogue
  readonly locale: Locale
  readonly audience: Audience
}

/** What comes and goes is told of once in this time; what stays, again after four of them. */
const quietForMs = 6 * 3_600_000

/**
 * Tells an audience of what is not as it should be, once, and when that is over: also when it was an earlier life that
 * had told of it. Each may be called at every look.
 */
export class FindingPost {
  readonly #tools: FindingPostTools

  constructor(tools: FindingPostTools) {
    this.#tools = tools
  }

  concerns(found: Finding): boolean {
    // Trouble of the store has its own watch: it cannot be kept there to be said.
    return found.id !== 'store' && this.#tools.audience.concerns(found)
  }

  async tell(found: Found): Promise<void> {
    const { vault, clock, audience } = this.#tools
    const now = clock.now()
    const mark = this.#mark(found.id)
    const { stage = 0 } = found
    const toldAt = await vault.reached(mark)
    const isNews = stage > (await vault.reached(`${mark}:stage`))
    if (toldAt > 0 && !isNews && now - toldAt < 4 * quietForMs) return
    // The same key when it is told again after a death; the time before counts as well, or what comes back at its end
    // would be told twice in a minute.
    const nth = Math.floor(now / quietForMs)
    const [key = '', before = ''] = [nth, nth - 1].map((of) => `${mark}:${stage === 0 ? '' : `${stage}:`}${of}`)
    for (const each of [key, before]) {
      const saidAt = await vault.saidAt(each)
      if (saidAt !== null && now - saidAt < quietForMs) return
    }
    await this.#say(key, (say) => audience.told(say, found))
    await vault.once(key, now)
    await vault.reach(`${mark}:stage`, stage)
    await vault.reach(mark, now)
  }

  /** `text`: how it is now, or what it was. `all`: nothing else that concerns them stands. */
  async over(id: string, text: string, all: boolean): Promise<void> {
    const { vault, audience } = this.#tools
    const toldAt = await vault.reached(this.#mark(id))
    if (toldAt === 0) return
    await this.#say(`finding-over:${audience.name}${id}:${toldAt}`, (say) => audience.over(say, text, all))
    await vault.reach(`${this.#mark(id)}:stage`, 0)
    await vault.reach(this.#mark(id), 0)
  }

  async #say(key: string, words: (say: InboxPhrases) => string): Promise<void> {
    const { outbox, locale, catalogue, audience } = this.#tools
    for (const { key: whose, place } of await audience.places()) {
      const text = words(catalogue[locale].inbox)
      await outbox.say({ key: `${key}:${whose}`, place, text, replyTo: null, mention: null })
    }
  }

  /** When it was told of; 0: it is over. */
  #mark(id: string): string {
    return `finding:${this.#tools.audience.name}${id}`
  }
}
