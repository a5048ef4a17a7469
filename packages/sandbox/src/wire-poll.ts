import { isoTime } from './clock.ts'
import type { Poll, User } from './records.ts'
import type { PollResponse } from './rest/described/messages.ts'

/** A poll as one viewer sees it. */
export function wirePoll(poll: Poll, viewer?: User): PollResponse {
  return {
    question: { text: poll.question },
    answers: poll.answers.map((answer) => ({
      answer_id: answer.id,
      poll_media: { text: answer.text, ...(answer.emoji ? { emoji: answer.emoji } : {}) },
    })),
    expiry: isoTime(poll.endsAt),
    allow_multiselect: poll.multiselect,
    layout_type: 1,
    results: {
      answer_counts: poll.answers.map((answer) => ({
        id: answer.id,
        count: answer.voters.size,
        me_voted: viewer !== undefined && answer.voters.has(viewer.id),
      })),
      is_finalized: poll.finalized,
    },
  }
}
