import type { Result } from './desk.ts'
import type { Refusal } from './failure.ts'
import type { Gate } from './gate.ts'
import type { MessageId, PlaceId } from './ids.ts'
import type { Journal } from './journal.ts'
import { isQueued } from './lifecycle.ts'
import type { Person } from './person.ts'
import { composeSessionKey, type Place } from './place.ts'
import { no, yes } from './result.ts'
import type { ActionName } from './right.ts'
import type { Session } from './session.ts'
import type { AttachedPlace, Vault } from './vault.ts'

/** A place with the session that its prompts go to: its own, or another's that it is attached to. */
export interface Binding {
  readonly place: Place
  readonly session: Session
  /** Null: the session is the place's own. */
  readonly attached: AttachedPlace | null
  /** Only later messages are prompts. */
  readonly since: MessageId
}

/** The one function that says which session a place talks to. A binding may hold a session that has ended: see `isOver`. */
export async function bindingAt(vault: Vault, place: Place): Promise<Binding | null> {
  const key = composeSessionKey(place)
  const own = await vault.sessionAt(key)
  if (own !== null) return { place, session: own, attached: null, since: own.since }
  const attached = await vault.attachedPlaces.at(key)
  return attached === null ? null : bindingOf(vault, attached)
}

/** The live session that a place talks to. */
export async function sessionFor(vault: Vault, place: Place): Promise<Session | null> {
  const binding = await bindingAt(vault, place)
  return binding === null || isOver(binding) ? null : binding.session
}

/** The live session that a place talks to, if the person may do that here and, when it is attached, there. */
export async function sessionAllowed(
  { gate, vault }: { readonly gate: Gate; readonly vault: Vault },
  by: Person,
  action: ActionName,
  place: Place,
): Promise<Result<Session>> {
  const verdict = await gate.judge(by, action, place)
  if (!verdict.allowed) return no(verdict.refusal)
  const binding = await bindingAt(vault, place)
  if (binding === null) return no({ code: 'no-session' })
  if (isOver(binding)) return no({ code: 'attached-ended', name: await nameFor(gate, by, binding.session) })
  if (binding.attached === null) return yes(binding.session)
  if (!(await gate.sees(by, binding.session.place))) return no({ code: 'no-session' })
  const there = await gate.judge(by, action, binding.session.place)
  return there.allowed ? yes(binding.session) : no(there.refusal)
}

/** The live session that prompts of a place go to, as far as it exists for somebody: see `Gate.sees`. */
export async function sessionSeen(
  { gate, vault }: { readonly gate: Pick<Gate, 'sees'>; readonly vault: Vault },
  by: Person,
  place: Place,
): Promise<Session | null> {
  const session = await sessionFor(vault, place)
  if (session === null || session.place.id === place.id) return session
  return (await gate.sees(by, session.place)) ? session : null
}

/** How a session is called, for somebody who can see where it is; null for whoever cannot. */
export async function nameFor(
  gate: Pick<Gate, 'sees'>,
  by: Person,
  { name, place }: Pick<Session, 'name' | 'place'>,
): Promise<string | null> {
  return (await gate.sees(by, place)) ? name : null
}

/** Why a session cannot be changed or sent on: it is at work. */
export async function busyWith({ id, name }: Session, journal: Journal): Promise<Refusal> {
  const waiting = (await journal.openOf(id)).filter(({ state }) => isQueued(state)).length
  return { code: 'session-busy', name, waiting }
}

/** Everywhere that somebody may be talking to a session. */
export async function allBindings(vault: Vault): Promise<readonly Binding[]> {
  const sessions = await vault.liveSessions()
  const own = sessions.map((session) => ({ place: session.place, session, attached: null, since: session.since }))
  const taken = new Set<PlaceId>(own.map(({ place }) => place.id))
  const others = (await vault.attachedPlaces.all()).filter(({ place }) => !taken.has(place.id))
  const bindings = await Promise.all(others.map((attached) => bindingOf(vault, attached)))
  return [...own, ...bindings.filter((binding) => binding !== null)]
}

/** Only a place that is attached can have a binding whose session has ended. */
export function isOver({ session }: Binding): boolean {
  return session.endedAt !== null
}

async function bindingOf(vault: Vault, attached: AttachedPlace): Promise<Binding | null> {
  const session = await vault.session(attached.session)
  return session === null ? null : { place: attached.place, session, attached, since: attached.since }
}
