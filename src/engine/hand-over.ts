import type { RunId } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import type { Session } from '../core/session.ts'
import { textOf, viewOf, type RunView } from '../core/view.ts'

const runsRead = 8
/** Characters: enough to know what it was about, too little to cost much in every turn that follows. */
const mostInAll = 4000
const mostPrompt = 600
const mostAnswer = 1200

/**
 * What an agent has to know of a conversation that is gone: the last turns of its session, latest last. Null: there
 * were none, or the conversation is there.
 */
export async function handOverFor(journal: Journal, session: Session): Promise<string | null> {
  if (session.conversation !== null) return null
  const kept: string[] = []
  let size = 0
  for (const run of await journal.lastOf(session.id, runsRead)) {
    const turn = await turnOf(journal, run)
    if (turn === null) continue
    if (size + turn.length > mostInAll - 2) break
    kept.unshift(turn)
    size += turn.length + 2
  }
  return kept.length === 0 ? null : kept.join('\n\n')
}

async function turnOf(journal: Journal, run: RunId): Promise<string | null> {
  const view = viewOf(await journal.read(run))
  // What never reached the agent is nothing it should remember.
  if (view === null || view.startedAt === null) return null
  return `${view.prompt.speaker.name}: ${head(view.prompt.text, mostPrompt)}\nYou: ${answerOf(view)}`
}

/** The end of an answer says more about where one stands than its beginning. */
function answerOf(view: RunView): string {
  const text = textOf(view)
  const how = view.outcome?.kind === 'done' ? '' : ' (This turn did not come to its end.)'
  if (text === '') return `(nothing)${how}`
  return (text.length > mostAnswer ? `…${text.slice(1 - mostAnswer)}` : text) + how
}

function head(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}
