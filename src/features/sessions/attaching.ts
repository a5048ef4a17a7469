import type { Result } from '../../core/desk.ts'
import type { Doors } from '../../core/doors.ts'
import type { MessageId, PromptKey } from '../../core/ids.ts'
import type { Person } from '../../core/person.ts'
import { composeSessionKey, type Place } from '../../core/place.ts'
import { no, yes } from '../../core/result.ts'
import { namedAs, type Session } from '../../core/session.ts'

/** Binds a place to a live session of another: `to` is its name, or its place (an id or a mention). */
export async function attach(
  { vault, gate, clock, log }: Pick<Doors, 'vault' | 'gate' | 'clock' | 'log'>,
  by: Person,
  place: Place,
  key: PromptKey,
  to: string,
): Promise<Result<Session>> {
  const own = await vault.sessionAt(composeSessionKey(place))
  if (own !== null) return no({ code: 'session-exists', name: own.name })
  const wanted = /^<#(\d+)>$/.exec(to)?.[1] ?? to
  const live = await vault.liveSessions()
  const session = namedAs(live, wanted) ?? live.find((each) => each.place.id === wanted)
  if (session === undefined || !(await gate.sees(by, session.place))) return no({ code: 'session-unknown', name: to })
  const there = await gate.judge(by, 'session.attach', session.place)
  if (!there.allowed) return no(there.refusal)
  const since = key as string as MessageId
  const at = clock.now()
  await vault.attachedPlaces.set({ key: composeSessionKey(place), place, session: session.id, by: by.id, since, at })
  await vault.saw(place.id, since)
  log.info({ session: session.id, place: place.id, by: by.id }, 'session.attached')
  return yes(session)
}
