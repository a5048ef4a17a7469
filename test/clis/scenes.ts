import { describe, test, type TestContext } from 'node:test'
import { sideBySide } from '../contracts/runtime-stage.ts'

type Act = (t: TestContext) => Promise<unknown>

/** What one test is made of. */
interface Scene {
  before(act: () => Promise<unknown>): void
  after(act: () => Promise<unknown>): void
  test(title: string, act: Act): void
}

interface Options {
  readonly skip?: boolean | string
  readonly timeout?: number
}

/**
 * Tests that stand side by side although they are written around common variables: `build` is run anew for each, so that
 * each has variables of its own.
 */
export function scenes(title: string, options: Options, build: (scene: Scene) => void): void {
  const titles: string[] = []
  build({ before: () => {}, after: () => {}, test: (each) => titles.push(each) })
  const { timeout = 300_000 } = options
  describe(title, { ...sideBySide, skip: options.skip ?? false }, () => {
    titles.forEach((each, index) => {
      test(each, { timeout }, async (t) => {
        const acts: Act[] = []
        const [before, after]: Act[][] = [[], []]
        build({
          before: (act) => before?.push(act),
          after: (act) => after?.push(act),
          test: (_title, act) => acts.push(act),
        })
        try {
          for (const act of before ?? []) await act(t)
          await acts[index]?.(t)
        } finally {
          for (const act of after ?? []) await act(t)
        }
      })
    })
  })
}
