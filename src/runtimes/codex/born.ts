import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import type { Conversation } from '../../core/session.ts'
import type { ToolOffer } from '../../core/tool.ts'
import { BoundedMap } from '../../system/bounded-map.ts'
import { arrayAt, objectAt, objectIn, stringAt } from '../engine/json.ts'

/** Its first line holds the CLI's own instructions, too. */
const headBytes = 1024 * 1024

/** Says which tools of ours a conversation was born without: it cannot be given them any more but by a server of MCP. */
export function missingTools(offers: () => readonly ToolOffer[]) {
  const born = new BoundedMap<string, ReadonlySet<string>>(1_000)
  return (conversation: Conversation | null): readonly ToolOffer[] => {
    if (conversation === null) return []
    const names = born.get(conversation.id) ?? bornWith(conversation)
    // Of one that cannot be read nobody knows it; those of today have them.
    if (names === null) return []
    born.set(conversation.id, names)
    return offers().filter(({ name }) => !names.has(name))
  }
}

/** Null: it cannot be read. */
function bornWith({ transcript }: Conversation): ReadonlySet<string> | null {
  const head = transcript === null ? '' : firstLine(transcript)
  const about = objectIn(head)
  if (about['type'] !== 'session_meta') return null
  const tools = arrayAt(objectAt(about['payload'])['dynamic_tools'])
  return new Set(tools.map((tool) => stringAt(objectAt(tool)['name'])))
}

/** An agent may have laid anything there: a link, or a pipe that nobody writes to. */
function firstLine(file: string): string {
  try {
    const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      if (!fstatSync(fd).isFile()) return ''
      const head = Buffer.alloc(headBytes)
      const text = head.subarray(0, readSync(fd, head, 0, headBytes, 0))
      const end = text.indexOf(0x0a)
      return end < 0 ? '' : text.subarray(0, end).toString('utf8')
    } finally {
      closeSync(fd)
    }
  } catch {
    return ''
  }
}
