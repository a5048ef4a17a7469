/** Discord's limit, with room for whatever frames the text. */
const most = 1_900

/** A head and as many lines as fit into one message, or into `room`; the rest is counted. */
export function fitting(
  head: string,
  lines: readonly string[],
  more: (count: number) => string,
  room: number = most,
): string {
  const shown = head === '' ? [] : [head]
  let length = head.length
  for (const [at, line] of lines.entries()) {
    length += line.length + 1
    if (length > room) return [...shown, more(lines.length - at)].join('\n')
    shown.push(line)
  }
  return shown.join('\n')
}
