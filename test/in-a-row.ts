import { after, describe, test, type TestContext } from 'node:test'

/** Tells one test of a row. */
export type TellOne<Scene> = (title: string, body: (scene: Scene, t: TestContext) => Promise<unknown>) => void

/**
 * Tests that kill nothing of what they share are told one after the other on one scene, so that a bot and a real CLI are
 * started once for all of them: it is opened with the first, and closed behind the last. Behind one that failed it is
 * opened anew.
 */
export function inARow<Scene extends AsyncDisposable>(
  title: string,
  open: () => Promise<Scene>,
  tell: (one: TellOne<Scene>) => void,
): void {
  describe(title, { concurrency: false }, () => {
    let scene: Scene | null = null
    const close = async (): Promise<void> => {
      const closing = scene
      scene = null
      await closing?.[Symbol.asyncDispose]()
    }
    after(close)
    tell(
      (name, body) =>
        void test(name, async (t) => {
          scene ??= await open()
          try {
            await body(scene, t)
          } catch (error) {
            // What it says of the scene may only follow from what went wrong.
            await close().catch(() => {})
            throw error
          }
        }),
    )
  })
}
