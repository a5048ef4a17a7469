import { silenceStories } from '../silences.ts'

silenceStories('codex')
