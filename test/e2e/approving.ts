import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  controlsOf,
  textOf,
  type Actor,
  type PersonDescription,
  type SeenMessage,
  type SeenPlace,
} from 'loopback-discord'
import { Stage, type StageOptions } from './stage.ts'

/** A team: an owner by role, two members and a guest by grant, and somebody with nothing. */
const people: readonly PersonDescription[] = [
  { name: 'olivia', roles: ['owner'], owner: true },
  { name: 'oscar' },
  { name: 'mary' },
  { name: 'mike' },
  { name: 'gwen' },
  { name: 'bob' },
  { name: 'minji', roles: ['owner'], locale: 'ko' },
]

/** A stage with the team in it. */
export function openTeam(
  options: StageOptions & { readonly people?: readonly Partial<PersonDescription>[] } = {},
): Promise<Stage> {
  const changed = people.map((each) => ({ ...each, ...options.people?.find(({ name }) => name === each.name) }))
  const world = {
    guild: { name: 'Team', channels: ['general', 'work', 'audit'], roles: [{ name: 'owner' }], people: changed },
  }
  return Stage.open({ ...options, sandbox: { world, ...options.sandbox } })
}

/** Gives tiers as an owner's command would: beside the running bot, which reads them each time it judges. */
export function grant(stage: Stage, tiers: Readonly<Record<string, string | null>>): void {
  const db = new DatabaseSync(join(stage.data, 'orchestrator.sqlite'))
  try {
    db.exec('pragma busy_timeout = 5000')
    for (const [name, tier] of Object.entries(tiers)) {
      const id = idOf(stage, name)
      db.prepare("delete from grants where person = ? and scope = 'global'").run(id)
      if (tier !== null) db.prepare("insert into grants values (?, 'global', ?, '1', 1)").run(id, tier)
    }
  } finally {
    db.close()
  }
}

export function idOf(stage: Stage, name: string): string {
  const user = [...stage.sandbox.world.users.values()].find((each) => each.username === name)
  if (user === undefined) throw new Error(`There is no ${name} here.`)
  return user.id
}

/** Waits for an open approval that says this. */
export function asked(actor: Actor, place: SeenPlace | string, what: string): Promise<SeenMessage> {
  return actor.sees(place, (message) => isOpen(message) && textOf(message).includes(what))
}

/** Waits until the approval's message says what became of it, and has no buttons any more. */
export function decided(actor: Actor, ask: SeenMessage, what: string | RegExp): Promise<SeenMessage> {
  return actor.sees(
    { id: ask.channelId },
    (message) => message.id === ask.id && controlsOf(message).length === 0 && textOf(message).search(what) !== -1,
  )
}

/** Waits for a word of the bot to this person alone. */
export function told(actor: Actor, place: SeenPlace, what: string): Promise<SeenMessage> {
  return actor.sees(place, (message) => message.ephemeral && message.content.includes(what))
}

/** All approvals that stand in a place. */
export async function approvalsIn(stage: Stage, actor: Actor, place: SeenPlace): Promise<SeenMessage[]> {
  return (await stage.botMessages(actor, place)).filter((message) => /\*\*Echo (wants|has)/.test(textOf(message)))
}

function isOpen(message: SeenMessage): boolean {
  return message.author.bot && controlsOf(message).length > 0 && /until <t:|까지 답/.test(textOf(message))
}
