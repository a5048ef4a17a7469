import assert from 'node:assert/strict'
import { PermissionFlagsBits } from 'discord-api-types/v10'
import { controlsOf, textOf, type Actor, type Message, type SeenPlace } from 'loopback-discord'
import type { Stage } from './stage.ts'

const writing = PermissionFlagsBits.SendMessages | PermissionFlagsBits.SendMessagesInThreads

/** Takes the bot's leave to write in a channel (and its threads) away. */
export async function shut(stage: Stage, by: Actor, channel: SeenPlace | string): Promise<void> {
  // A member's own denial, above whatever its roles allow.
  const body = { type: 1, allow: '0', deny: String(writing) }
  await by.call('PUT', `/channels/${by.place(channel).id}/permissions/${stage.sandbox.bot.id}`, body)
}

export async function reopen(stage: Stage, by: Actor, channel: SeenPlace | string): Promise<void> {
  await by.call('DELETE', `/channels/${by.place(channel).id}/permissions/${stage.sandbox.bot.id}`)
}

/** Locked threads are closed to a bot that was invited by somebody careful. */
export function mayNotManageThreads(stage: Stage): void {
  for (const guild of stage.sandbox.world.guilds.values()) {
    for (const role of guild.roles.values()) role.permissions &= ~PermissionFlagsBits.ManageThreads
  }
}

/** What the bot posted in a place by itself (not as an answer to a command), from Discord's books. */
export function own(stage: Stage, place: SeenPlace): readonly Message[] {
  const { world, bot } = stage.sandbox
  return [...world.history(place.id).values()].filter(({ authorId, origin }) => authorId === bot.id && origin === null)
}

/** Everything that the bot's messages in a place show: text, cards and files. */
export function shown(stage: Stage, place: SeenPlace): string {
  return own(stage, place)
    .map((message) =>
      [textOf(message), JSON.stringify(message.embeds), ...message.attachments.map(fileText)].join('\n'),
    )
    .join('\n---\n')
}

function fileText(attachment: { filename: string; bytes?: Uint8Array }): string {
  return `${attachment.filename}: ${new TextDecoder().decode(attachment.bytes)}`
}

/** The words stand there once, and nothing says that anybody is still at work. */
export function assertSaidOnce(stage: Stage, place: SeenPlace, words: string): void {
  const all = shown(stage, place)
  assert.equal(all.split(words).length - 1, 1, `stands there exactly once:\n${all}`)
  assert.doesNotMatch(all, /Working|Starting/, 'nobody is at work any more')
  for (const message of own(stage, place))
    assert.deepEqual(controlsOf(message), [], `no dead buttons: ${textOf(message)}`)
}

/** Whether nothing more is to become of all messages of these owners (a pattern of SQL), by the bot's books. */
export function isSettled(stage: Stage, owner: string): boolean {
  const rows = stage.query<{ settled: number }>(`select settled from messages where owner like '${owner}'`)
  return rows.length > 0 && rows.every(({ settled }) => settled === 1)
}
