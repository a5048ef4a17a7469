import { createHash } from 'node:crypto'
import { buttonId } from '../../core/button.ts'
import { tokensOf } from '../../core/chain.ts'
import { cut } from '../../core/markdown.ts'
import type { Panel } from '../../core/panel.ts'
import type { DrawnButton } from '../../core/chat.ts'
import type { Doors } from '../../core/doors.ts'
import { moment } from '../../core/durations.ts'
import { harmless } from '../../core/harmless.ts'
import type { LetterId, PlaceId } from '../../core/ids.ts'
import { isRequest, letterKey, type Letter } from '../../core/letter.ts'
import type { Person } from '../../core/person.ts'
import type { Session } from '../../core/session.ts'
import type { SecretScan } from '../../core/secret-scan.ts'
import { refuses, textIn, type ToolAnswer, type ToolUse } from '../../core/tool.ts'
import { BoundedMap } from '../../system/bounded-map.ts'
import { newLetterId } from '../../system/letter-names.ts'
import { en, ko, type LetterFate } from './words.ts'

export type LetterDoors = Pick<
  Doors,
  'vault' | 'journal' | 'gate' | 'clock' | 'ids' | 'runtimes' | 'keep' | 'letterRules' | 'scan'
>

/** Of a panel that asks: Discord takes 2,000 characters, and what came of it stands there, too. */
const panelUpTo = 1_900
const messageUpTo = 2_000

/** What people are asked about letters, and what they say. */
export class LetterDesk {
  readonly #doors: LetterDoors
  /** Of letters whose runs are over: that stays. */
  readonly #spentBy = new BoundedMap<LetterId, number>(5_000)

  constructor(doors: LetterDoors) {
    this.#doors = doors
  }

  /** Tokens that the runs of these letters have used by now. */
  async spent(letters: readonly Letter[]): Promise<number> {
    let sum = 0
    for (const { id } of letters) sum += this.#spentBy.get(id) ?? (await this.#spentOn(id))
    return sum
  }

  async #spentOn(letter: LetterId): Promise<number> {
    const { journal } = this.#doors
    const run = await journal.find(letterKey(letter))
    if (run === null) return 0
    const tokens = tokensOf(await journal.read(run.run))
    if (run.state === 'over') this.#spentBy.set(letter, tokens)
    return tokens
  }

  /** The panel that asks for consent, or (`fate`) says what came of it. */
  async panelOf(all: readonly [Letter, ...Letter[]], from: Session, fate: LetterFate | null): Promise<Panel> {
    const { vault, runtimes, letterRules } = this.#doors
    const [letter] = all
    const to = await vault.session(letter.to.session)
    const letters = await vault.letters.ofChain(letter.chain)
    const before = letters.filter((each) => isRequest(each) && each.id !== letter.id && each.at <= letter.at).slice(-8)
    const { locale, id } = letter.speaker
    const say = { en, ko }[locale]
    const titleOf = ({ runtime }: Session): string => runtimes.get(runtime)?.title ?? runtime
    const text = say.asking({
      letter,
      from: titleOf(from),
      to: to === null ? '' : titleOf(to),
      names: all.map(({ to: { name } }) => name),
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
              // A broadcast is for no pair.
              ...(letter.kind === 'broadcast' ? [] : ([['pair', 'plain']] as const)),
              ['no', 'bad'],
              ['change', 'plain'],
            ] as const
          ).map(([verb, style]) => ({
            id: buttonId({ feature: 'letters', verb, argument: tokenOf(letter) }),
            label: say.buttons[verb],
            style,
          }))
    // What was decided needs no longer stand there whole.
    const whole = fate === null ? text : cut(text, messageUpTo - foot.length - 1)
    return { key: `letter:${letter.id}`, place: from.place, text: `${whole}\n${foot}`, locale, buttons, mention: id }
  }

  /** The panel that asks; a no, in words for the agent, where people could not be shown the whole of it. */
  async asksWith(all: readonly [Letter, ...Letter[]], from: Session): Promise<Panel | ToolAnswer> {
    const panel = await this.panelOf(all, from, null)
    if (panel.text.length <= panelUpTo) return panel
    return refuses('nobody could be shown the whole of it at once. Write less, with fewer lines and signs.')
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
    if (from === null) return false
    const all = await this.#together(letter)
    const panel = { kind: 'panel', panel: await this.panelOf(all, from, fate) } as const
    const { auditChannel } = letterRules
    const place = { kind: 'channel', id: auditChannel ?? ('' as PlaceId), guild: '' } as const
    const copy = { key: `audit:${all[0].id}`, place, text: panel.panel.text, replyTo: null, mention: null }
    const said = [panel, ...(auditChannel === null ? [] : [{ kind: 'note', note: copy } as const])]
    const changes = all.map(({ id }) => ({ kind: 'letter-state', letter: id, was: 'asked' }) as const)
    if (fate.kind === 'approved') {
      const { by, lasting } = fate
      const consent = { by, lasting }
      return keep([...changes.map((change) => ({ ...change, now: 'waiting', consent }) as const), ...said])
    }
    const now = fate.kind === 'denied' ? 'denied' : 'withdrawn'
    const changed = changes.map((change) => ({ ...change, now }) as const)
    if (fate.kind === 'withdrawn') return keep([...changed, ...said])
    const why =
      fate.by === null
        ? 'Nobody consented in time, so it was not sent.'
        : `A person said no (${fate.by})${fate.reason === '' ? '.' : `: ${fate.reason}`}`
    const report = answerTo(letter, 'report', why, newLetterId(ids), clock.now())
    return keep([...changed, { kind: 'letter', letter: report }, ...said])
  }

  /** What is decided at once: a letter, or all of a broadcast. The first one names them. */
  async #together(letter: Letter): Promise<readonly [Letter, ...Letter[]]> {
    if (letter.kind !== 'broadcast') return [letter]
    const all = await this.#doors.vault.letters.ofChain(letter.chain)
    const [first = letter, ...rest] = all.filter(({ kind, run }) => kind === 'broadcast' && run === letter.run)
    return [first, ...rest]
  }
}

/**
 * What an agent wants to write, as it is sent: without hidden signs, and with what looks like a secret blotted out, because
 * people are shown no secrets, and consent to what they are shown. `note`: what the agent is told of it.
 */
export function written(use: ToolUse, scan: SecretScan): { readonly text: string; readonly note: string } {
  const { text, hits } = scan.mask(harmless(textIn(use, 'text')))
  const note =
    hits.length === 0 ? '' : ' What looked like a secret in it was blotted out: say where it is kept instead.'
  return { text, note }
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
