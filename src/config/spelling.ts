/** A value without the quotes around it: some tools (`docker run --env-file`) hand those of a .env on. */
export function withoutQuotes(value: string): string {
  return /^\s*(["'])((?:(?!\1).)*)\1\s*$/s.exec(value)?.[2] ?? value
}

/** What only a shell fills in would be a folder's name: a second data folder, a login that is not there. */
export function isForAShell(path: string): boolean {
  return /^~[^/]|^\$|\$[{(]|\p{Cc}/u.test(path)
}
