import { join } from 'node:path'
import { bundle, writeByContent } from '../tools/bundle.ts'

const within = join(import.meta.dirname, '..', 'artifacts', 'built')

/** The bots as they are published: bundled. From source, Node reads every file and strips its types at every start. */
export const built = { bot: '', bare: '' }

/** Bundles the bots. */
export async function build(): Promise<void> {
  for (const [name, source] of [
    ['bot', 'bot.ts'],
    ['bare', 'bare-bot.ts'],
  ] as const)
    built[name] = join(
      writeByContent((await bundle({ [name]: join(import.meta.dirname, source) })).files, within),
      `${name}.js`,
    )
}
