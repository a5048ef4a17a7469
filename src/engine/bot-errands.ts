import { open } from 'node:fs/promises'
import type { Clock } from '../core/clock.ts'
import type { Timings } from '../core/timings.ts'
import type { Attachment, Attachments } from '../core/attachment.ts'
import type { Errands } from '../core/errand.ts'
import type { Features } from '../core/feature.ts'
import type { RunId, SessionId } from '../core/ids.ts'
import type { Prompt } from '../core/prompt.ts'
import type { Gate } from '../core/gate.ts'
import type { Session } from '../core/session.ts'
import type { ToolOffer } from '../core/tool.ts'
import type { TakenBack } from '../core/work.ts'
import type { Branches } from './branches.ts'
import { answerLinked, type LendingTools } from './linked.ts'

/** So much of a file goes into one answer. */
const pieceBytes = 1024 * 1024

export interface BotErrandTools {
  readonly errands: Errands
  readonly gate: Pick<Gate, 'speakerOf' | 'speakerNow'>
  readonly attachments: Pick<Attachments, 'locate'>
  readonly features: Pick<Features, 'tools'>
  readonly branches: Pick<Branches, 'brought'>
  readonly lending: LendingTools
  readonly clock: Clock
  readonly timings: Pick<Timings, 'standingForMs'>
}

/** What the machines ask of the bot: who people are now, which tools there are, files of a prompt, what people have linked. */
export function answerMachines({
  errands,
  gate,
  attachments,
  features,
  branches,
  lending,
  clock,
  timings,
}: BotErrandTools): Disposable {
  return errands.serve(null, {
    async standing(given) {
      const { prompt, session, isNow } = given as { prompt: Prompt; session: Session; isNow: boolean }
      // By the clock by which it was asked: a machine's may be another.
      const hasWaited = clock.now() - prompt.askedAt >= timings.standingForMs
      return isNow || hasWaited ? gate.speakerNow(prompt, session) : gate.speakerOf(prompt, session)
    },
    tools: async () =>
      features.tools.map(({ name, description, fields, looksOnly }): ToolOffer => ({
        name,
        description,
        fields,
        looksOnly,
      })),
    async file(given) {
      const { attachment, from } = given as { attachment: Attachment; from: number }
      const found = await attachments.locate(attachment)
      if (found === null) return null
      const file = await open(found.path, 'r')
      try {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(pieceBytes), 0, pieceBytes, from)
        return buffer.subarray(0, bytesRead).toString('base64')
      } finally {
        await file.close()
      }
    },
    linked: (given) => answerLinked(given, lending),
    async branch(given) {
      const { session, run, taken } = given as { session: SessionId; run: RunId; taken: TakenBack }
      await branches.brought(session, run, taken)
    },
  })
}
