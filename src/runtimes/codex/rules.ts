import { join } from 'node:path'
import { stringify } from 'smol-toml'
import { obeyedNames } from '../../core/obeyed.ts'
import { writeAtomically } from '../../system/atomic-file.ts'

/** Where the CLI looks for rules that no settings change (https://developers.openai.com/codex/enterprise/managed-configuration). */
export const rulesAt = '/etc/codex'

const script = 'patch.sh'
const allow = `printf '{"hookSpecificOutput":{"hookEventName":"PermissionRequest","decision":{"behavior":"allow"}}}'`

/**
 * Lays down by what the CLI decides in a box, without the bot, what needs nobody's consent: every command, and patches
 * that touch nothing which is obeyed later. Without a word from a rule it asks, so a rule that fails asks too much. The
 * one way to have the CLI ask about a patch in full access is to have it ask about everything (observed with 0.169.0).
 */
export function writeRules(folder: string): void {
  const rule = (tool: string, command: string): object => ({
    matcher: `^${tool}$`,
    hooks: [{ type: 'command', command, timeout: 60 }],
  })
  const rules = [rule('Bash', allow), rule('apply_patch', `/bin/sh ${rulesAt}/${script}`)]
  writeAtomically(join(folder, script), patchScript)
  writeAtomically(
    join(folder, 'requirements.toml'),
    stringify({ hooks: { managed_dir: rulesAt, PermissionRequest: rules } }),
  )
}

const names = obeyedNames.map(escaped).join('|')

/**
 * Looks at the lines of a patch that name files; it comes as JSON, in which line breaks are two signs. Rather too much is
 * asked about than too little: the bot looks again.
 */
export const patchScript = `sed 's/\\\\[ntrf]/\\
/g' | grep -qiE '\\*\\*\\* ((Add|Update|Delete) File|Move to): (.*[^[:alnum:]_.-])?(${names})([^[:alnum:]_.-]|$)'
[ $? -eq 1 ] && ${allow}
exit 0
`

function escaped(name: string): string {
  return name.replaceAll('.', '[.]').replaceAll('*', '.*')
}
