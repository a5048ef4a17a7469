import { z } from 'zod'

/** What a Messages API request says, as far as the scripted model reads it. Everything else is let through. */

const block = z.looseObject({ type: z.string(), text: z.string().optional() })

const message = z.object({ role: z.string(), content: z.union([z.string(), z.array(block)]) })

export const messagesRequest = z.looseObject({
  model: z.string().default('claude-scripted'),
  stream: z.boolean().default(false),
  messages: z.array(message),
})

export type Message = z.output<typeof message>

/** What the person wrote last, and how many answers the model has given to it since. */
export interface LastPrompt {
  readonly text: string
  readonly answers: number
}

/**
 * Texts in a user message that no person wrote: what the CLI adds (reminders, notes of an interruption) and the line
 * that our client puts after every prompt so that the CLI does not read the person's text as its own command language.
 */
export function isHostText(text: string): boolean {
  return /^\s*(<system-reminder>|<task-notification>|\[Request interrupted by user|Continue from where you left off\.|\((Discord|Letter) )/.test(
    text,
  )
}

/** All texts of a message, in order. */
function texts(message: Message): string[] {
  if (typeof message.content === 'string') return [message.content]
  return message.content.flatMap((block) => (block.type === 'text' && block.text !== undefined ? [block.text] : []))
}

/**
 * The latest text of a person. A text that was steered into a running turn reaches the model as a `system` message;
 * it counts only when it carries a script, because the CLI puts reminders of its own there too.
 */
export function lastPrompt(messages: readonly Message[], isHost: (text: string) => boolean): LastPrompt {
  let answers = 0
  for (const message of messages.toReversed()) {
    if (message.role === 'assistant') {
      answers++
      continue
    }
    const text = texts(message).findLast((text) => (message.role === 'user' ? !isHost(text) : text.includes('MOCK{')))
    if (text !== undefined) return { text, answers }
  }
  return { text: '', answers }
}
