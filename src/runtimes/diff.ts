/** Lines that stay the same, shown around what changes. */
const around = 3

/**
 * What becomes of a text, as one hunk of a unified diff: what is the same at both ends is left out but for a few lines.
 * `before` null: a new file. `from`: the number of the first line where the text begins; null: nobody knows, as of a
 * passage of a file, and no numbers are shown.
 */
export function diffOf(before: string | null, after: string, from: number | null = 1): string {
  const [old, now] = [linesOf(before ?? ''), linesOf(after)]
  let same = 0
  while (same < old.length && same < now.length && old[same] === now[same]) same++
  let end = 0
  while (end < Math.min(old.length, now.length) - same && old.at(-1 - end) === now.at(-1 - end)) end++
  const head = Math.max(0, same - around)
  const gone = old.slice(same, old.length - end)
  const come = now.slice(same, now.length - end)
  const lead = old.slice(head, same)
  const tail = old.slice(old.length - end, old.length - end + around)
  const range = (count: number): string => `${(from ?? 1) + head - (count === 0 ? 1 : 0)},${count}`
  const [removed, added] = [gone, come].map(({ length }) => range(lead.length + length + tail.length))
  return [
    from === null ? '@@' : `@@ -${removed} +${added} @@`,
    ...lead.map((line) => ` ${line}`),
    ...gone.map((line) => `-${line}`),
    ...come.map((line) => `+${line}`),
    ...tail.map((line) => ` ${line}`),
  ].join('\n')
}

/** A text without its last line break, in lines. */
function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}
