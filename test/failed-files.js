// A reporter of Node's test runner: the files in which something failed, one a line.
import { relative } from 'node:path'

/** @param {AsyncIterable<import('node:test').TestEvent>} events */
export default async function* failedFiles(events) {
  for await (const { type, data } of events) {
    if (type === 'test:fail' && data.file !== undefined) yield `${relative(process.cwd(), data.file)}\n`
  }
}
