import { describe } from 'node:test'
import { echoScript } from '../e2e/echo-script.ts'
import { manyKills } from '../e2e/kills.ts'

describe('the bot of an echo agent', () => {
  manyKills(echoScript)
})
