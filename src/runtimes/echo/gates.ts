import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** How often a closed gate is looked at. */
const lookMs = 20

/** A gate is a file that somebody else makes: it outlives whoever waits for the answer, and opens by no clock. */
export async function opened(folder: string, gate: string, stopped: AbortSignal): Promise<void> {
  const key = join(folder, gate)
  while (!existsSync(key)) await delay(lookMs, undefined, { signal: stopped })
}
