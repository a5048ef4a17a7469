import { floodStories } from '../floods.ts'

floodStories('claude')
