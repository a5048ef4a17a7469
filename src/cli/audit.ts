import { readFileSync } from 'node:fs'
import { messageOf, Problem } from '../core/failure.ts'
import { verifyChain } from '../system/hash-chain.ts'

/** Holds a file of `/audit export` against its own hashes, and tells the operator. Rejects where it is not whole. */
export function audit(file: string, say: (line: string) => void): void {
  const verdict = verifyChain(read(file))
  if (verdict.whole) {
    say(`Whole: ${verdict.lines} lines. The hash of the last is ${verdict.last}; hold it against what Discord says.`)
    return
  }
  const why =
    verdict.why === 'cut'
      ? 'its end is missing'
      : `line ${verdict.line} was changed, or something before it was added, moved or taken away`
  throw new Problem('refused', `${file} is not whole: ${why}.`)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Problem('refused', `${file} cannot be read: ${messageOf(cause)}.`, { cause })
  }
}
