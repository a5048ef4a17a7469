import type { Result } from '../../core/desk.ts'
import type { Doors } from '../../core/doors.ts'
import type { PromptKey } from '../../core/ids.ts'
import type { Journal } from '../../core/journal.ts'
import type { Person } from '../../core/person.ts'
import type { Place } from '../../core/place.ts'
import { no, yes } from '../../core/result.ts'
import type { Session } from '../../core/session.ts'
import { busyWith, sessionAllowed } from '../../core/session-lookup.ts'
import { viewOf } from '../../core/view.ts'

/** What the agent is told; it knows from its own conversation where it was. */
const goOn = 'You were interrupted. Go on from where you stopped; begin by checking what is already done.'

/** Runs that were refused or taken back before they began are passed over: so many, to find one that had. */
const looksBack = 10

/** Asks the session to go on where it was stopped, failed or lost. The same key again starts nothing. */
export async function resume(
  doors: Pick<Doors, 'journal' | 'vault' | 'gate' | 'ask'>,
  by: Person,
  place: Place,
  key: PromptKey,
): Promise<Result<Session>> {
  const { journal, ask } = doors
  const found = await sessionAllowed(doors, by, 'session.resume', place)
  if (!found.ok) return found
  const session = found.value
  if ((await journal.find(key)) === null) {
    if ((await journal.openOf(session.id)).length > 0) return no(await busyWith(session, journal))
    if (!(await wasInterrupted(session, journal))) return no({ code: 'nothing-to-resume', name: session.name })
  }
  const asked = await ask({ key, place, speaker: by, text: goOn, message: null })
  return asked.kind === 'refused' ? no(asked.refusal) : yes(session)
}

/** Whether the latest run that the agent ever heard of came to no end of its own. */
async function wasInterrupted({ id }: Session, journal: Journal): Promise<boolean> {
  for (const run of await journal.lastOf(id, looksBack)) {
    const view = viewOf(await journal.read(run))
    if (view !== null && view.startedAt !== null) return view.outcome?.kind !== 'done'
  }
  return false
}
