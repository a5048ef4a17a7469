import { fine, type Finding } from '../core/finding.ts'
import type { Runtime } from '../core/runtime.ts'

/** Whether a finding keeps an agent from working at all: it is not there, is too old, or has no login. */
function keepsFromWork({ id, level }: Finding): boolean {
  return level === 'error' || (level === 'warning' && id.endsWith('.login'))
}

/**
 * What the agents' own checks find, together. One that is not installed matters only to whoever configured it, as long
 * as another one can work. `practice`: the pretend agent counts as well, because this is the demo.
 */
export async function checkAgents(
  runtimes: readonly Runtime[],
  binaries: Readonly<Record<string, string | null>>,
  practice: boolean,
): Promise<readonly Finding[]> {
  const real = runtimes.filter(({ name }) => (name as string) !== 'echo')
  const each = await Promise.all(real.map(async (runtime) => ({ runtime, found: await runtime.check() })))
  const able = each.filter(({ found }) => !found.some(keepsFromWork))
  const isEnough = able.length > 0 || practice
  const found = each.flatMap(({ runtime, found: own }) => {
    const isWished = (binaries[runtime.name] ?? null) !== null
    const isMissing = own.some(({ id, level }) => id === `${runtime.name}.program` && level === 'error')
    return isMissing && isEnough && !isWished ? own.map(quieter) : own
  })
  return [...found, together(each, able.length, practice)]
}

function quieter(finding: Finding): Finding {
  return finding.level === 'error' ? { ...finding, level: 'warning' } : finding
}

function together(
  each: readonly { readonly runtime: Runtime; readonly found: readonly Finding[] }[],
  able: number,
  practice: boolean,
): Finding {
  const id = 'agents'
  if (able > 0) return fine(id, `${able} of ${each.length} agents can work.`)
  const why = each.map(({ found }) => found.find(keepsFromWork)?.text.replace(/\.$/, '') ?? '').join('; ')
  const text = `No agent can work: ${why}.`
  const mend = 'One is enough: install it and log it in for the bot (docs/AUTH.md).'
  return practice ? { id, level: 'warning', text, mend } : { id, level: 'error', stopsAll: true, text, mend }
}
