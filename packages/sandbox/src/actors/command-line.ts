import type { AttachedFile } from './connection.ts'

/** Values of a command's options by name; a file for an attachment option. */
export type OptionValues = Record<string, string | number | boolean | AttachedFile>

interface IndexedOption {
  name: string
  type: number
  options?: IndexedOption[]
}

/** A command as a person's client knows it. */
export interface IndexedCommand extends IndexedOption {
  id: string
  application_id: string
  version: string
  guild_id?: string
}

interface Filled {
  name: string
  type: number
  value?: string | number | boolean
  focused?: boolean
  options?: Filled[]
}

/** Finds `/session start` among the commands: the command, and the path of subcommands below it. */
export function findCommand(
  commands: readonly IndexedCommand[],
  line: string,
): { command: IndexedCommand; path: string[] } {
  const bare = line.replace(/^\//, '')
  // Names of context menu commands may hold spaces.
  const whole = commands.find((one) => one.name === bare)
  const [name, ...path] = whole ? [bare] : bare.split(' ')
  const command = whole ?? commands.findLast((one) => one.name === name)
  if (!command)
    throw new Error(
      `There is no command "${line}". There are: ${commands.map((one) => `/${one.name}`).join(', ') || 'none'}`,
    )
  return { command, path }
}

/** Puts values by name into the options that a command line names, in the order of the wire. */
export function fillOptions(
  command: IndexedCommand,
  path: readonly string[],
  values: OptionValues,
  focused?: string,
): { filled: Filled[]; files: AttachedFile[] } {
  const files: AttachedFile[] = []
  const fill = (options: readonly IndexedOption[], rest: readonly string[]): Filled[] => {
    const [step, ...deeper] = rest
    if (step !== undefined) {
      const nested = options.find((one) => one.name === step && one.type <= 2)
      if (!nested)
        throw new Error(
          `/${[command.name, ...path].join(' ')} does not exist; there is: ${options.map((one) => one.name).join(', ')}`,
        )
      return [{ name: nested.name, type: nested.type, options: fill(nested.options ?? [], deeper) }]
    }
    return Object.entries(values).map(([name, value]) => {
      const option = options.find((one) => one.name === name)
      if (!option)
        throw new Error(
          `/${[command.name, ...path].join(' ')} has no option "${name}"; it has: ${options.map((one) => one.name).join(', ') || 'none'}`,
        )
      if (typeof value === 'object') {
        files.push(value)
        return { name, type: option.type, value: String(files.length - 1) }
      }
      return { name, type: option.type, value, ...(name === focused ? { focused: true } : {}) }
    })
  }
  return { filled: fill(command.options ?? [], path), files }
}
