import { floodStories } from '../floods.ts'

floodStories('codex')
