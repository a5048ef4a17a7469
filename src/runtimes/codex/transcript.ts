import { globSync, lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { Conversation } from '../../core/session.ts'
import { copyWithin } from '../../system/open-within.ts'

/**
 * A conversation from before there was a box goes on in it: its transcript is copied from the CLI's own home into the box's
 * folder. That is an agent's: nothing is looked for there, where a million folders could lie, and no link is followed.
 */
export function keepTranscript({ id, transcript }: Conversation, home: string, state: string): void {
  if (!/^[\w-]+$/.test(id) || transcript?.startsWith(`${state}/`) === true) return
  for (const found of globSync(`sessions/**/*-${id}.jsonl`, { cwd: home }))
    // An agent that was not boxed could have laid a link there.
    if (lstatSync(join(home, found)).isFile()) copyWithin(join(home, found), join(state, found), state)
}
