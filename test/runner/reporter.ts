import { inspect } from 'node:util'
import type { TestEvent } from 'node:test/reporters'

/** One line that a test file tells the runner. */
export type Told =
  | { readonly type: 'begun' | 'ended'; readonly name: string; readonly where: string }
  | {
      readonly type: 'result'
      readonly kind: 'test' | 'suite'
      readonly outcome: 'pass' | 'fail' | 'cancelled' | 'skipped' | 'todo'
      /** The names of the suites around it and its own. */
      readonly path: readonly string[]
      readonly ms: number
      /** Empty unless it failed for a reason of its own. */
      readonly error: string
    }

/** A reporter of Node's test runner: what happens in one file, a line of JSON each, for test/runner/file.ts to read. */
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const path: string[] = []
  for await (const event of source) {
    const told = tell(event, path)
    if (told !== null) yield `${JSON.stringify(told)}\n`
  }
}

function tell(event: TestEvent, path: string[]): Told | null {
  if (event.type === 'test:start') {
    path.length = event.data.nesting
    path[event.data.nesting] = event.data.name
    return null
  }
  if (event.type === 'test:dequeue' || event.type === 'test:complete') {
    const { name, file, line, column, nesting } = event.data
    const where = `${file}:${line}:${column}:${nesting}:${name}`
    return { type: event.type === 'test:dequeue' ? 'begun' : 'ended', name, where }
  }
  if (event.type !== 'test:pass' && event.type !== 'test:fail') return null
  const { name, nesting, skip, todo, details } = event.data
  const error = 'error' in details ? details.error : undefined
  const failure = error === undefined ? undefined : Reflect.get(error, 'failureType')
  const result = {
    type: 'result',
    kind: details.type === 'suite' ? 'suite' : 'test',
    path: [...path.slice(0, nesting), name],
    ms: details.duration_ms,
  } as const
  if (skip !== undefined && skip !== false) return { ...result, outcome: 'skipped', error: '' }
  if (todo !== undefined && todo !== false) return { ...result, outcome: 'todo', error: '' }
  if (event.type === 'test:pass') return { ...result, outcome: 'pass', error: '' }
  const cancelled = failure === 'cancelledByParent' || failure === 'testAborted'
  const own = failure !== 'subtestsFailed'
  return { ...result, outcome: cancelled ? 'cancelled' : 'fail', error: own ? inspect(error?.cause ?? error) : '' }
}
