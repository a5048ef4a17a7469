import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { startAnthropic } from '../models/anthropic.ts'
import { startClaude } from './claude.ts'
import { claudeBinary } from './install.ts'
import { normalise } from './normalise.ts'
import type { Scenario } from './scenarios.ts'

/**
 * Plays a scenario with the real CLI, or with a stand-in for it, and returns what it wrote to stdout, as it stands in a
 * golden file.
 */
export async function recording(scenario: Scenario, standIn?: string): Promise<string> {
  await using model = await startAnthropic()
  const binary = standIn === undefined ? {} : { binary: standIn }
  await using cli = startClaude({ model: model.url, args: scenario.args ?? [], env: scenario.env ?? {}, ...binary })
  await scenario.play({ cli, model })
  const { perhaps } = scenario
  const lines = cli.raw.split('\n').filter((line) => perhaps === undefined || !line.includes(perhaps))
  return normalise(lines.join('\n'), cli.room)
}

/** Where the recordings of the installed CLI's version lie; null when no CLI is installed for tests. */
export function goldenFolder(): string | null {
  const binary = claudeBinary()
  if (binary === null) return null
  const manifest = readFileSync(join(dirname(binary), 'package.json'), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  return join(import.meta.dirname, '..', 'golden', 'claude', version)
}
