// @ts-check
/** Moments: `<t:…:R>` that stay true while one looks at them, and the times beside messages. */
import { element } from './element.js'
import { spoken, t } from './words.js'

/** Discord's styles, as what Intl needs. @type {Record<string, Intl.DateTimeFormatOptions>} */
const STYLES = {
  t: { timeStyle: 'short' },
  T: { timeStyle: 'medium' },
  d: { dateStyle: 'short' },
  D: { dateStyle: 'long' },
  f: { dateStyle: 'long', timeStyle: 'short' },
  F: { dateStyle: 'full', timeStyle: 'short' },
  s: { dateStyle: 'short', timeStyle: 'short' },
  S: { dateStyle: 'short', timeStyle: 'medium' },
}
const UNITS = /** @type {[Intl.RelativeTimeFormatUnit, number][]} */ ([
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
])

/**
 * @param {number} at milliseconds of Unix time
 * @param {string} style one of Discord's letters
 */
export function timestamp(at, style) {
  const exact = Math.abs(at) < 8.64e15
  const title = exact ? format(at, 'F') : ''
  const attributes = { class: 'timestamp', title, ...(style === 'R' ? { 'data-relative': at } : {}) }
  const words = exact ? (style === 'R' ? ago(at) : format(at, style)) : t('Invalid date')
  return element('time', attributes, words)
}

/** @param {number} at @param {string} style */
export function format(at, style) {
  return new Intl.DateTimeFormat(language(), STYLES[style] ?? STYLES['f']).format(at)
}

function relative() {
  return new Intl.RelativeTimeFormat(language(), { numeric: 'auto' })
}

/** The person's language, in the browser's own kind of it where that is the same. */
function language() {
  return navigator.language.startsWith(spoken()) ? navigator.language : spoken()
}

/** @param {number} at @param {number} [now] */
function ago(at, now = Date.now()) {
  const seconds = Math.round((at - now) / 1000)
  for (const [unit, size] of UNITS) {
    // 3,599 seconds are an hour to a person.
    if (Math.abs(seconds) >= size * 0.95 || unit === 'second')
      return relative().format(Math.round(seconds / size), unit)
  }
  return ''
}

/**
 * Keeps relative times true, once a second; ends with the signal.
 * @param {AbortSignal} signal
 */
export function keepTime(signal) {
  const timer = setInterval(() => {
    for (const shown of document.querySelectorAll('time[data-relative]')) {
      const words = ago(Number(shown.getAttribute('data-relative')))
      if (shown.textContent !== words) shown.textContent = words
    }
  }, 1000)
  signal.addEventListener('abort', () => clearInterval(timer))
}

/** The line between two days. @param {number} at */
export function dayOf(at) {
  return new Intl.DateTimeFormat(language(), { dateStyle: 'full' }).format(at)
}
