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

/** What every runtime owes; `make` may look at nothing but the test's own folders. `inARow`: see `storiesOf`. */
export function runtimeContract(name: string, make: () => Promise<RuntimeBench>, { inARow = false } = {}): void {
  const { story, row } = storiesOf(name, make, { inARow })
  describe(`${name} keeps the runtime contract`, sideBySide, () => {
    // Whose stories of any session begin with a new process, and otherwise those that last longest.
    turnsContract(story)
    livesContract(story)
    dyingContract(story)
    steeringContract(story)
    stoppingContract(story)
    warmContract(story)
    askingContract(story)
    givingContract(story)
    privacyContract(story)
    // Its row ends with somebody who has fewer rights, whose process is no use to others.
    rightsContract(story)
    row()
  })
}
