/** What the test run keeps compiled serves the processes that tests start with an environment of their own, too. */
export function compiled(): Record<string, string> {
  const names = ['NODE_COMPILE_CACHE', 'NODE_COMPILE_CACHE_PORTABLE']
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  )
}
