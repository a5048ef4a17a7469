import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'artifacts', 'bench')

/** The bots as JavaScript: what a published package runs. From source, Node strips the types at every start. */
export const built = { bot: join(folder, 'bench', 'bot.js'), bare: join(folder, 'bench', 'bare-bot.js') } as const

/** Builds the bots. A type error elsewhere does not keep them from being measured; a missing file does. */
export function build(): void {
  mkdirSync(folder, { recursive: true })
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', join(import.meta.dirname, 'tsconfig.json')], {
    encoding: 'utf8',
  })
  if (!existsSync(built.bot) || !existsSync(built.bare)) throw new Error(`The bot could not be built:\n${stdout}`)
  // The bot reads its version from beside its folder, and Node its module type.
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'))
}
