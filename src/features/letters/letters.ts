import { isConsented, refuseLetter, type LetterWish } from '../../core/chain.ts'
import type { Effect } from '../../core/effect.ts'
import type { Press } from '../../core/button.ts'
import { feature, type Feature } from '../../core/feature.ts'
import type { Chain, Letter } from '../../core/letter.ts'
import { toThem } from '../../core/reply.ts'
import type { Session } from '../../core/session.ts'
import { refuses, textIn, type ToolAnswer, type ToolField, type ToolUse } from '../../core/tool.ts'
import { answerTo, LetterDesk } from './desk.ts'
import { newChainId, newLetterId } from './names.ts'
import { PostOffice, type PostOfficeDoors } from './post-office.ts'
import { en, ko, type LetterFate } from './words.ts'

/** A letter stands whole on the panel that people consent to. */
const letterUpTo = 1_400

/**
 * Work from agent to agent (SPEC F8): an agent writes to another session, people consent to what is handed over, and
 * whoever asked hears what came of it. A letter is a prompt like any other, with the rights of the person that the
 * chain began with.
 */
export function letters(doors: PostOfficeDoors): Feature {
  const { vault, gate, clock, ids, letterRules } = doors
  const desk = new LetterDesk(doors)
  const office = new PostOffice(doors, desk)

  async function write(kind: 'consult' | 'delegate', use: ToolUse): Promise<ToolAnswer> {
    const { run, session } = use
    const { speaker, letter: of } = run.prompt
    const name = textIn(use, 'session').trim()
    const to = (await vault.liveSessions()).find((each) => each.name === name)
    if (to === undefined || !(await gate.sees(speaker, to.place)))
      return refuses(`there is no session called ${JSON.stringify(name)}; list_sessions names them.`)
    if (!(await gate.judgeNow(speaker, 'prompt', to.place)).allowed)
      return refuses('the person you work for may not ask that session.')
    const chain = of === undefined ? await vault.letters.begunBy(run.run) : await vault.letters.chain(of.chain)
    const all = chain === null ? [] : await vault.letters.ofChain(chain.id)
    const wish = { kind, from: session.id, to: to.id, parent: of?.serves ?? null, hop: (of?.hop ?? 0) + 1 }
    const lastAt = (await vault.letters.lastRequest(session.id, to.id))?.at ?? null
    const why = refuseLetter(
      wish,
      { chain, letters: all, spent: await desk.spent(all), lastAt },
      letterRules,
      clock.now(),
    )
    return why === null ? written(use, wish, to, chain, all) : refuses(why)
  }

  async function written(
    use: ToolUse,
    wish: LetterWish,
    to: Session,
    chain: Chain | null,
    all: readonly Letter[],
  ): Promise<ToolAnswer> {
    const { run, session } = use
    const at = clock.now()
    const { speaker } = run.prompt
    const first: Chain = { id: newChainId(ids), run: run.run, session: session.id, speaker, at }
    const needsConsent = wish.kind === 'delegate' && !isConsented(wish, all)
    const letter: Letter = {
      id: newLetterId(ids),
      chain: chain?.id ?? first.id,
      kind: wish.kind,
      from: { session: session.id, name: session.name },
      to: { session: to.id, name: to.name },
      run: run.run,
      parent: wish.parent,
      answers: null,
      hop: wish.hop,
      text: harmless(textIn(use, 'text')),
      speaker,
      at,
      state: needsConsent ? 'asked' : 'waiting',
      consent: null,
    }
    const effects: Effect[] = chain === null ? [{ kind: 'chain', chain: first }] : []
    effects.push({ kind: 'letter', letter })
    if (needsConsent) effects.push({ kind: 'panel', panel: await desk.panelOf(letter, session, to, null) })
    const asked = needsConsent ? ' A person is asked first whether it may go.' : ''
    const text = `Asked (letter ${letter.id}, chain ${letter.chain}).${asked} The answer comes as a message; end your turn if you have nothing else to do.`
    return { text, failed: false, effects }
  }

  async function reply(use: ToolUse): Promise<ToolAnswer> {
    const serves = use.run.prompt.letter?.serves ?? null
    const request = serves === null ? null : await vault.letters.letter(serves)
    if (request === null) return refuses('no other agent waits for an answer of yours. Just say it: people read it.')
    if (request.state !== 'delivered') return refuses(`letter ${request.id} has its answer already.`)
    const text = harmless(textIn(use, 'text'))
    const answer = answerTo(request, 'reply', text, newLetterId(ids), clock.now())
    return {
      text: `Sent to ${request.from.name} (letter ${answer.id}).`,
      failed: false,
      effects: [
        { kind: 'letter-state', letter: request.id, was: 'delivered', now: 'closed' },
        { kind: 'letter', letter: { ...answer, run: use.run.run } },
      ],
    }
  }

  /** A button under a delegation. */
  function decides(fate: (press: Press) => LetterFate) {
    return {
      right: 'letter.decide',
      answer: 'in-place',
      async act(press: Press, say: typeof en) {
        const letter = await desk.find(press.person, press.argument)
        if (letter === 'not-yours') return { ...toThem(say.notYours), refused: true } as const
        if (letter === 'over' || !(await desk.decide(letter, fate(press))))
          return { ...toThem(say.over), refused: true } as const
        office.look()
        return toThem(say.fate(fate(press)))
      },
    } as const
  }

  const denies = decides(({ person, text }) => ({ kind: 'denied', by: person.name, reason: text }))
  const form = (which: 'deny' | 'change') => async (press: Press, say: typeof en) => {
    const letter = await desk.find(press.person, press.argument)
    if (letter === 'not-yours') return { ...toThem(say.notYours), refused: true } as const
    if (letter === 'over') return { ...toThem(say.over), refused: true } as const
    return { ...say[which], required: which === 'change' }
  }

  return feature({
    name: 'letters',
    rights: {
      'letter.consult': 'guest',
      'letter.delegate': 'member',
      'letter.reply': 'guest',
      'letter.decide': 'public',
    },
    words: { en, ko },
    commands: {},
    tools: [
      {
        name: 'consult',
        description:
          'Asks the agent of another session something that it knows better. The answer comes later as a message of its own: end your turn when you have nothing else to do. list_sessions says who is there.',
        fields: { session: sessionField, text: { ...textField, description: 'Your question, with all that it needs' } },
        looksOnly: false,
        right: 'letter.consult',
        run: (use) => write('consult', use),
      },
      {
        name: 'delegate',
        description:
          'Hands a piece of work to the agent of another session. A person is asked for consent first and sees your whole letter. What came of it comes later as a message of its own: end your turn when you have nothing else to do.',
        fields: { session: sessionField, text: { ...textField, description: 'The work, with all that it needs' } },
        looksOnly: false,
        right: 'letter.delegate',
        run: (use) => write('delegate', use),
      },
      {
        name: 'reply',
        description:
          'Answers the letter of another agent that you work on, once. Without it, your last words are sent as the answer.',
        fields: { text: { ...textField, longest: 8_000, description: 'Your answer' } },
        looksOnly: false,
        right: 'letter.reply',
        run: reply,
      },
    ],
    buttons: {
      yes: decides(({ person }) => ({ kind: 'approved', by: person.name, lasting: false })),
      pair: decides(({ person }) => ({ kind: 'approved', by: person.name, lasting: true })),
      no: { ...denies, form: form('deny') },
      change: { ...denies, form: form('change') },
    },
    async start() {
      office.start()
    },
  })
}

const sessionField: ToolField = { type: 'text', description: 'Name of the session', required: true, longest: 100 }
const textField: ToolField = { type: 'text', description: '', required: true, longest: letterUpTo }

/** What people consent to is what is sent: without characters that hide or turn around what stands there. */
function harmless(text: string): string {
  return text
    .replaceAll(/\r\n|[\r\u2028\u2029]/g, '\n')
    .replaceAll(/(?!\n)[\p{Cc}\p{Cf}]/gu, '')
    .trim()
}
