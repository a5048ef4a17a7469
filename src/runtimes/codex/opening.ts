import { Problem } from '../../core/failure.ts'
import type { Turn } from '../../core/runtime.ts'
import type { ToolOffer } from '../../core/tool.ts'
import { objectAt, stringAt } from '../engine/json.ts'
import type { Opening, CliReply, ProtocolStep } from '../engine/protocol.ts'
import {
  cleanLine,
  closeIdOf,
  closeLine,
  initializeId,
  initializeLines,
  openIdOf,
  openLine,
  turnIdOf,
  turnLine,
} from './request.ts'
import { codexRights } from './rights.ts'
import type { Beside } from './tool.ts'

type Steps = Generator<ProtocolStep, void, CliReply | null>

/** A conversation that is given back goes at once, but not within the same line. */
const [unloadTries, unloadPauseMs] = [200, 20]

/** The steps by which a prompt is handed to the server. */
export function* opening(
  turn: Turn,
  { conversation, left, secret: own, mark }: Opening,
  {
    boxed,
    ...tools
  }: { readonly boxed: boolean; readonly offers: readonly ToolOffer[]; readonly beside: Beside | null },
): Steps {
  const secret = boxed ? null : own
  // A second greeting is refused, which is as good an answer.
  yield { is: 'ask', request: { lines: initializeLines(), reply: initializeId }, how: 'once' }
  const thread = conversation ?? (yield* open(turn, left, openLine(turn, mark, secret, tools)))
  yield { is: 'prepared' }
  if ((yield { is: 'look', reply: turnIdOf(turn) }) !== null) return
  // What somebody with more rights has left running would do a lesser one's bidding.
  const tidying = codexRights(turn.prompt.tier, boxed).profile === 'omc-read' ? [cleanLine(thread)] : []
  const lines = [...tidying, turnLine(turn, thread, secret)]
  yield { is: 'ask', request: { lines, reply: turnIdOf(turn) }, how: 'prompt' }
}

function* open(turn: Turn, left: readonly string[], line: string): Generator<ProtocolStep, string, CliReply | null> {
  let reply = yield { is: 'look', reply: openIdOf(turn) }
  if (reply === null) {
    // Also one that nobody should have open: an earlier life may have died while it opened it for somebody else.
    for (const each of left) yield* unload(each)
    reply = yield { is: 'ask', request: { lines: [line], reply: openIdOf(turn) } }
  }
  const opened = objectAt(reply?.result?.['thread'])
  const thread = stringAt(opened['id'])
  if (thread === '') throw new Problem('wire', 'The Codex server opened no conversation.')
  yield { is: 'opened', conversation: thread, transcript: stringAt(opened['path']) || null }
  return thread
}

/**
 * Makes sure that a conversation is not open, so that whoever opens it next says what holds for it: one that is open
 * keeps what it was opened with.
 */
function* unload(thread: string): Steps {
  let lines = [cleanLine(thread), closeLine(thread)]
  for (let tries = 0; tries < unloadTries; tries++) {
    const reply = yield { is: 'ask', request: { lines, reply: closeIdOf(thread) }, how: 'anew' }
    // A name that can be none is refused; opening it will say so.
    if (reply === null || reply.error !== null || reply.result?.['status'] === 'notLoaded') return
    yield { is: 'pause', ms: unloadPauseMs }
    lines = [closeLine(thread)]
  }
  throw new Problem('wire', 'The Codex server did not let a conversation go.')
}
