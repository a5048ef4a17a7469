import type { EpochMs } from '../core/clock.ts'
import type { Entry } from '../core/event.ts'
import type { PromptKey, RunId } from '../core/ids.ts'

interface Word {
  readonly run: RunId
  readonly at: EpochMs
  readonly key: PromptKey
}

/** Words that no line says were heard. */
export function unheardWords(entries: readonly Entry[]): readonly Word[] {
  const words = entries.flatMap(({ run, at, event }) =>
    event.type === 'steered' ? [{ run, at, key: event.steer.key, heard: event.heard }] : [],
  )
  const heard = new Set(words.filter((word) => word.heard).map(({ run, key }) => `${run} ${key}`))
  return words.filter(({ run, key }) => !heard.has(`${run} ${key}`))
}
