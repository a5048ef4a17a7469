import { keepUploads } from './messages.ts'
import { invalidForm } from './refusal.ts'
import { wireBareMember, wireRole } from './wire.ts'
import { wireChannel, wireUser } from './wire-channel.ts'
import type { Upload } from './messages.ts'
import type { Attachment, Channel, Command } from './records.ts'
import type { World } from './world.ts'

/** An option as a person's client sends it. */
export interface GivenOption {
  name: string
  type: number
  value?: string | number | boolean | undefined
  focused?: boolean | undefined
  options?: GivenOption[] | undefined
}

interface Defined {
  name: string
  type: number
  required?: boolean
  choices?: { value: string | number }[]
  options?: readonly Defined[]
  min_value?: number
  max_value?: number
  min_length?: number
  max_length?: number
}

const bad = (path: (string | number)[], code: string, message: string) =>
  invalidForm([{ path: ['data', ...path], code, message }])

/** Checks what a person filled in against the command, as Discord does before the application hears of it. */
export function checkOptions(command: Command, given: readonly GivenOption[], complete: boolean): void {
  check(command.options, given, complete, [])
}

function check(
  defined: readonly Defined[],
  given: readonly GivenOption[],
  complete: boolean,
  path: (string | number)[],
): void {
  for (const [index, option] of given.entries()) {
    const here = [...path, 'options', index]
    const definition = defined.find((one) => one.name === option.name)
    if (!definition || definition.type !== option.type) {
      throw bad(
        here,
        'APPLICATION_COMMAND_INVALID_OPTION',
        `The command has no option ${option.name} of type ${option.type}`,
      )
    }
    if (option.type <= 2) check(definition.options ?? [], option.options ?? [], complete, here)
    else if (complete) checkValue(definition, option, here)
  }
  const nested = defined.some((one) => one.type <= 2)
  if (nested && given.length !== 1) throw bad(path, 'APPLICATION_COMMAND_SUBCOMMAND_REQUIRED', 'Choose one subcommand')
  if (!complete) return
  const missing = defined.find((one) => one.required && !given.some((option) => option.name === one.name))
  if (missing) throw bad([...path, 'options'], 'BASE_TYPE_REQUIRED', `${missing.name}: This field is required`)
}

function checkValue(definition: Defined, option: GivenOption, path: (string | number)[]): void {
  const { value } = option
  const kinds: Record<number, string> = { 4: 'number', 5: 'boolean', 10: 'number' }
  const kind = kinds[option.type] ?? 'string'
  const say = (message: string) => bad([...path, 'value'], 'APPLICATION_COMMAND_INVALID_VALUE', message)
  if (typeof value !== kind || (option.type === 4 && !Number.isInteger(value)))
    throw say(`Expected a ${kind} for ${option.name}`)
  if (definition.choices?.length && !definition.choices.some((choice) => choice.value === value)) {
    throw say(`${String(value)} is none of the choices of ${option.name}`)
  }
  const size = typeof value === 'string' ? value.length : value
  const [least, most] =
    kind === 'string'
      ? [definition.min_length, definition.max_length ?? 6000]
      : [definition.min_value, definition.max_value]
  if (typeof size !== 'number') return
  if (least !== undefined && size < least) throw say(`${option.name} must be at least ${least}`)
  if (most !== undefined && size > most) throw say(`${option.name} must be at most ${most}`)
}

/** Everything that an application is told about the ids in the options. */
export function resolveOptions(
  world: World,
  channel: Channel,
  given: readonly GivenOption[],
  uploads: readonly Upload[],
): { options: object[]; resolved: Record<string, Record<string, object>> } {
  const resolved: Record<string, Record<string, object>> = {}
  const put = (kind: string, id: string, value: object) => {
    resolved[kind] ??= {}
    resolved[kind][id] = value
  }
  const guild = channel.guildId === null ? undefined : world.guild(channel.guildId)
  const files = new Map<string, Attachment>()
  for (const upload of uploads) {
    const [kept] = keepUploads(world, channel, [upload], undefined, true)
    if (kept) files.set(upload.key, kept)
  }
  const walk = (option: GivenOption): object => {
    if (option.options) return { name: option.name, type: option.type, options: option.options.map(walk) }
    let { value } = option
    const id = String(value)
    const user = world.users.get(id)
    const role = guild?.roles.get(id)
    if ((option.type === 6 || option.type === 9) && user) {
      put('users', id, wireUser(user))
      const member = guild?.members.get(id)
      if (member)
        put('members', id, { ...wireBareMember(member), permissions: world.permissions(user, channel).toString() })
    } else if ((option.type === 8 || option.type === 9) && role) put('roles', id, wireRole(role))
    else if (option.type === 7) {
      const named = world.channel(id)
      put('channels', id, { ...wireChannel(world, named), permissions: '0' })
    } else if (option.type === 11) {
      const file = files.get(id)
      if (!file) throw bad([option.name], 'APPLICATION_COMMAND_INVALID_VALUE', `There is no upload files[${id}]`)
      value = file.id
      const url = `${world.origin}/cdn/attachments/${channel.id}/${file.id}/${encodeURIComponent(file.filename)}`
      put('attachments', file.id, {
        id: file.id,
        filename: file.filename,
        size: file.size,
        content_type: file.contentType,
        url,
        proxy_url: url,
        ephemeral: true,
      })
    }
    return { name: option.name, type: option.type, value, ...(option.focused === true ? { focused: true } : {}) }
  }
  return { options: given.map(walk), resolved }
}
