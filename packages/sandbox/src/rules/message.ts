import { z } from 'zod'
import { complaint, passOn } from './form.ts'
import { everyComponent, layout, repeatedIds, rows } from './component.ts'
import { pollForm } from './poll.ts'
import type { Complaints } from './form.ts'

const url = z.string().max(2048)
const image = z.object({ url })
const embed = z.object({
  type: z.string().nullish(),
  title: z.string().max(256).nullish(),
  description: z.string().max(4096).nullish(),
  url: url.nullish(),
  timestamp: z
    .string()
    .refine((text) => !Number.isNaN(Date.parse(text)), {
      message: 'Could not parse the value. Should be ISO8601.',
      params: { code: 'DATE_TIME_TYPE_PARSE' },
    })
    .nullish(),
  color: z.number().int().min(0).max(0xffffff).nullish(),
  footer: z.object({ text: z.string().min(1).max(2048), icon_url: url.nullish() }).nullish(),
  image: image.nullish(),
  thumbnail: image.nullish(),
  author: z.object({ name: z.string().min(1).max(256), url: url.nullish(), icon_url: url.nullish() }).nullish(),
  provider: z.object({ name: z.string().max(256).nullish(), url: url.nullish() }).nullish(),
  fields: z
    .array(
      z.object({
        name: z.string().min(1).max(256),
        value: z.string().min(1).max(1024),
        inline: z.boolean().nullish(),
      }),
    )
    .max(25)
    .nullish(),
})

export type EmbedForm = z.infer<typeof embed>

/** Discord trims what surrounds a text before it counts. */
const trimmed = (max: number) =>
  z
    .string()
    .transform((text) => text.trim())
    .pipe(z.string().max(max))

export const snowflake = z.union([z.string().regex(/^\d{1,20}$/), z.number().int()]).transform(String)

const allowedMentions = z
  .object({
    parse: z.array(z.enum(['users', 'roles', 'everyone'])).nullish(),
    users: z.array(snowflake).max(100).nullish(),
    roles: z.array(snowflake).max(100).nullish(),
    replied_user: z.boolean().nullish(),
  })
  .superRefine((it, context) => {
    for (const kind of ['users', 'roles'] as const) {
      if (it.parse?.includes(kind) && (it[kind]?.length ?? 0) > 0) {
        context.addIssue(
          complaint(
            'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE',
            `parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive.`,
          ),
        )
      }
    }
  })

export type AllowedMentions = z.infer<typeof allowedMentions>

const attachment = z.object({
  id: snowflake,
  filename: z.string().max(1024).nullish(),
  description: z.string().max(1024).nullish(),
})

const fields = {
  content: trimmed(2000).nullish(),
  embeds: z.array(embed).max(10).nullish(),
  allowed_mentions: allowedMentions.nullish(),
  components: z.array(z.unknown()).nullish(),
  attachments: z.array(attachment).max(10).nullish(),
  flags: z.number().int().nullish(),
}

interface Checked {
  embeds?: readonly EmbedForm[] | null | undefined
  components?: readonly unknown[] | null | undefined
  content?: string | null | undefined
  poll?: unknown
}

/** Flag of a message made of components alone. */
export const IS_COMPONENTS_V2 = 1 << 15

/** What the description of the API does not say: sums over a whole message. */
function checkWhole(it: Checked, v2: boolean, context: Complaints): void {
  const total = (it.embeds ?? []).reduce((sum, one) => sum + embedLength(one), 0)
  if (total > 6000) {
    context.addIssue(complaint('MAX_EMBED_SIZE_EXCEEDED', 'Embed size exceeds maximum size of 6000', ['embeds']))
  }
  const components = it.components ?? []
  const read = (v2 ? layout : rows).safeParse(components)
  if (!read.success && components.length > 0) {
    passOn(read.error.issues, ['components'], context)
  }
  for (const issue of repeatedIds(components, ['components'])) context.addIssue(issue)
  if (!v2) return
  const all = [...everyComponent(components, ['components'])]
  if (all.length > 40) {
    context.addIssue(
      complaint('COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED', 'Must be 40 or fewer in total.', ['components']),
    )
  }
  const text = all.reduce((sum, [node]) => sum + (node['type'] === 10 ? String(node['content']).length : 0), 0)
  if (text > 4000) {
    context.addIssue(
      complaint('COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED', 'Displayable text must be 4000 or fewer in total.', [
        'components',
      ]),
    )
  }
  for (const key of ['content', 'embeds', 'poll'] as const) {
    if (it[key] != null && (key === 'poll' || (it[key]?.length ?? 0) > 0)) {
      context.addIssue(
        complaint(
          'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2',
          `The '${key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2`,
          [key],
        ),
      )
    }
  }
}

function embedLength(one: EmbedForm): number {
  const inFields = (one.fields ?? []).reduce((sum, field) => sum + field.name.length + field.value.length, 0)
  return (
    (one.title?.length ?? 0) +
    (one.description?.length ?? 0) +
    (one.footer?.text.length ?? 0) +
    (one.author?.name.length ?? 0) +
    inFields
  )
}

/** The body of a new message, wherever it is posted. */
export const newMessage = z
  .object({
    ...fields,
    tts: z.boolean().nullish(),
    nonce: z.union([z.string().max(25), z.number().int()]).nullish(),
    enforce_nonce: z.boolean().nullish(),
    poll: pollForm.nullish(),
    message_reference: z
      .object({
        type: z.number().int().min(0).max(1).nullish(),
        message_id: snowflake,
        channel_id: snowflake.nullish(),
        guild_id: snowflake.nullish(),
        fail_if_not_exists: z.boolean().nullish(),
      })
      .nullish(),
  })
  .superRefine((it, context) => checkWhole(it, ((it.flags ?? 0) & IS_COMPONENTS_V2) !== 0, context))

export type NewMessage = z.infer<typeof newMessage>

/** The body of a webhook's message, and of a follow-up: neither a nonce nor a reply. */
export const webhookMessage = z
  .object({
    ...fields,
    tts: z.boolean().nullish(),
    poll: pollForm.nullish(),
    username: z.string().min(1).max(80).nullish(),
  })
  .superRefine((it, context) => checkWhole(it, ((it.flags ?? 0) & IS_COMPONENTS_V2) !== 0, context))

/** An edit; whether it must be V2 depends also on the message it changes. */
export function messageEdit(wasV2: boolean) {
  return z
    .object(fields)
    .superRefine((it, context) => checkWhole(it, wasV2 || ((it.flags ?? 0) & IS_COMPONENTS_V2) !== 0, context))
}

export type MessageEdit = z.infer<ReturnType<typeof messageEdit>>
