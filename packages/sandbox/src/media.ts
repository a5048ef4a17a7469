import { invalidForm } from './refusal.ts'
import type { Attachment, Component } from './records.ts'
import type { World } from './world.ts'

const REFERENCE = 'attachment://'

/** Where an attachment can be fetched. */
export function attachmentUrl(world: World, { channelId, id, filename }: Attachment): string {
  return `${world.origin}/cdn/attachments/${channelId}/${id}/${encodeURIComponent(filename)}`
}

/**
 * Components with every `attachment://<name>` replaced by the attachment of that name, as Discord gives them back.
 * @throws {Refusal} for a name that none of the message's attachments has.
 */
export function resolveMedia(
  world: World,
  components: readonly Component[],
  attachments: readonly Attachment[],
): Component[] {
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve)
    if (typeof value !== 'object' || value === null) return value
    const fields = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]))
    const { url } = fields
    if (typeof url === 'string' && url.startsWith(REFERENCE)) return mediaOf(url.slice(REFERENCE.length))
    const file = fields['file'] as { name?: unknown; size?: unknown } | undefined
    if (fields['type'] !== 13 || file?.name === undefined) return fields
    const { name, size, ...media } = file
    return { spoiler: false, ...fields, file: media, name, size }
  }
  const mediaOf = (name: string): object => {
    const found = attachments.find(({ filename }) => filename === name)
    if (found === undefined) {
      throw invalidForm([
        {
          path: ['components'],
          code: 'UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND',
          message: `The referenced attachment could not be found: ${name}`,
        },
      ])
    }
    const url = attachmentUrl(world, found)
    const { id, filename, size, contentType } = found
    return { id, url, proxy_url: url, content_type: contentType, attachment_id: id, name: filename, size }
  }
  return components.map((component) => resolve(component) as Component)
}
