import { z } from 'zod'

const emoji = z.object({ id: z.string().nullish(), name: z.string().nullish() })

/** The longest a poll may be open: 32 days, in hours. */
const LONGEST = 32 * 24

/** https://discord.com/developers/docs/resources/poll#poll-create-request-object */
export const pollForm = z.object({
  question: z.object({ text: z.string().min(1).max(300) }),
  answers: z
    .array(z.object({ poll_media: z.object({ text: z.string().min(1).max(55), emoji: emoji.nullish() }) }))
    .min(1)
    .max(10),
  /** hours */
  duration: z.number().int().min(1).max(LONGEST).nullish(),
  allow_multiselect: z.boolean().nullish(),
  layout_type: z.literal(1).nullish(),
})

export type PollForm = z.infer<typeof pollForm>
