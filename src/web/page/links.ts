import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import type { Clock } from '../../core/clock.ts'
import type { PageGuest, PageLink, PageLinks } from '../../core/page.ts'
import { writeAtomically } from '../../system/atomic-file.ts'
import { Visits } from './visits.ts'

/** Notes at which port the page is, for the command line. */
export function notePort(dataFolder: string, port: number): void {
  mkdirSync(join(dataFolder, 'page'), { recursive: true, mode: 0o700 })
  writeAtomically(join(dataFolder, 'page', 'port.json'), JSON.stringify({ port }))
}

/** The port that the bot of a data folder has noted; null: none. */
export function notedPort(dataFolder: string): number | null {
  try {
    const text = readFileSync(join(dataFolder, 'page', 'port.json'), 'utf8')
    return z.object({ port: z.int().positive() }).parse(JSON.parse(text)).port
  } catch {
    return null
  }
}

/** Links to the page at a port; it is asked for when one is made. The secret stands behind `#`: no browser sends that. */
export function pageLinks(dataFolder: string, port: () => number | null, clock: Clock): PageLinks {
  const visits = new Visits(dataFolder, clock)
  return {
    async link(guest: PageGuest): Promise<PageLink | null> {
      const at = port()
      if (at === null) return null
      const { secret, until } = await visits.invite(guest)
      return { url: `http://127.0.0.1:${at}/#enter=${secret}`, until }
    },
  }
}
