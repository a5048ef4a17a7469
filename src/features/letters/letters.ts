import { isConsented, refuseLetter, type LetterWish } from '../../core/chain.ts'
import type { Effect } from '../../core/effect.ts'
import type { Press } from '../../core/button.ts'
import { feature, type Feature } from '../../core/feature.ts'
import { formOf } from '../../core/form.ts'
import { isRequest, type Chain, type Letter } from '../../core/letter.ts'
import { toThem } from '../../core/reply.ts'
import { namedAs, type Session } from '../../core/session.ts'
import { refuses, textIn, type ToolAnswer, type ToolField, type ToolUse } from '../../core/tool.ts'
import { newChainId, newLetterId } from '../../system/letter-names.ts'
import { broadcast } from './broadcasting.ts'
import { answerTo, LetterDesk, written } from './desk.ts'
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
  const { vault, gate, clock, ids, letterRules, scan } = doors
  const desk = new LetterDesk(doors)
  const office = new PostOffice(doors, desk)

  async function write(kind: 'consult' | 'delegate', use: ToolUse): Promise<ToolAnswer> {
    const { run, session } = use
    const { speaker, letter: of } = run.prompt
    const name = textIn(use, 'session').trim()
    const to = namedAs(await vault.liveSessions(), name)
    if (to === null || !(await gate.sees(speaker, to.place)))
      return refuses(`there is no session called ${JSON.stringify(name)}; list_sessions names them.`)
    if (!(await gate.judgeNow(speaker, 'prompt', to.place)).allowed)
      return refuses('the person you work for may not ask that session.')
    const chain = of === undefined ? await vault.letters.begunBy(run.run) : await vault.letters.chain(of.chain)
    if (chain !== null && (await vault.tasks.task(chain.id))?.status === 'cancelled')
      return refuses('the task that this belongs to was taken back.')
    const all = chain === null ? [] : await vault.letters.ofChain(chain.id)
    const wish = { kind, from: session.id, to: to.id, parent: of?.serves ?? null, hop: (of?.hop ?? 0) + 1 }
    const lastAt = (await vault.letters.lastRequest(session.id, to.id))?.at ?? null
    const why = refuseLetter(
      wish,
      { chain, letters: all, spent: await desk.spent(all), lastAt },
      letterRules,
      clock.now(),
    )
    return why === null ? request(use, wish, to, chain, all) : refuses(why)
  }

  async function request(
    use: ToolUse,
    wish: LetterWish,
    to: Session,
    chain: Chain | null,
    all: readonly Letter[],
  ): Promise<ToolAnswer> {
    const { run, session } = use
    const at = clock.now()
    const { speaker } = run.prompt
    const { text, note } = written(use, scan)
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
      text,
      speaker,
      at,
      state: needsConsent ? 'asked' : 'waiting',
      consent: null,
    }
    const effects: Effect[] = chain === null ? [{ kind: 'chain', chain: first }] : []
    effects.push({ kind: 'letter', letter })
    if (needsConsent) {
      const panel = await desk.asksWith([letter], session)
      if ('failed' in panel) return panel
      effects.push({ kind: 'panel', panel })
    }
    const asked = needsConsent ? ' A person is asked first whether it may go.' : ''
    const told = `Asked (letter ${letter.id}, chain ${letter.chain}).${asked}${note} The answer comes as a message; end your turn if you have nothing else to do.`
    return { text: told, failed: false, effects }
  }

  async function reply(use: ToolUse): Promise<ToolAnswer> {
    const serves = use.run.prompt.letter?.serves ?? null
    let request = serves === null ? null : await vault.letters.letter(serves)
    if (serves !== null && request?.state === 'waiting') {
      await office.arrived(request, use.run.prompt.place)
      request = await vault.letters.letter(serves)
    }
    if (request === null || !isRequest(request) || request.kind === 'task')
      return refuses('no other agent waits for an answer of yours. Just say it: people read it.')
    if (request.state !== 'delivered') return refuses(`letter ${request.id} has its answer already.`)
    const { text, note } = written(use, scan)
    const answer = answerTo(request, 'reply', text, newLetterId(ids), clock.now())
    return {
      text: `Sent to ${request.from.name} (letter ${answer.id}).${note}`,
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
    return formOf(say[which], which === 'change')
  }

  return feature({
    name: 'letters',
    rights: {
      'letter.consult': 'guest',
      'letter.delegate': 'member',
      'letter.reply': 'guest',
      'letter.broadcast': 'member',
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
      {
        name: 'broadcast',
        description:
          'Tells the agents of all sessions that you could write to the same thing, at most once for each piece of work, when a person has consented. Nobody answers it. Use it only for what all of them must know; else use consult.',
        fields: { text: { ...textField, longest: 800, description: 'What all of them must know' } },
        looksOnly: false,
        right: 'letter.broadcast',
        run: (use) => broadcast(use, doors, desk),
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
