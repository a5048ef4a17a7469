import type { Tier } from './right.ts'

/** Korean endings behind a tier's English name, by how it is read aloud: 퍼블릭 ends in a consonant, the others do not. */
export function tierEnding(tier: Tier, ending: 'is' | 'because' | 'was'): string {
  const [afterConsonant, afterVowel] = endings[ending]
  return tier === 'public' ? afterConsonant : afterVowel
}

const endings = {
  is: ['이에요', '예요'],
  because: ['이라서', '라서'],
  was: ['이었는데', '였는데'],
} as const
