import { z } from 'zod'
import { complaint } from './form.ts'
import type { Component } from '../records.ts'

const customId = z.string().min(1).max(100)
const componentId = z.number().int().min(0).nullish()
const emoji = z.object({ id: z.string().nullish(), name: z.string().nullish(), animated: z.boolean().nullish() })
const media = z.object({ url: z.string().max(2048) })

const button = z
  .object({
    type: z.literal(2),
    id: componentId,
    style: z.number().int().min(1).max(6),
    label: z.string().max(80).nullish(),
    emoji: emoji.nullish(),
    custom_id: customId.nullish(),
    url: z.string().max(512).nullish(),
    sku_id: z.string().nullish(),
    disabled: z.boolean().nullish(),
  })
  .superRefine((it, context) => {
    const say = (key: string, code: string, message: string) => context.addIssue(complaint(code, message, [key]))
    if (it.style === 5) {
      if (it.url == null) say('url', 'BUTTON_COMPONENT_URL_REQUIRED', 'A url is required')
      else if (!/^(https?|discord):\/\//.test(it.url)) {
        say('url', 'URL_TYPE_INVALID_SCHEME', 'Scheme must be one of (http, https, discord).')
      }
      if (it.custom_id != null)
        say('custom_id', 'BUTTON_COMPONENT_CUSTOM_ID_URL_EXCLUSIVE', 'A custom id and url cannot both be specified')
    } else if (it.style !== 6 && it.custom_id == null) {
      say('custom_id', 'BUTTON_COMPONENT_CUSTOM_ID_REQUIRED', 'A custom id is required')
    }
    if (it.style !== 6 && (it.label ?? '') === '' && it.emoji == null) {
      say('label', 'BUTTON_COMPONENT_INVALID_EMPTY', 'A label or an emoji is required')
    }
  })

const choosing = {
  id: componentId,
  custom_id: customId,
  placeholder: z.string().max(150).nullish(),
  min_values: z.number().int().min(0).max(25).nullish(),
  max_values: z.number().int().min(1).max(25).nullish(),
  disabled: z.boolean().nullish(),
  required: z.boolean().nullish(),
}

const option = z.object({
  label: z.string().min(1).max(100),
  value: z.string().min(1).max(100),
  description: z.string().max(100).nullish(),
  emoji: emoji.nullish(),
  default: z.boolean().nullish(),
})

const stringSelect = z
  .object({ type: z.literal(3), ...choosing, options: z.array(option).min(1).max(25) })
  .superRefine((it, context) => {
    const seen = new Set<string>()
    it.options.forEach((one, index) => {
      if (seen.has(one.value)) {
        context.addIssue(
          complaint('SELECT_COMPONENT_OPTION_VALUE_DUPLICATED', 'The specified option value is already used', [
            'options',
            index,
            'value',
          ]),
        )
      }
      seen.add(one.value)
    })
    if ((it.min_values ?? 1) > it.options.length) {
      context.addIssue(complaint('SELECT_COMPONENT_MIN_VALUES', 'Not enough options for min_values', ['min_values']))
    }
    if ((it.max_values ?? 1) > it.options.length) {
      context.addIssue(complaint('SELECT_COMPONENT_MAX_VALUES', 'Not enough options for max_values', ['max_values']))
    }
  })

const defaults = z
  .array(z.object({ id: z.string(), type: z.string() }))
  .max(25)
  .nullish()
const userSelect = z.object({ type: z.literal(5), ...choosing, default_values: defaults })
const roleSelect = z.object({ type: z.literal(6), ...choosing, default_values: defaults })
const mentionableSelect = z.object({ type: z.literal(7), ...choosing, default_values: defaults })
const channelSelect = z.object({
  type: z.literal(8),
  ...choosing,
  channel_types: z.array(z.number().int()).nullish(),
  default_values: defaults,
})

const textInput = z.object({
  type: z.literal(4),
  id: componentId,
  custom_id: customId,
  style: z.union([z.literal(1), z.literal(2)]),
  label: z.string().min(1).max(45).nullish(),
  value: z.string().max(4000).nullish(),
  placeholder: z.string().max(100).nullish(),
  required: z.boolean().nullish(),
  min_length: z.number().int().min(0).max(4000).nullish(),
  max_length: z.number().int().min(1).max(4000).nullish(),
})

const selects = [stringSelect, userSelect, roleSelect, mentionableSelect, channelSelect] as const
const inRow = z.discriminatedUnion('type', [button, ...selects])

const row = z
  .object({ type: z.literal(1), id: componentId, components: z.array(inRow).min(1).max(5) })
  .superRefine((it, context) => {
    if (it.components.length > 1 && it.components.some((one) => one.type !== 2)) {
      context.addIssue(complaint('COMPONENT_LAYOUT_WIDTH_EXCEEDED', 'Component layout width exceeded', ['components']))
    }
  })

const textDisplay = z.object({ type: z.literal(10), id: componentId, content: z.string().min(1).max(4000) })
const thumbnail = z.object({
  type: z.literal(11),
  id: componentId,
  media,
  description: z.string().max(1024).nullish(),
  spoiler: z.boolean().nullish(),
})
const section = z.object({
  type: z.literal(9),
  id: componentId,
  components: z.array(textDisplay).min(1).max(3),
  accessory: z.discriminatedUnion('type', [button, thumbnail]),
})
const gallery = z.object({
  type: z.literal(12),
  id: componentId,
  items: z
    .array(z.object({ media, description: z.string().max(1024).nullish(), spoiler: z.boolean().nullish() }))
    .min(1)
    .max(10),
})
const file = z.object({ type: z.literal(13), id: componentId, file: media, spoiler: z.boolean().nullish() })
const separator = z.object({
  type: z.literal(14),
  id: componentId,
  divider: z.boolean().nullish(),
  spacing: z.union([z.literal(1), z.literal(2)]).nullish(),
})
const container = z.object({
  type: z.literal(17),
  id: componentId,
  accent_color: z.number().int().min(0).max(0xffffff).nullish(),
  spoiler: z.boolean().nullish(),
  components: z
    .array(z.discriminatedUnion('type', [row, textDisplay, section, gallery, file, separator]))
    .min(1)
    .max(40),
})

/** Rows of buttons and selects under a message (components V1). */
export const rows = z.array(row).max(5)
/** A message that is nothing but components (V2). */
export const layout = z
  .array(z.discriminatedUnion('type', [row, textDisplay, section, gallery, file, separator, container]))
  .min(1)
  .max(40)

const choice = z.object({
  label: z.string().min(1).max(100),
  value: z.string().min(1).max(100),
  description: z.string().max(100).nullish(),
  default: z.boolean().nullish(),
})
const upload = z.object({
  type: z.literal(19),
  id: componentId,
  custom_id: customId,
  min_values: z.number().int().min(0).max(10).nullish(),
  max_values: z.number().int().min(1).max(10).nullish(),
  required: z.boolean().nullish(),
})
const radio = z.object({
  type: z.literal(21),
  id: componentId,
  custom_id: customId,
  required: z.boolean().nullish(),
  options: z.array(choice).min(2).max(10),
})
const checkboxes = z.object({
  type: z.literal(22),
  id: componentId,
  custom_id: customId,
  required: z.boolean().nullish(),
  min_values: z.number().int().min(0).max(10).nullish(),
  max_values: z.number().int().min(1).max(10).nullish(),
  options: z.array(choice).min(1).max(10),
})
const checkbox = z.object({ type: z.literal(23), id: componentId, custom_id: customId, default: z.boolean().nullish() })
const label = z.object({
  type: z.literal(18),
  id: componentId,
  label: z.string().min(1).max(45),
  description: z.string().max(100).nullish(),
  component: z.discriminatedUnion('type', [textInput, ...selects, upload, radio, checkboxes, checkbox]),
})
const inputRow = z.object({
  type: z.literal(1),
  id: componentId,
  components: z
    .array(
      textInput.superRefine((it, context) => {
        if ((it.label ?? '') === '')
          context.addIssue(complaint('BASE_TYPE_REQUIRED', 'This field is required', ['label']))
      }),
    )
    .length(1),
})

/** https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-modal */
export const modal = z
  .object({
    custom_id: customId,
    title: z.string().min(1).max(45),
    components: z
      .array(z.discriminatedUnion('type', [inputRow, label, textDisplay]))
      .min(1)
      .max(5),
  })
  .superRefine((it, context) => {
    for (const issue of repeatedIds(it.components, ['components'])) context.addIssue(issue)
  })

type Node = Record<string, unknown>

/** Every component below and including these, in reading order, with its path. */
export function* everyComponent(
  nodes: readonly unknown[],
  path: (string | number)[],
): Generator<[Node, (string | number)[]]> {
  for (const [index, node] of nodes.entries()) {
    if (typeof node !== 'object' || node === null) continue
    const here = [...path, index]
    yield* componentAndBelow(node as Node, here)
  }
}

function* componentAndBelow(node: Node, here: (string | number)[]): Generator<[Node, (string | number)[]]> {
  yield [node, here]
  if (Array.isArray(node['components'])) yield* everyComponent(node['components'], [...here, 'components'])
  for (const key of ['accessory', 'component']) {
    const inner = node[key]
    if (typeof inner === 'object' && inner !== null) yield* componentAndBelow(inner as Node, [...here, key])
  }
}

/** Complaints about custom ids that occur twice. */
export function repeatedIds(nodes: readonly unknown[], path: (string | number)[]) {
  const seen = new Set<unknown>()
  const issues = []
  for (const [node, here] of everyComponent(nodes, path)) {
    const id = node['custom_id']
    if (id == null) continue
    if (seen.has(id)) {
      issues.push(
        complaint('COMPONENT_CUSTOM_ID_DUPLICATED', 'Component custom id cannot be duplicated', [...here, 'custom_id']),
      )
    }
    seen.add(id)
  }
  return issues
}

/** Components as Discord hands them back: ids filled in, defaults set, nulls gone. */
export function settleComponents(nodes: readonly unknown[]): Component[] {
  const taken = new Set<unknown>()
  for (const [node] of everyComponent(nodes, [])) if (node['id'] != null && node['id'] !== 0) taken.add(node['id'])
  let last = 0
  const nextId = () => {
    do last++
    while (taken.has(last))
    return last
  }
  const settle = (node: Node): Component => {
    const type = Number(node['type'])
    const given = Object.fromEntries(Object.entries(node).filter(([, value]) => value != null))
    const id = typeof given['id'] === 'number' && given['id'] !== 0 ? given['id'] : nextId()
    const settled: Component = { ...DEFAULTS[type], ...given, type, id }
    if (Array.isArray(node['components'])) settled['components'] = (node['components'] as Node[]).map(settle)
    for (const key of ['accessory', 'component']) if (given[key]) settled[key] = settle(given[key] as Node)
    if (Array.isArray(given['options'])) {
      settled['options'] = (given['options'] as Node[]).map((one) =>
        Object.fromEntries(Object.entries(one).filter(([, value]) => value != null)),
      )
    }
    return settled
  }
  return nodes.map((node) => settle(node as Node))
}

const picking = { min_values: 1, max_values: 1 }
const DEFAULTS: Record<number, object> = {
  3: picking,
  4: { label: null, min_length: null, max_length: null },
  5: picking,
  6: picking,
  7: picking,
  8: picking,
  14: { divider: true, spacing: 1 },
  17: { accent_color: null, spoiler: false },
}
