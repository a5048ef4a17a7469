import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { SessionId, ToolCallId } from '../../core/ids.ts'
import { writeAtomically } from '../../system/atomic-file.ts'
import { programNamed } from '../../system/program.ts'
import type { Spool } from './spool.ts'

/** An answer for the process beside a CLI that offers our tools (stdio-tools.ts). */
export interface ToldFile {
  /** Where that process looks for it. */
  readonly folder: string
  readonly call: ToolCallId
  readonly text: string
  readonly failed: boolean
}

/** That folder where there are no boxes; made when it is not there. It lies in one that is closed to every agent. */
export function toldFolder(dataDir: string, session: SessionId): string {
  const folder = join(dataDir, 'codex', 'told', session)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}

/** What a CLI waits for: lines, or an answer for the process beside it. */
export type CliAnswer = readonly string[] | ToldFile

/** Gives it; once more changes nothing. */
export async function give(answer: CliAnswer, spool: Pick<Spool, 'write'>): Promise<void> {
  if (!('folder' in answer)) return spool.write(...answer)
  const { folder, call, text, failed } = answer
  const name = createHash('sha256').update(call).digest('hex')
  writeAtomically(join(folder, `${name}.json`), JSON.stringify({ text, failed }))
}

/** That program, and what runs it. */
export const stdioTools = {
  node: process.execPath,
  program: programNamed('runtimes/engine/stdio-tools'),
}
