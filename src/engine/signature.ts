import { gitPersonOf, type Identities, type Signature } from '../core/identity.ts'
import type { Person } from '../core/person.ts'
import type { Prompt } from '../core/prompt.ts'
import { reaches } from '../core/right.ts'

/** Says whose commits a turn makes. Rejects while nobody can tell. */
export type SignatureOf = (prompt: Pick<Prompt, 'speaker' | 'tier'>, coAuthors: readonly Person[]) => Promise<Signature>

/** Whose commits a turn makes: its speaker's, with those who put a word into it. */
export async function signatureFor(
  { speaker, tier }: Pick<Prompt, 'speaker' | 'tier'>,
  coAuthors: readonly Person[],
  identities: Pick<Identities, 'of'>,
): Promise<Signature> {
  const linked = await identities.of(speaker.id)
  const others = new Map(coAuthors.filter(({ id }) => id !== speaker.id).map((person) => [person.id, person]))
  return {
    author: gitPersonOf(speaker, linked),
    coAuthors: await Promise.all(
      [...others.values()].map(async (each) => gitPersonOf(each, await identities.of(each.id))),
    ),
    origins: reaches(tier, 'member') ? Object.keys(linked?.tokens ?? {}).sort() : [],
    barred: null,
  }
}
