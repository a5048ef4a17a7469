import type { PersonId } from './ids.ts'
import { channelOf, type Place } from './place.ts'

/** How much of an agent's steps stands under an answer, from least to most. */
export const verbosities = ['quiet', 'normal', 'full'] as const
/** How much of an agent's steps stands under an answer. */
export type Verbosity = (typeof verbosities)[number]

/** For whom it was set: a thread, a channel with its threads, or a person wherever nothing is set for the place. */
export type VerbosityScope = `place:${string}` | `person:${PersonId}`

/** What was set. Part of the vault door. */
export interface Verbosities {
  /** What was set for each of these. */
  of(scopes: readonly VerbosityScope[]): Promise<ReadonlyMap<VerbosityScope, Verbosity>>
  /** Sets it in the place of what was there; null: takes it back. */
  set(scope: VerbosityScope, level: Verbosity | null): Promise<void>
}

/** Where it may be set for what a person asks in a place, what counts first first. */
export function verbosityScopes(place: Place, person: PersonId): readonly VerbosityScope[] {
  return [...new Set<VerbosityScope>([`place:${place.id}`, `place:${channelOf(place)}`, `person:${person}`])]
}

/** How much is shown, and which of these says so; null: nobody has set anything. */
export function verbosityBy(
  scopes: readonly VerbosityScope[],
  set: ReadonlyMap<VerbosityScope, Verbosity>,
): { readonly level: Verbosity; readonly by: VerbosityScope | null } {
  const by = scopes.find((scope) => set.has(scope)) ?? null
  return { level: (by === null ? undefined : set.get(by)) ?? 'normal', by }
}

/** So many steps stand under an answer while its run is at work, and when it is over. */
export function stepsShown(level: Verbosity, isOver: boolean): number {
  if (isOver) return level === 'full' ? 20 : 0
  return { quiet: 0, normal: 4, full: 12 }[level]
}
