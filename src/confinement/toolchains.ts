import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fine, type Finding } from '../core/finding.ts'

/** Where toolchains lie in somebody's home: what programs need to run, and nothing that may hold a login. */
const usual =
  '.nvm .rustup .cargo/bin .pyenv .sdkman .rbenv .volta .asdf .local/share/mise .bun/bin .deno/bin go/bin'.split(' ')

export interface ToolchainOptions {
  /** The operator's home. */
  readonly home: string
  /** OMC_BOX_PATHS */
  readonly shared: readonly string[]
  readonly isThere?: (path: string) => boolean
}

/**
 * Toolchains that agents do not see in their boxes, with the setting that lets them. Nothing of a home is let in unasked:
 * only the operator knows what lies in there. Who has named some has chosen.
 */
export function toolchainFinding({ home, shared, isThere = existsSync }: ToolchainOptions): Finding {
  const id = 'box.toolchains'
  const found = usual.filter((name) => isThere(join(home, name)))
  const hidden = found.filter((name) => !shared.some((path) => `${join(home, name)}/`.startsWith(`${path}/`)))
  if (hidden.length === 0)
    return fine(id, found.length === 0 ? 'There are no toolchains in your home.' : 'Agents see your toolchains.')
  const names = hidden.map((name) => `~/${name}`)
  const mend = `To let agents read and run these: OMC_BOX_PATHS=${[...shared, ...names].join(',')}`
  const text = `Toolchains in your home that agents do not see: ${names.join(', ')}.`
  return shared.length === 0 ? { id, level: 'warning', text, mend } : fine(id, `${text} ${mend}`)
}
