import { silenceStories } from '../silences.ts'

silenceStories('claude')
