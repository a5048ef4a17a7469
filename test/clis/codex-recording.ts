import { join } from 'node:path'
import type { CodexScenario } from './codex-scenarios.ts'
import { CodexWire } from './codex-wire.ts'
import { numbered } from './normalise.ts'

/** The version that the recordings were made with. */
const version = '0.169.0'

export const codexGoldenFolder = join(import.meta.dirname, '..', 'golden', 'codex', version)

/** Plays a scenario with a server of that binary and returns what it wrote, as it stands in a golden file. */
export async function codexRecording(scenario: CodexScenario, binary: string): Promise<string> {
  await using wire = await CodexWire.open(binary)
  await scenario.play(wire)
  return normalise(wire.raw, wire.root)
}

/** Folders, ids, moments and durations become stable placeholders; the rest stays as the server wrote it. */
function normalise(raw: string, root: string): string {
  const uuids = numbered((count) => `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`)
  return raw
    .replaceAll(root, '/room')
    .replace(/\/sessions\/\d{4}\/\d\d\/\d\d\/rollout-[\dT-]{19}/g, '/sessions/2026/01/01/rollout-2026-01-01T00-00-00')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, uuids)
    .replace(/"(\w+Ms|\w+At)":\d+/g, '"$1":1')
    .replace(/"processId":"\d+"/g, '"processId":"1"')
    .replace(/"serverName":"[^"]*"/g, '"serverName":"machine"')
    .replace(/"userAgent":"[^"]*"/g, '"userAgent":"discord-orchestrator/0.169.0"')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:1')
}
