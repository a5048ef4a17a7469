import { deathStories } from '../deaths.ts'

deathStories('claude')
