import type { Environment } from '../core/command-line.ts'

/** Variables of the bot's own environment that an agent CLI may see; `LC_*` besides. Everything else stays out. */
const allowed: ReadonlySet<string> = new Set([
  'HOME',
  'LANG',
  'LANGUAGE',
  'LOGNAME',
  'PATH',
  'SHELL',
  'TEMP',
  'TERM',
  'TMP',
  'TMPDIR',
  'TZ',
  'USER',
  'XDG_CACHE_HOME',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'XDG_RUNTIME_DIR',
  'XDG_STATE_HOME',
])

/**
 * The whole environment of a child: the allow-listed part of the bot's own, then each of `more` over it (a later one
 * wins). An allow-list, because nobody can list every secret that an operator's shell may hold.
 */
export function environmentFor(
  own: Readonly<Record<string, string | undefined>>,
  ...more: readonly Environment[]
): Environment {
  const chosen: Record<string, string> = {}
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined && (allowed.has(name) || name.startsWith('LC_'))) chosen[name] = value
  }
  return Object.assign(chosen, ...more)
}
