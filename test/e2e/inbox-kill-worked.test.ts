import { describe } from 'node:test'
import { inboxStories } from './inbox-kills.ts'

describe('killed once what a person did was worked off', { concurrency: true }, () => {
  inboxStories('worked')
})
