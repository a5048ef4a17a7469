import type { Command } from '../core/command.ts'
import type { CommandWords } from '../core/phrases.ts'
import type { ActionName } from '../core/right.ts'

/** A command whose words still stand in the catalogue. */
export interface PhrasedCommand extends Omit<Command, 'text' | 'right'> {
  readonly words: keyof CommandWords
  readonly action: ActionName
}
