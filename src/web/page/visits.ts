import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { Clock, EpochMs } from '../../core/clock.ts'
import type { PageGuest } from '../../core/page.ts'
import { writeAtomically } from '../../system/atomic-file.ts'

/** A link that nobody has opened by then opens nothing. */
const linkForMs = 10 * 60_000
/** Then the page asks for a new link. */
const visitForMs = 12 * 3_600_000
/** So many at once; the oldest makes room. */
const mostKept = 50

/** Somebody who has opened the page. */
export interface Visit {
  /** Its file. */
  readonly name: string
  readonly guest: PageGuest
  readonly until: EpochMs
}

/** What the browser keeps of a visit: one half as a cookie, the other where only pages of our own port can read it. */
export interface VisitKeys {
  readonly cookie: string
  readonly key: string
}

const form = z.object({ guest: z.custom<PageGuest>((value) => typeof value === 'object'), until: z.number() })

/**
 * Links and visits, as files of the data folder that are named after the hash of their secret: so the command line makes
 * links as well, a visit outlives the bot, and whoever reads the folder cannot enter.
 */
export class Visits {
  readonly #links: string
  readonly #visits: string
  readonly #clock: Clock

  constructor(dataFolder: string, clock: Clock) {
    this.#links = join(dataFolder, 'page', 'links')
    this.#visits = join(dataFolder, 'page', 'visits')
    this.#clock = clock
  }

  /** The secret of a link, which opens the page once. */
  async invite(guest: PageGuest): Promise<{ readonly secret: string; readonly until: EpochMs }> {
    const secret = fresh()
    const until = this.#clock.now() + linkForMs
    await this.#keep(this.#links, hashOf(secret), { guest, until })
    return { secret, until }
  }

  /** Uses a link up; null: there is none, it was used, or it is too old. */
  async enter(secret: string): Promise<{ readonly visit: Visit; readonly keys: VisitKeys } | null> {
    const link = await this.#read(this.#links, hashOf(secret))
    if (link === null || !(await wasThere(join(this.#links, link.name)))) return null
    const keys = { cookie: fresh(), key: fresh() }
    const name = nameOf(keys)
    const until = this.#clock.now() + visitForMs
    await this.#keep(this.#visits, name, { guest: link.guest, until })
    return { visit: { name, guest: link.guest, until }, keys }
  }

  /** Whose visit it is; null: nobody's, or it is over. */
  visit(keys: VisitKeys): Promise<Visit | null> {
    return this.#read(this.#visits, nameOf(keys))
  }

  /** Whether it goes on: it has not run out, and nobody has ended it. */
  async isOpen({ name }: Visit): Promise<boolean> {
    return (await this.#read(this.#visits, name)) !== null
  }

  async end({ name }: Visit): Promise<void> {
    await rm(join(this.#visits, name), { force: true })
  }

  async #keep(folder: string, name: string, kept: z.infer<typeof form>): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await this.#tidy(folder)
    writeAtomically(join(folder, name), JSON.stringify(kept))
  }

  async #read(folder: string, name: string): Promise<Visit | null> {
    const text = await readFile(join(folder, name), 'utf8').catch(() => 'null')
    const read = form.safeParse(parsed(text)).data
    return read === undefined || read.until <= this.#clock.now() ? null : { name, ...read }
  }

  /** Takes away what has run out, and the oldest where there are too many. */
  async #tidy(folder: string): Promise<void> {
    const names = await readdir(folder)
    const kept: { readonly name: string; readonly at: number }[] = []
    for (const name of names) {
      const at = (await stat(join(folder, name)).catch(() => null))?.mtimeMs ?? 0
      // Somebody is writing it just now.
      if (name.endsWith('.new') && at > this.#clock.now() - linkForMs) continue
      if ((await this.#read(folder, name)) === null) await rm(join(folder, name), { force: true })
      else kept.push({ name, at })
    }
    const many = kept.sort((a, b) => b.at - a.at).slice(mostKept - 1)
    for (const { name } of many) await rm(join(folder, name), { force: true })
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function fresh(): string {
  return randomBytes(32).toString('base64url')
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

/** The two halves only count together. */
function nameOf({ cookie, key }: VisitKeys): string {
  return hashOf(`${cookie}.${key}`)
}

/** Of two who take the same file away, one has. */
async function wasThere(path: string): Promise<boolean> {
  return unlink(path).then(
    () => true,
    () => false,
  )
}
