import { deathStories } from '../deaths.ts'

deathStories('codex')
