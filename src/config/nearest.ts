/** The known word that a typed one is most like; null when none is near. Case and underscores do not count. */
export function nearest(typed: string, known: readonly string[]): string | null {
  const word = bare(typed)
  const [best] = known
    .map((name) => ({ name, letters: bare(name), allowed: Math.max(1, Math.floor(bare(name).length / 5)) }))
    // Each letter too many is a step, so most need no closer look: a whole environment is gone through at every start.
    .filter(({ letters, allowed }) => Math.abs(letters.length - word.length) <= allowed)
    .map((each) => ({ ...each, far: distance(word, each.letters) }))
    .filter(({ far, allowed }) => far <= allowed)
    .toSorted((a, b) => a.far - b.far)
  return best?.name ?? null
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '')
}

/** How many letters must be put in, taken out, changed or swapped with their neighbour (Damerau's distance). */
function distance(a: string, b: string): number {
  const rows: number[][] = []
  const at = (i: number, j: number): number => (i < 0 || j < 0 ? 0 : i === 0 ? j : j === 0 ? i : (rows[i]?.[j] ?? 0))
  for (let i = 1; i <= a.length; i++) {
    const row = (rows[i] = [i])
    for (let j = 1; j <= b.length; j++) {
      const changed = at(i - 1, j - 1) + Number(a[i - 1] !== b[j - 1])
      row[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, changed)
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwapped) row[j] = Math.min(row[j] ?? 0, at(i - 2, j - 2) + 1)
    }
  }
  return at(a.length, b.length)
}
