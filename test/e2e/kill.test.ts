import { describe } from 'node:test'
import { echoScript } from './echo-script.ts'
import { killStories } from './kills.ts'

describe('the bot of an echo agent', { concurrency: true }, () => killStories(echoScript, { inARow: false }))
