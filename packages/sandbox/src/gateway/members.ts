import { z } from 'zod'
import { wireMember } from '../wire.ts'
import type { World } from '../world.ts'
import type { Session } from './session.ts'

const requestMembers = z.object({
  guild_id: z.string(),
  query: z.string().optional(),
  limit: z.number().int().optional(),
  user_ids: z.union([z.string(), z.array(z.string())]).optional(),
  nonce: z.string().max(32).optional(),
})

/** How often a session may ask for all members of one guild. */
const WHOLE_LIST_EVERY_MS = 30_000

/** Op 8: answers with GUILD_MEMBERS_CHUNK, a thousand members each. */
export function answerMembers(world: World, session: Session, body: unknown, limited: boolean): void {
  const read = requestMembers.safeParse(body)
  if (!read.success) return
  const { guild_id, query, limit = 0, user_ids, nonce } = read.data
  const guild = world.guilds.get(guild_id)
  if (!guild?.members.has(session.user.id)) return
  const wanted = user_ids === undefined ? undefined : [user_ids].flat()
  if (!wanted && !query && limit === 0 && limited) {
    const now = world.clock.now()
    const waitMs = (session.wholeListAt.get(guild_id) ?? -Infinity) + WHOLE_LIST_EVERY_MS - now
    if (waitMs > 0) {
      const meta = { guild_id, ...(nonce === undefined ? {} : { nonce }) }
      session.dispatch('RATE_LIMITED', { opcode: 8, retry_after: waitMs / 1000, meta })
      return
    }
    session.wholeListAt.set(guild_id, now)
  }
  const begins = (userId: string) =>
    world
      .user(userId)
      .username.toLowerCase()
      .startsWith((query ?? '').toLowerCase())
  const found = [...guild.members.values()].filter(({ userId }) => (wanted ? wanted.includes(userId) : begins(userId)))
  const list = limit > 0 ? found.slice(0, limit) : found
  const chunks = Math.max(1, Math.ceil(list.length / 1000))
  for (let index = 0; index < chunks; index++) {
    session.dispatch('GUILD_MEMBERS_CHUNK', {
      guild_id,
      members: list.slice(index * 1000, (index + 1) * 1000).map((member) => wireMember(world, member)),
      chunk_index: index,
      chunk_count: chunks,
      ...(wanted ? { not_found: wanted.filter((id) => !guild.members.has(id)) } : {}),
      ...(nonce === undefined ? {} : { nonce }),
    })
  }
}
