import { describe } from 'node:test'
import { askingContract } from './runtime-asking.ts'
import { dyingContract } from './runtime-dying.ts'
import { givingContract } from './runtime-giving.ts'
import { livesContract } from './runtime-lives.ts'
import { privacyContract } from './runtime-privacy.ts'
import { rightsContract } from './runtime-rights.ts'
import { sideBySide, storiesOf, type RuntimeBench } from './runtime-stage.ts'
import { steeringContract } from './runtime-steering.ts'
import { stoppingContract } from './runtime-stopping.ts'
import { turnsContract } from './runtime-turns.ts'
import { warmContract } from './runtime-warm.ts'

/** What every runtime owes; `make` may look at nothing but the test's own folders. */
export function runtimeContract(name: string, make: () => Promise<RuntimeBench>): void {
  const story = storiesOf(name, make)
  describe(`${name} keeps the runtime contract`, sideBySide, () => {
    // Those that last longest first.
    livesContract(story)
    dyingContract(story)
    steeringContract(story)
    stoppingContract(story)
    rightsContract(story)
    turnsContract(story)
    warmContract(story)
    askingContract(story)
    givingContract(story)
    privacyContract(story)
  })
}
