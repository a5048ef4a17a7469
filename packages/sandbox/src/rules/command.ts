import { z } from 'zod'
import { complaint, passOn } from './form.ts'
import type { Complaints } from './form.ts'

/** https://discord.com/developers/docs/interactions/application-commands#application-command-object-application-command-naming */
const SLASH_NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u

const slashName = z
  .string()
  .min(1)
  .max(32)
  .refine((name) => SLASH_NAME.test(name) && name === name.toLocaleLowerCase(), {
    message: 'Command name is invalid',
    params: { code: 'APPLICATION_COMMAND_INVALID_NAME' },
  })
const localized = (max: number) => z.record(z.string(), z.string().min(1).max(max)).nullish()
const described = { description: z.string().min(1).max(100), description_localizations: localized(100) }
const named = { name: slashName, name_localizations: localized(32) }

const choice = z.object({
  name: z.string().min(1).max(100),
  name_localizations: localized(100),
  value: z.union([z.string().min(1).max(100), z.number()]),
})

const plain = z
  .object({
    type: z.number().int().min(3).max(11),
    ...named,
    ...described,
    required: z.boolean().nullish(),
    choices: z.array(choice).max(25).nullish(),
    autocomplete: z.boolean().nullish(),
    min_value: z.number().nullish(),
    max_value: z.number().nullish(),
    min_length: z.number().int().min(0).max(6000).nullish(),
    max_length: z.number().int().min(1).max(6000).nullish(),
    channel_types: z.array(z.number().int()).nullish(),
  })
  .superRefine((it, context) => {
    if (it.autocomplete === true && (it.choices?.length ?? 0) > 0) {
      context.addIssue(
        complaint(
          'APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE_EXCLUSIVE',
          'Choices and autocomplete are mutually exclusive',
          ['choices'],
        ),
      )
    }
    if (it.autocomplete === true && ![3, 4, 10].includes(it.type)) {
      context.addIssue(
        complaint('APPLICATION_COMMAND_AUTOCOMPLETE_INVALID', 'Autocomplete is for strings and numbers', [
          'autocomplete',
        ]),
      )
    }
  })

function uniqueNames(options: readonly { name: string }[] | null | undefined, context: Complaints) {
  const seen = new Set<string>()
  for (const [index, option] of (options ?? []).entries()) {
    if (seen.has(option.name)) {
      context.addIssue(
        complaint('APPLICATION_COMMAND_OPTIONS_NAME_INVALID', 'Option name must be unique', ['options', index, 'name']),
      )
    }
    seen.add(option.name)
  }
}

function requiredFirst(
  options: readonly { required?: boolean | null | undefined }[] | null | undefined,
  context: Complaints,
) {
  let optional = false
  for (const [index, option] of (options ?? []).entries()) {
    if (option.required === true && optional) {
      context.addIssue(
        complaint(
          'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID',
          'Required options must be placed before non-required options',
          ['options', index],
        ),
      )
    }
    if (option.required !== true) optional = true
  }
}

const subcommand = z
  .object({ type: z.literal(1), ...named, ...described, options: z.array(plain).max(25).nullish() })
  .superRefine((it, context) => {
    uniqueNames(it.options, context)
    requiredFirst(it.options, context)
  })

const group = z
  .object({ type: z.literal(2), ...named, ...described, options: z.array(subcommand).max(25).nullish() })
  .superRefine((it, context) => uniqueNames(it.options, context))

const anyOption = z.unknown().transform((value, context) => {
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined
  const schema = type === 1 ? subcommand : type === 2 ? group : plain
  const read = schema.safeParse(value)
  if (read.success) return read.data
  passOn(read.error.issues, [], context)
  return z.NEVER
})

const common = {
  name_localizations: localized(32),
  default_member_permissions: z.union([z.string(), z.number()]).transform(String).nullish(),
  dm_permission: z.boolean().nullish(),
  contexts: z.array(z.number().int().min(0).max(2)).nullish(),
  integration_types: z.array(z.number().int().min(0).max(1)).nullish(),
  nsfw: z.boolean().nullish(),
}

const slash = z
  .object({
    ...common,
    type: z
      .literal(1)
      .nullish()
      .transform(() => 1 as const),
    name: slashName,
    ...described,
    options: z.array(anyOption).max(25).nullish(),
  })
  .superRefine((it, context) => {
    const options = it.options ?? []
    uniqueNames(options, context)
    const nested = options.filter((option) => option.type === 1 || option.type === 2)
    if (nested.length > 0 && nested.length < options.length) {
      context.addIssue(
        complaint(
          'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID',
          'Sub-command and sub-command group option types are mutually exclusive to all other types',
          ['options'],
        ),
      )
    }
    if (nested.length === 0) requiredFirst(options as readonly { required?: boolean }[], context)
    if (textLength(it) > 8000) {
      context.addIssue(complaint('APPLICATION_COMMAND_TOO_LARGE', 'Command exceeds maximum size (8000)'))
    }
  })

const menu = z.object({
  ...common,
  type: z.union([z.literal(2), z.literal(3)]),
  name: z.string().min(1).max(32),
  description: z
    .literal('')
    .nullish()
    .transform(() => ''),
  options: z.array(z.never()).max(0).nullish(),
})

/** A command as a bot registers it. */
export const commandForm = z.unknown().transform((value, context) => {
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : 1
  const read = (type === 2 || type === 3 ? menu : slash).safeParse(value)
  if (read.success) return read.data
  passOn(read.error.issues, [], context)
  return z.NEVER
})

export type CommandForm = z.infer<typeof commandForm>

/** Discord counts names, descriptions and values, with the longest localization of each. */
function textLength(node: unknown): number {
  if (typeof node !== 'object' || node === null) return 0
  if (Array.isArray(node)) return node.reduce<number>((sum, one) => sum + textLength(one), 0)
  let sum = 0
  for (const [key, value] of Object.entries(node)) {
    if (key === 'name' || key === 'description') {
      const localizations: unknown = (node as Record<string, unknown>)[`${key}_localizations`]
      const lengths = Object.values(localizations ?? {}).map((text) => String(text).length)
      sum += Math.max(String(value).length, ...lengths)
    } else if (key === 'value') sum += String(value).length
    else if (key === 'options' || key === 'choices') sum += textLength(value)
  }
  return sum
}
