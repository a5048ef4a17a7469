import { describe } from 'node:test'
import { echoScript } from './echo-script.ts'
import { intentStories } from './intent-kills.ts'

describe('what people want of an echo agent at work', { concurrency: true }, () =>
  intentStories(echoScript, { inARow: false }),
)
