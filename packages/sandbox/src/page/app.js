// @ts-check
/**
 * The beginning: asks whom one can be, reads the address (`#alice/<channel id>`), opens that person's page, and
 * follows the address from then on. Two tabs with two addresses are two people.
 */
import { element } from './element.js'
import { Page, personInAddress, placeInAddress } from './page.js'
import { keepTime } from './timestamps.js'
import { speak, t } from './words.js'

/** @typedef {import('./page.js').Person} Person */

/** @returns {Promise<Person[]>} */
async function people() {
  const response = await fetch('/sandbox/people')
  if (!response.ok) throw new Error(`The sandbox answered ${response.status}.`)
  return response.json()
}

const RETRY = 1500

async function begin() {
  speak(null)
  keepTime(new AbortController().signal)
  const known = await waitForPeople()
  const home = await homeOfHost()
  /** @type {Page | null} */
  let page = null
  const follow = () => {
    const name = personInAddress()
    const fallback = localStorage.getItem('person')
    const named = (/** @type {string | null} */ wanted) => known.find(({ user }) => user.username === wanted)
    const person = named(name) ?? named(fallback) ?? known[0]
    if (!person) return
    localStorage.setItem('person', person.user.username)
    if (page?.session.person === person) {
      page.show(placeInAddress())
      return
    }
    page?.close()
    // Whoever speaks Korean reads the page in it; the others in the browser's language.
    speak(person.locale?.startsWith('ko') ? person.locale : null)
    page = new Page(person, { people, home })
    document.body.prepend(page.element)
    page.open()
  }
  addEventListener('hashchange', follow)
  document.getElementById('beginning')?.remove()
  follow()
}

/** Where the host wants one to begin. @returns {Promise<string | null>} */
async function homeOfHost() {
  const response = await fetch('/sandbox/home').catch(() => null)
  return response?.ok ? (await response.json()).place : null
}

/** The page may be open before its server is. */
async function waitForPeople() {
  for (;;) {
    try {
      const found = await people()
      if (found.length > 0) return found
    } catch {
      document.getElementById('beginning')?.replaceChildren(element('p', {}, t('Waiting for the sandbox to answer …')))
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY))
  }
}

void begin()
