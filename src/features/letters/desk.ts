import { createHash } from 'node:crypto'
import { buttonId } from '../../core/button.ts'
import { tokensOf } from '../../core/chain.ts'
import type { Panel } from '../../core/panel.ts'
import type { DrawnButton } from '../../core/chat.ts'
import type { Doors } from '../../core/doors.ts'
import { moment } from '../../core/durations.ts'
import type { LetterId, PlaceId } from '../../core/ids.ts'
import { isRequest, letterKey, type Letter } from '../../core/letter.ts'
import type { Person } from '../../core/person.ts'
import type { Session } from '../../core/session.ts'
import { newLetterId } from './names.ts'
import { en, ko, type LetterFate } from './words.ts'

export type LetterDoors = Pick<
  Doors,
  'vault' | 'journal' | 'gate' | 'clock' | 'ids' | 'runtimes' | 'keep' | 'letterRules'
>

/** What people are asked about letters, and what they say. */
export class LetterDesk {
  readonly #doors: LetterDoors

  constructor(doors: LetterDoors) {
    this.#doors = doors
  }

  /** Tokens that the runs of these letters have used by now. */
  async spent(letters: readonly Letter[]): Promise<number> {
    const { journal } = this.#doors
    let sum = 0
    for (const { id } of letters) {
      const run = await journal.find(letterKey(id))
      if (run !== null) sum += tokensOf(await journal.read(run.run))
    }
    return sum
  }

  /** The panel that asks for consent, or (`fate`) says what came of it. */
  async panelOf(letter: Letter, from: Session, to: Session, fate: LetterFate | null): Promise<Panel> {
    const { vault, runtimes, letterRules } = this.#doors
    const letters = await vault.letters.ofChain(letter.chain)
    const before = letters.filter((each) => isRequest(each) && each.id !== letter.id && each.at <= letter.at).slice(-8)
    const { locale, id } = letter.speaker
    const say = { en, ko }[locale]
    const titleOf = ({ runtime }: Session): string => runtimes.get(runtime)?.title ?? runtime
    const text = say.asking({
      letter,
      from: titleOf(from),
      to: titleOf(to),
      spent: await this.spent(letters),
      limits: letterRules,
      before,
    })
    const foot = fate === null ? say.until(moment(letter.at + letterRules.consentMs, 't')) : say.fate(fate)
    const buttons: readonly DrawnButton[] =
      fate !== null
        ? []
        : (
            [
              ['yes', 'good'],
              ['pair', 'plain'],
              ['no', 'bad'],
              ['change', 'plain'],
            ] as const
          ).map(([verb, style]) => ({
            id: buttonId({ feature: 'letters', verb, argument: tokenOf(letter) }),
            label: say.buttons[verb],
            style,
          }))
    return { key: `letter:${letter.id}`, place: from.place, text: `${text}\n${foot}`, locale, buttons, mention: id }
  }

  /** The letter behind a button, if this person may decide about it; a text says why not. */
  async find(by: Person, token: string): Promise<Letter | 'over' | 'not-yours'> {
    const { vault, gate, letterRules } = this.#doors
    const letter = await vault.letters.letter(token.split('.')[0] as LetterId)
    if (letter === null || tokenOf(letter) !== token) return 'over'
    const session = await vault.session(letter.from.session)
    if (session === null) return 'over'
    if (!(await gate.sees(by, session.place))) return 'not-yours'
    const { tier } = await gate.judgeNow(by, 'letter.decide', session.place)
    const isApprover = letterRules.approverRole !== null && by.roles.includes(letterRules.approverRole)
    const mayDecide = tier === 'owner' || (isApprover && tier !== 'blocked' && by.id !== letter.speaker.id)
    if (!mayDecide) return 'not-yours'
    return letter.state === 'asked' ? letter : 'over'
  }

  /** Consent, or none. False: it was decided already. */
  async decide(letter: Letter, fate: LetterFate): Promise<boolean> {
    const { vault, keep, clock, ids, letterRules } = this.#doors
    const from = await vault.session(letter.from.session)
    const to = await vault.session(letter.to.session)
    if (from === null || to === null) return false
    const panel = { kind: 'panel', panel: await this.panelOf(letter, from, to, fate) } as const
    const { auditChannel } = letterRules
    const place = { kind: 'channel', id: auditChannel ?? ('' as PlaceId), guild: '' } as const
    const copy = { key: `audit:${letter.id}`, place, text: panel.panel.text, replyTo: null, mention: null }
    const said = [panel, ...(auditChannel === null ? [] : [{ kind: 'note', note: copy } as const])]
    const change = { kind: 'letter-state', letter: letter.id, was: 'asked' } as const
    if (fate.kind === 'approved') {
      const { by, lasting } = fate
      return keep([{ ...change, now: 'waiting', consent: { by, lasting } }, ...said])
    }
    const now = fate.kind === 'denied' ? 'denied' : 'withdrawn'
    if (fate.kind === 'withdrawn') return keep([{ ...change, now }, ...said])
    const why =
      fate.by === null
        ? 'Nobody consented in time, so it was not sent.'
        : `A person said no (${fate.by})${fate.reason === '' ? '.' : `: ${fate.reason}`}`
    const report = answerTo(letter, 'report', why, newLetterId(ids), clock.now())
    return keep([{ ...change, now }, { kind: 'letter', letter: report }, ...said])
  }
}

/** An answer to a request, on its way back. */
export function answerTo(
  request: Letter,
  kind: 'reply' | 'report' | 'notice',
  text: string,
  id: LetterId,
  at: number,
): Letter {
  const { chain, from, to, run, hop, speaker } = request
  return {
    id,
    chain,
    kind,
    from: to,
    to: from,
    run,
    parent: null,
    answers: request.id,
    hop,
    text,
    speaker,
    at,
    state: 'waiting',
    consent: null,
  }
}

/** Names a letter by its exact text: a button of another database, or about another text, is good for nothing. */
function tokenOf({ id, run, text, to }: Letter): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([id, run, to.session, text]))
    .digest('base64url')
  return `${id}.${hash.slice(0, 16)}`
}
