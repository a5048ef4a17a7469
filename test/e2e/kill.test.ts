import { describe } from 'node:test'
import { echoScript } from './echo-script.ts'
import { intentStories } from './intent-kills.ts'
import { killStories } from './kills.ts'

describe('the bot of an echo agent', { concurrency: true }, () => {
  killStories(echoScript)
  intentStories(echoScript)
})
