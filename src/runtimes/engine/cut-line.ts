/**
 * What is whole at the beginning of a JSON line that is too long to be held, as a line of its own that says so (`cut`):
 * members that are not complete are left out.
 */
export function cutLine(head: string): string {
  const closers: string[] = []
  let whole = { end: 0, closers: '' }
  let isText = false
  for (let at = 0; at < head.length; at++) {
    const sign = head[at]
    if (isText) {
      if (sign === '\\') at++
      else if (sign === '"') isText = false
      continue
    }
    if (sign === '"') isText = true
    else if (sign === '{' || sign === '[') closers.push(sign === '{' ? '}' : ']')
    else if (sign === '}' || sign === ']') closers.pop()
    else if (sign !== ',') continue
    if (!isText) whole = { end: sign === ',' ? at : at + 1, closers: closers.toReversed().join('') }
  }
  try {
    return JSON.stringify({ ...(JSON.parse(head.slice(0, whole.end) + whole.closers) as object), cut: true })
  } catch {
    return '{"cut":true}'
  }
}
