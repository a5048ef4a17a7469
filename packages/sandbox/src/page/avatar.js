// @ts-check
/** Faces made of initials, with a colour that belongs to the id. */
import { element } from './element.js'

/**
 * @param {{ id: string, username?: string, global_name?: string | null, bot?: boolean } | undefined} user
 * @param {string} [size] a class: small
 */
export function avatar(user, size = '') {
  const name = user?.global_name ?? user?.username ?? '?'
  const attributes = {
    class: `avatar ${size} ${user?.bot ? 'app' : ''}`,
    style: `--hue: ${hueOf(user?.id ?? '0')}`,
    'aria-hidden': 'true',
  }
  return element('span', attributes, initials(name))
}

/** @param {string} name */
function initials(name) {
  const words = name.split(/[\s._-]+/).filter(Boolean)
  const letters = words.length > 1 ? `${first(words[0])}${first(words[1])}` : first(words[0])
  return letters.toUpperCase()
}

/** The first character a person would count. @param {string | undefined} word */
function first(word) {
  const [character] = new Intl.Segmenter().segment(word ?? '?')
  return character?.segment ?? '?'
}

/** @param {string} id */
function hueOf(id) {
  // The golden angle spreads ids that follow one another, as those of a seeded world do.
  return Math.round(Number(BigInt(id) % 1_000_003n) * 137.508) % 360
}
