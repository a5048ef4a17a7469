import assert from 'node:assert/strict'
import type { Call, Command, OptionValue } from '../../src/core/command.ts'
import type { Feature } from '../../src/core/feature.ts'
import type { PersonId, PromptKey } from '../../src/core/ids.ts'
import { home, session } from '../locales/samples.ts'
import { languages } from './product.ts'

/** What all features say alike, in English. */
export const say = languages(home).en

/** One use of a command by alice, where the session of the samples is. */
export function call(options: Record<string, OptionValue> = {}, over: Partial<Call> = {}): Call {
  return {
    key: '1' as PromptKey,
    person: { id: '2' as PersonId, name: 'alice', locale: 'en', roles: [] },
    place: session().place,
    options: new Map(Object.entries(options)),
    say,
    memo: { read: () => null, keep: () => Promise.resolve() },
    ...over,
  }
}

/** The command of a feature that is used like this. */
export function commandOf({ commands }: Pick<Feature, 'commands'>, name: string): Command {
  const found = commands.find(({ path }) => path.join(' ') === name)
  assert.ok(found, `there is no /${name}`)
  return found
}
