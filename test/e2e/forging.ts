import assert from 'node:assert/strict'
import type { Actor, SeenMessage } from 'loopback-discord'
import type { Stage } from './stage.ts'

/**
 * Clicks Approve on an open question by buttons that are not its own: those of another one that was pressed already, and
 * made-up ones. Discord lets a button be pressed that its message has, so they stand there in place of the real ones.
 */
export async function pressesForged(
  stage: Stage,
  actor: Actor,
  question: SeenMessage,
  pressed: SeenMessage['components'],
): Promise<void> {
  const record = stage.sandbox.world.history(question.channelId).get(question.id)
  assert.ok(record !== undefined)
  const own = [...record.components]
  const [real = ''] = /approvals:yes:[^"]*/.exec(JSON.stringify(question.components)) ?? []
  assert.ok(real.length > 30, 'the question has a button of its own')
  const run = stage.query<{ id: string }>('select id from runs order by asked_seq desc')[0]?.id ?? ''
  const madeUp = [
    `approvals:yes:${run}`,
    'approvals:yes:',
    `omc:ask:${run}:yes`,
    'omc:ask::yes',
    `${real.slice(0, -1)}~`,
    `${real}:0`.toUpperCase(),
  ]
  const forged = madeUp.map((custom_id) => [
    { type: 1, id: 1, components: [{ type: 2, id: 2, style: 3, label: 'Approve', custom_id }] },
  ])
  for (const components of [pressed, ...forged]) {
    record.components = [...components]
    await actor.clicks({ ...question, components }, 'Approve')
  }
  record.components = own
}

/** Whether a message of the bot in a place could notify somebody else than the one it answers. */
export function pinging(stage: Stage, place: { readonly id: string }, answered: Actor): boolean {
  return [...stage.sandbox.world.history(place.id).values()].some(
    ({ authorId, mentionEveryone, mentions, mentionRoles }) =>
      authorId === stage.sandbox.bot.id &&
      (mentionEveryone || mentionRoles.length > 0 || mentions.some((id) => id !== answered.id)),
  )
}
