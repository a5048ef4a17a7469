import assert from 'node:assert/strict'
import { test } from 'node:test'
import { version } from 'discord.js'
import { commandRules } from './command-rules.ts'
import { commands } from './commands.ts'
import { interactions } from './interactions.ts'
import { messageRules } from './message-rules.ts'
import { messages } from './messages.ts'
import { places } from './places.ts'
import { passingTime } from './passing-time.ts'
import { permissions } from './permissions.ts'
import { polls } from './polls.ts'
import { Steps } from './steps.ts'

const steps = new Steps()
for (const chapter of [
  messages,
  messageRules,
  places,
  commands,
  commandRules,
  interactions,
  polls,
  passingTime,
  permissions,
])
  chapter(steps)

// Runs last: tests of a file run in the order they were written down.
test('at least 120 steps with a real discord.js client', (context) => {
  const { requests, responses, dispatches } = steps.checked
  context.diagnostic(
    `${steps.passed} steps with discord.js ${version} on Node ${process.version}; under the oracle: ` +
      `${requests} requests, ${responses} answers, ${dispatches} dispatches`,
  )
  if (steps.idle.length > 0) context.diagnostic(`not counted, the client had no part in: ${steps.idle.join('; ')}`)
  assert.ok(steps.passed >= 120, `only ${steps.passed}`)
})
