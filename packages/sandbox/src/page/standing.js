// @ts-check
/**
 * What the host of the sandbox says while one looks: whether the bot is there, what happens to it, and the steps of a
 * newcomer that tick off by themselves.
 */
import { element, morphChildren } from './element.js'
import { ofHost, t } from './words.js'

const LOOK_EVERY = 500

/** @typedef {string | Record<string, string>} Said one text, or one for each language */
/** @typedef {{ line: { text: Said, tone: string } | null, steps: { text: Said, done: boolean }[], bots: { id: string, online: boolean }[] }} State */

export class Standing {
  #page
  #line = element('div', { class: 'standing-line', role: 'status', hidden: true })
  #list = element('ol', { class: 'steps' })
  #count = element('span', { class: 'steps-count' })
  #steps = element(
    'details',
    { class: 'steps-box', hidden: true },
    element('summary', {}, element('strong', {}, t('The first minute')), ' ', this.#count),
    this.#list,
  )
  /** Told once, so that a step that is opened or closed by hand stays so. */
  #begun = false

  /** @param {import('./page.js').Page} page */
  constructor(page) {
    this.#page = page
    this.element = element('div', { class: 'standing' }, this.#line, this.#steps)
  }

  /** @param {AbortSignal} signal */
  open(signal) {
    const look = () => void this.#look()
    look()
    const timer = setInterval(look, LOOK_EVERY)
    signal.addEventListener('abort', () => clearInterval(timer))
  }

  async #look() {
    if (document.visibilityState !== 'visible') return
    /** @type {State | null} */
    const state = await fetch('/sandbox/standing')
      .then((response) => (response.ok ? response.json() : null))
      .catch(() => null)
    if (state) this.#draw(state)
  }

  /** @param {State} state */
  #draw({ line, steps, bots }) {
    const { store } = this.#page.session
    for (const { id, online } of bots) {
      const now = online ? 'online' : 'offline'
      if (store.presences.get(id) === now) continue
      store.presences.set(id, now)
      store.touch('people')
    }
    this.#line.hidden = line === null
    const said = ofHost(line?.text ?? '')
    if (this.#line.textContent !== said) this.#line.textContent = said
    this.#line.dataset['tone'] = line?.tone ?? 'calm'
    const done = steps.filter((step) => step.done).length
    this.#steps.hidden = steps.length === 0
    this.#count.textContent = t('{0} of {1}', done, steps.length)
    // Open for whoever is new, and has room for it beside what they came for.
    if (!this.#begun && steps.length > 0) {
      this.#begun = true
      this.#steps.open = done < steps.length && matchMedia('(min-width: 701px)').matches
    }
    morphChildren(
      this.#list,
      steps.map(({ text, done: isDone }) =>
        element(
          'li',
          { class: isDone ? 'done' : '' },
          element('span', { class: 'tick', 'aria-hidden': 'true' }, isDone ? '✓' : '○'),
          element('span', {}, ofHost(text)),
          isDone && element('span', { class: 'unseen' }, t(' (done)')),
        ),
      ),
    )
  }
}
