import type { Seq } from './ids.ts'

/** What of a waiting prompt says where it stands among others. */
interface Queued {
  readonly asked: Seq
  readonly promoted?: Seq
}

/** What was put first goes first, in the order in which that was done; then as they were asked. */
export function isBefore(a: Queued, b: Queued): boolean {
  const [first, second] = [a.promoted ?? Number.POSITIVE_INFINITY, b.promoted ?? Number.POSITIVE_INFINITY]
  return first === second ? a.asked < b.asked : first < second
}

/** Puts one where it belongs among these: mostly at the end, which is where it is looked for first. */
export function putInLine<Each extends Queued>(line: Each[], one: Each): void {
  let at = line.length
  for (let before = line[at - 1]; before !== undefined && isBefore(one, before); before = line[at - 1]) at--
  line.splice(at, 0, one)
}

/** In the order in which they were asked. The store gives them so; then nothing is copied. */
export function inOrder<Each extends Queued>(waiting: readonly Each[]): readonly Each[] {
  let last = Number.NEGATIVE_INFINITY
  for (const { asked } of waiting) {
    if (asked < last) return [...waiting].sort((a, b) => a.asked - b.asked)
    last = asked
  }
  return waiting
}
