import { INTENT } from './intents.ts'
import { postMessage, tell } from './messages.ts'
import { refusal } from './refusal.ts'
import type { Message, Poll, User } from './records.ts'
import type { World } from './world.ts'

const POLL_RESULT = 46

/** The poll of a message; everything else is refused. */
export function needPoll(message: Message): Poll {
  if (!message.poll) throw refusal('notAPoll')
  return message.poll
}

/** A person's votes, all at once: what is not named any more is taken back. */
export function vote(world: World, voter: User, message: Message, answerIds: readonly number[]): void {
  const poll = needPoll(message)
  if (poll.finalized) throw refusal('pollExpired')
  const known = answerIds.every((id) => poll.answers.some((answer) => answer.id === id))
  if (!known || (answerIds.length > 1 && !poll.multiselect)) throw refusal('pollVoting')
  for (const answer of poll.answers) {
    const wanted = answerIds.includes(answer.id)
    if (wanted === answer.voters.has(voter.id)) continue
    if (wanted) answer.voters.add(voter.id)
    else answer.voters.delete(voter.id)
    world.emit({
      name: wanted ? 'MESSAGE_POLL_VOTE_ADD' : 'MESSAGE_POLL_VOTE_REMOVE',
      data: {
        user_id: voter.id,
        channel_id: message.channelId,
        message_id: message.id,
        answer_id: answer.id,
        ...(message.guildId === null ? {} : { guild_id: message.guildId }),
      },
      audience: { channel: message.channelId },
      intents: message.guildId === null ? INTENT.directPolls : INTENT.guildPolls,
    })
  }
}

/** Counts the votes for good, and says who won in a line of its own. */
export function endPoll(world: World, message: Message): void {
  const poll = needPoll(message)
  if (poll.finalized) throw refusal('pollExpired')
  poll.finalized = true
  world.openPolls.delete(message)
  poll.endsAt = Math.min(poll.endsAt, world.clock.now())
  tell(world, message, 'MESSAGE_UPDATE')
  const most = Math.max(...poll.answers.map((answer) => answer.voters.size))
  const winners = poll.answers.filter((answer) => answer.voters.size === most)
  const total = poll.answers.reduce((sum, answer) => sum + answer.voters.size, 0)
  const [winner] = winners
  const fields = [
    ['poll_question_text', poll.question],
    ['victor_answer_votes', String(most)],
    ['total_votes', String(total)],
    // A draw has no victor.
    ...(winner && winners.length === 1 && most > 0
      ? [
          ['victor_answer_id', String(winner.id)],
          ['victor_answer_text', winner.text],
        ]
      : []),
  ]
  const channel = world.channel(message.channelId)
  postMessage(world, {
    author: world.user(message.authorId),
    channel,
    form: {},
    uploads: [],
    type: POLL_RESULT,
    mayBeEmpty: true,
    about: { channelId: channel.id, messageId: message.id, guildId: channel.guildId, type: 0 },
    embeds: [
      { type: 'poll_result', fields: fields.map(([name = '', value = '']) => ({ name, value, inline: false })) },
    ],
  })
}
