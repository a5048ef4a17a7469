const signs: Readonly<Record<string, string>> = { debug: ' ', info: '·', warn: '⚠', error: '✗' }

/** Said in every line already, or of no use to whoever reads along. */
const apart = new Set(['level', 'time', 'pid', 'msg'])

type Fields = Readonly<Record<string, unknown>>

/** What some lines mean, as a person would say it; all others show their name and fields. */
const sentences: Readonly<Record<string, (fields: Fields) => string>> = {
  'bot.started': ({ version, healthPort }) =>
    `The bot runs (version ${String(version)}).` +
    (typeof healthPort === 'number' ? ` How it is: http://127.0.0.1:${healthPort}/healthz` : ''),
  'bot.start-failed': () => 'The bot could not start:',
  'bot.stopping': ({ signal, agents }) =>
    `${String(signal)}: letting go; the agents ${agents === 'end' ? 'are ended, too' : 'work on'}.`,
  'bot.stopped': () => 'The bot has ended.',
  finding: ({ text, mend }) => `${String(text)}${typeof mend === 'string' ? ` ${mend}` : ''}`,
  'finding.over': ({ text }) => `No longer so: ${String(text)}`,
}

/** One JSON line of the log as a line for a person at a terminal; what is no JSON stays as it is. */
export function lineForPeople(json: string): string {
  const fields = parsed(json)
  if (fields === null) return json
  const { level, time, msg } = fields
  const name = String(msg)
  const clock = typeof time === 'string' ? new Date(time).toTimeString().slice(0, 8) : ''
  const said = sentences[name]?.(fields) ?? [name, ...rest(fields)].join('  ')
  return `${clock} ${signs[String(level)] ?? ' '} ${said}\n${stackOf(name, fields)}`
}

function parsed(json: string): Fields | null {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? (value as Fields) : null
  } catch {
    return null
  }
}

function rest(fields: Fields): readonly string[] {
  return Object.entries(fields).flatMap(([name, value]) => (apart.has(name) ? [] : [`${name}=${shown(value)}`]))
}

function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'message' in value) return JSON.stringify(value.message)
  return typeof value === 'string' && /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value)
}

/** Only what nobody foresaw needs its stack to be understood. */
function stackOf(name: string, { error }: Fields): string {
  const isCrash = name === 'process.crashed' && typeof error === 'object' && error !== null
  return isCrash && 'stack' in error ? `${String(error.stack)}\n` : ''
}
