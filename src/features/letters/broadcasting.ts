import { refuseBroadcast } from '../../core/chain.ts'
import type { Effect } from '../../core/effect.ts'
import type { Chain, Letter } from '../../core/letter.ts'
import type { Session } from '../../core/session.ts'
import { refuses, type ToolAnswer, type ToolUse } from '../../core/tool.ts'
import { newChainId, newLetterId } from '../../system/letter-names.ts'
import { written, type LetterDesk, type LetterDoors } from './desk.ts'

/**
 * One word to every session that whoever the agent works for may ask, each a letter of its own, when a person has
 * consented to all of them at once.
 */
export async function broadcast(use: ToolUse, doors: LetterDoors, desk: LetterDesk): Promise<ToolAnswer> {
  const { vault, gate, clock, letterRules, ids, scan } = doors
  const { run, session } = use
  const { speaker, letter: of } = run.prompt
  const to: Session[] = []
  for (const each of await vault.liveSessions()) {
    const isTheirs = each.id !== session.id && (await gate.sees(speaker, each.place))
    if (isTheirs && (await gate.judge(speaker, 'prompt', each.place)).allowed) to.push(each)
  }
  const chain = of === undefined ? await vault.letters.begunBy(run.run) : await vault.letters.chain(of.chain)
  if (chain !== null && (await vault.tasks.task(chain.id))?.status === 'cancelled')
    return refuses('the task that this belongs to was taken back.')
  const letters = chain === null ? [] : await vault.letters.ofChain(chain.id)
  const at = clock.now()
  const lastAt = (await vault.letters.lastBroadcast(session.id))?.at ?? null
  const hop = (of?.hop ?? 0) + 1
  const so = { chain, letters, spent: await desk.spent(letters), lastAt }
  const why = refuseBroadcast({ hop, to: to.length }, so, letterRules, at)
  const [first] = to
  if (why !== null || first === undefined) return refuses(why ?? 'there is nobody to tell it to.')
  const begins: Chain = { id: newChainId(ids), run: run.run, session: session.id, speaker, at }
  const { text: word, note } = written(use, scan)
  const letter = (each: Session): Letter => ({
    id: newLetterId(ids),
    chain: chain?.id ?? begins.id,
    kind: 'broadcast',
    from: { session: session.id, name: session.name },
    to: { session: each.id, name: each.name },
    run: run.run,
    parent: of?.serves ?? null,
    answers: null,
    hop,
    text: word,
    speaker,
    at,
    state: 'asked',
    consent: null,
  })
  const all: readonly [Letter, ...Letter[]] = [letter(first), ...to.slice(1).map(letter)]
  const panel = await desk.asksWith(all, session)
  if ('failed' in panel) return panel
  const effects: Effect[] = [
    ...(chain === null ? [{ kind: 'chain', chain: begins } as const] : []),
    ...all.map((each) => ({ kind: 'letter', letter: each }) as const),
    { kind: 'panel', panel },
  ]
  const names = to.map(({ name }) => name).join(', ')
  const text = `Asked whether it may go to ${names} (chain ${chain?.id ?? begins.id}). A person says yes or no.${note} Nobody answers it; end your turn if you have nothing else to do.`
  return { text, failed: false, effects }
}
