import * as z from 'zod'
import { ownSecret, type SecretHit } from '../../core/secret-scan.ts'
import { textOf, viewOf } from '../../core/view.ts'
import type { Reaction } from '../../core/ask.ts'
import type { Result } from '../../core/desk.ts'
import type { Refusal } from '../../core/failure.ts'
import type { RunId } from '../../core/ids.ts'
import type { Person } from '../../core/person.ts'
import type { PageDoors } from './doors.ts'
import type { Guests } from './guests.ts'

/** Words for the agent. */
const reason = z.string().max(1_000)

/** What may be sent to `/page/stop`, `/page/first` and `/page/reveal`, and to `/page/answer`. */
export const runForm = z.object({ run: z.string().max(100) })
export const answerForm = z.object({
  token: z.string().max(200),
  how: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('approve'), lasting: z.boolean() }),
    z.object({ kind: z.literal('deny'), reason }),
    z.object({ kind: z.literal('choose'), option: z.int().min(0).max(99) }),
  ]),
})

/** What became of it: done, or why not, in the person's words. */
export type Acted = { readonly done: true } | { readonly done: false; readonly why: string }

/**
 * What can be done on the page. The desk does it, and asks the gate, as it does for Discord's buttons; what somebody does
 * not see does not exist for them here either.
 */
export class PageActs {
  readonly #doors: PageDoors
  readonly #guests: Pick<Guests, 'seesNow'>

  constructor(doors: PageDoors, guests: Pick<Guests, 'seesNow'>) {
    this.#doors = doors
    this.#guests = guests
  }

  /** Stops a run, or takes it out of the queue. */
  async stop(by: Person, { run }: z.infer<typeof runForm>): Promise<Acted> {
    const open = await this.#doors.journal.run(run as RunId)
    if (open === null || !(await this.#guests.seesNow(by, open.prompt.place)))
      return this.#no(by, { code: 'nothing-to-stop' })
    const stopped = await this.#doors.stopByButton(by, open.prompt.place, open.run)
    this.#doors.log.info({ person: by.id, run, done: stopped.ok }, 'page.stop')
    return this.#told(by, stopped)
  }

  /** Puts a waiting prompt first in the queue, for which whoever keeps an eye on the bot is told. */
  async first(by: Person, { run }: z.infer<typeof runForm>): Promise<Acted> {
    const { journal, promote, audit, catalogue, log } = this.#doors
    const open = await journal.run(run as RunId)
    if (open === null || !(await this.#guests.seesNow(by, open.prompt.place))) {
      return this.#no(by, { code: 'not-waiting' })
    }
    const { place, speaker } = open.prompt
    const done = await promote(by, place, open.run)
    log.info({ person: by.id, run, done: done.ok }, 'page.first')
    if (done.ok && !open.isPromoted) {
      await audit(`first:${run}`, (locale) => catalogue[locale].messages.putFirst(by.name, speaker.name, place))
    }
    return this.#told(by, done)
  }

  /** Answers an approval. */
  async answer(by: Person, { token, how }: z.infer<typeof answerForm>): Promise<Acted> {
    const looked = await this.#doors.approval(by, token)
    if (!looked.ok) return this.#no(by, looked.refusal)
    if (!(await this.#guests.seesNow(by, looked.value.prompt.place))) {
      return this.#no(by, { code: 'approval-over', why: 'unknown' })
    }
    const reaction: Reaction = how.kind === 'choose' ? { kind: 'choose', question: 0, options: [how.option] } : how
    const answered = await this.#doors.answer(by, token, reaction)
    this.#doors.log.info({ person: by.id, token, how: how.kind, done: answered.ok }, 'page.answer')
    return this.#told(by, answered)
  }

  /**
   * What was hidden in a run, for whoever wants to know whether it is real. The bot's own secrets are shown to nobody, and
   * none of it goes by Discord: only that it was looked at.
   */
  async reveal(by: Person, { run }: z.infer<typeof runForm>): Promise<{ readonly hidden: readonly SecretHit[] }> {
    const { journal, scan, audit, catalogue, clock, log } = this.#doors
    const known = await journal.run(run as RunId)
    const view = known === null ? null : viewOf(await journal.read(known.run))
    if (view === null || !(await this.#guests.seesNow(by, view.prompt.place))) return { hidden: [] }
    const texts = [view.prompt.text, textOf(view), ...view.steps.map(({ action }) => action.title)]
    const hits = texts.flatMap((text) => scan.mask(text).hits).filter(({ rule }) => rule !== ownSecret)
    const hidden = [...new Map(hits.map((hit) => [hit.value, hit])).values()]
    if (hidden.length === 0) return { hidden }
    const kinds = [...new Set(hidden.map(({ rule }) => rule))]
    log.info({ person: by.id, run, kinds }, 'page.revealed')
    await audit(`reveal:${run}:${by.id}:${clock.now()}`, (locale) =>
      catalogue[locale].messages.secretsRevealed(by.name, view.prompt.place, kinds),
    )
    return { hidden }
  }

  #told(by: Person, result: Result<unknown>): Acted {
    return result.ok ? { done: true } : this.#no(by, result.refusal)
  }

  #no({ locale }: Person, refusal: Refusal): Acted {
    // Discord's marks, which the page does not draw.
    return { done: false, why: this.#doors.catalogue[locale].refusal(refusal).replace(/[*`\\]/g, '') }
  }
}
