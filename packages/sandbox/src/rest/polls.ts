import { z } from 'zod'
import { endPoll, needPoll, vote } from '../polls.ts'
import { refusal } from '../refusal.ts'
import { readForm } from '../rules/form.ts'
import { snowflake } from '../rules/message.ts'
import { wireMessage } from '../wire.ts'
import { wireUser } from '../wire-channel.ts'
import { nothing, ok, personRoute, route } from './route.ts'
import type { Message } from '../records.ts'
import type { World } from '../world.ts'
import type { Ask, Route } from './route.ts'

const page = z.object({
  after: snowflake.default('0'),
  limit: z.coerce.number().int().min(1).max(100).default(25),
})
const votes = z.object({ answer_ids: z.array(z.coerce.number().int()).max(10) })

/** Polls: asked with a message, voted on by people, ended by their author or by time. */
export function pollRoutes(world: World): Route[] {
  const reach = ({ viewer, path }: Pick<Ask<'channel_id' | 'message_id'>, 'viewer' | 'path'>): Message => {
    const channel = world.channel(path.channel_id)
    world.need(viewer, channel, 'ReadMessageHistory')
    return world.message(channel.id, path.message_id)
  }
  return [
    route('GET', '/channels/{channel_id}/polls/{message_id}/answers/{answer_id}', (ask) => {
      const poll = needPoll(reach(ask))
      const answer = poll.answers.find((one) => String(one.id) === ask.path.answer_id)
      if (!answer) throw refusal('unknownMessage')
      const { after, limit } = readForm(page, Object.fromEntries(ask.query))
      const voters = [...answer.voters].filter((id) => BigInt(id) > BigInt(after))
      return ok({ users: voters.slice(0, limit).map((id) => wireUser(world.user(id))) })
    }),
    route('POST', '/channels/{channel_id}/polls/{message_id}/expire', (ask) => {
      const message = reach(ask)
      if (message.authorId !== ask.viewer.id) throw refusal('notAuthor')
      endPoll(world, message)
      return ok(wireMessage(world, message, ask.viewer))
    }),
    personRoute('PUT', '/channels/{channel_id}/polls/{message_id}/answers/@me', (ask) => {
      vote(world, ask.viewer, reach(ask), readForm(votes, ask.body).answer_ids)
      return nothing()
    }),
  ]
}
