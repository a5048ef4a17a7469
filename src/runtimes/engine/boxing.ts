import { copyFileSync, existsSync, linkSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentBoxes, AgentNeeds, BoxFolders } from '../../core/agent-box.ts'
import type { AttachedFile } from '../../core/attachment.ts'
import type { CommandLine } from '../../core/command-line.ts'
import { isInPlace } from '../../core/confinement.ts'
import type { Egress } from '../../core/egress.ts'
import type { SessionId } from '../../core/ids.ts'
import type { Turn } from '../../core/runtime.ts'
import { mayWrite } from '../rights.ts'

/** Lets the agents of a runtime into their sessions' boxes. */
export class Boxing {
  readonly #boxes: AgentBoxes
  /** Null: nothing leads out. */
  readonly #egress: Egress | null

  constructor(boxes: AgentBoxes, egress: Egress | null) {
    this.#boxes = boxes
    this.#egress = egress
  }

  /** See `Level`. */
  get isInPlace(): boolean {
    return isInPlace(this.#boxes.level())
  }

  folders(session: SessionId): BoxFolders {
    return this.#boxes.folders(session)
  }

  /** See `AgentBoxes.hasOthers`. */
  hasOthers(holder: number): boolean {
    return this.#boxes.hasOthers(holder)
  }

  /** The command in the session's box, as whoever asks this turn may use it. @throws {Problem} */
  async wrap(command: CommandLine, { session, prompt }: Turn, needs: AgentNeeds): Promise<CommandLine> {
    const { runtime, account, id } = session
    const caller = { runtime, account, tier: prompt.tier, speaker: prompt.speaker.id }
    const egress = this.#egress === null ? null : await this.#egress.open(id, caller)
    const access = mayWrite(prompt.tier) ? 'write' : 'read'
    return this.#boxes.wrap(command, { session, access, needs, egress })
  }

  /** The turn with its files where the box shows them: one by one, so that no other prompt's are there with them. */
  withFiles(turn: Turn): Turn {
    if (turn.files.length === 0) return turn
    const { files: folder } = this.folders(turn.session.id)
    return { ...turn, files: turn.files.map((file) => ({ ...file, path: laidInto(folder, file) })) }
  }
}

function laidInto(folder: string, { sha256, path }: AttachedFile): string {
  const inside = join(folder, sha256)
  if (existsSync(inside)) return inside
  try {
    linkSync(path, inside)
  } catch {
    // Another file system, or one without links.
    copyFileSync(path, inside)
  }
  return inside
}
