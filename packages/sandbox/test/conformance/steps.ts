import { test } from 'node:test'
import { Events, RESTEvents } from 'discord.js'
import { openStage } from '../stage.ts'
import type { SandboxOptions } from '../../src/sandbox.ts'
import type { Stage } from '../stage.ts'

/**
 * Counts what an unmodified discord.js client did here. A step counts when it passed and the client really took part:
 * it had an answer of REST or a dispatch while the step ran.
 */
export class Steps {
  passed = 0
  /** passed, but the client had no part in them */
  readonly idle: string[] = []
  readonly checked = { requests: 0, responses: 0, dispatches: 0 }
  #activity = 0

  /** One thing that a bot does or lives through. */
  readonly step = (name: string, fn: () => Promise<void>): void => {
    void test(name, async () => {
      const before = this.#activity
      await fn()
      if (this.#activity > before) this.passed++
      else this.idle.push(name)
    })
  }

  /** A sandbox with a client whose doings count; close it with `close`. */
  readonly open = async (options: SandboxOptions = {}): Promise<Stage> => {
    const stage = await openStage(options)
    stage.client.rest.on(RESTEvents.Response, () => this.#activity++)
    stage.client.on(Events.Raw, () => this.#activity++)
    return stage
  }

  /** Closes, after the oracle has agreed with everything that was said. */
  readonly close = async (stage: Stage): Promise<void> => {
    try {
      stage.oracle.assertClean()
      const { checked } = stage.oracle.report()
      this.checked.requests += checked.requests
      this.checked.responses += checked.responses
      this.checked.dispatches += checked.dispatches
    } finally {
      await stage.close()
    }
  }
}
