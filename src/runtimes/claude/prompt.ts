import { createHash } from 'node:crypto'
import type { Steer } from '../../core/event.ts'
import type { PromptKey } from '../../core/ids.ts'
import type { Place } from '../../core/place.ts'
import type { Prompt } from '../../core/prompt.ts'
import { titleOf } from '../../core/quotation.ts'
import type { Turn } from '../../core/runtime.ts'
import { blockOf, isShown } from './files.ts'

/**
 * The line that hands a prompt over. The CLI reads `@path` and `/command` in the last text block of a message, and only
 * there: with a block of our own behind it, what a person wrote is only text.
 */
export function promptLine(turn: Turn): string {
  const { prompt, files, handOver } = turn
  if (turn.goesOn) return userLine(promptUuid(turn), [textBlock(goOn), textBlock(whyNote)])
  const before = [
    handOver === null ? null : framed('From an earlier conversation that is gone, for you to go on from:', handOver),
    prompt.context.length === 0 ? null : framed('Said here before, and not a part of the message:', saidBefore(prompt)),
    ...(prompt.quotes ?? []).map((quote) => framed(titleOf(quote, plainName), quote.text ?? '')),
  ]
  return userLine(promptUuid(turn), [
    ...before.flatMap((text) => (text === null ? [] : [textBlock(text)])),
    textBlock(prompt.text),
    ...files.flatMap(blockOf),
    textBlock(hostNote(turn)),
  ])
}

/** The conversation has the prompt already, with all that was done for it. */
const goOn = 'Continue from where you left off.'
const whyNote =
  '(Discord message from the bot: what had stopped you, outside your work, is over. What is done stays done.)'

/** Every line of it is marked, so that nothing in it can pretend to stand outside. */
function framed(title: string, text: string): string {
  if (text === '') return title
  return [title, ...text.split(/\r\n|[\n\r\u2028\u2029]/).map((line) => `| ${line}`)].join('\n')
}

function saidBefore({ context }: Prompt): string {
  return context.map(({ speaker, own, text }) => `${own ? 'You' : plainName(speaker)}: ${text}`).join('\n')
}

/**
 * The line that puts a word into the running turn: behind the next tool's result, or, when no tool follows, as a turn
 * of its own right after it (facts/claude-cli.md section 2).
 */
export function steerLine({ key, text, by }: Steer): string {
  const note = `(Discord message from ${plainName(by)}, about what you are doing now)`
  return userLine(steerUuid(key), [textBlock(text), textBlock(note)])
}

function textBlock(text: string): object {
  return { type: 'text', text }
}

function userLine(uuid: string, content: readonly object[]): string {
  return JSON.stringify({
    type: 'user',
    message: { role: 'user', content },
    parent_tool_use_id: null,
    session_id: '',
    uuid,
  })
}

/**
 * The CLI's idempotency key: the same for every repetition of an attempt, another for the next one, which the CLI
 * would otherwise take for a repetition.
 */
export function promptUuid({ run, attempt }: Turn): string {
  return uuidV5(`${run}:${attempt}`)
}

/** The same for a word into a turn. */
export function steerUuid(key: PromptKey): string {
  return uuidV5(`steer:${key}`)
}

/** Who speaks, where, and whether it was asked before. This block is the one that the CLI scans. */
function hostNote({ attempt, prompt, files }: Turn): string {
  const attached = files.map(
    (file) => plainName(file.name) + (isShown(file) ? '' : ` (at ${file.path}, to be read only)`),
  )
  const withFiles = attached.length === 0 ? '' : `, with ${attached.join(', ')}`
  const { letter, speaker, place } = prompt
  const from =
    letter === undefined
      ? `Discord message from ${plainName(speaker.name)}, in ${placeName(place)}${withFiles}`
      : `Letter ${letter.id} of another agent, in ${placeName(place)}; you work for ${plainName(speaker.name)}`
  if (attempt === 1) return `(${from})`
  return `(${from}. An earlier attempt to answer it was interrupted when the process ended; what it had already finished need not be done again: look first.)`
}

function placeName(place: Place): string {
  return place.kind === 'dm' ? 'a direct message' : `${place.kind} ${place.id}`
}

/** A name is chosen by its owner: one line, no control characters, and nothing that the CLI would read as a path. */
function plainName(name: string): string {
  const line = name
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll('@', '＠')
    .trim()
  return Array.from(line).slice(0, 64).join('') || 'somebody'
}

/** RFC 9562, section 5.5, in a namespace of our own. */
function uuidV5(name: string): string {
  const namespace = Buffer.from('5c0b4b3e6d1f4f0f9d0a7a52c1c0d2ef', 'hex')
  const hash = createHash('sha1').update(namespace).update(name).digest().subarray(0, 16)
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6)
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8)
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
