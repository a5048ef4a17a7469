// @ts-check
/**
 * What the host of the sandbox says while one looks: whether the bot is there, what happens to it, and the steps of a
 * newcomer that tick off by themselves.
 */
import { element, morphChildren } from './element.js'

const LOOK_EVERY = 500

/** @typedef {{ line: { text: string, tone: string } | null, steps: { text: string, done: boolean }[], bots: { id: string, online: boolean }[] }} State */

export class Standing {
  #page
  #line = element('div', { class: 'standing-line', role: 'status', hidden: true })
  #list = element('ol', { class: 'steps' })
  #count = element('span', { class: 'steps-count' })
  #steps = element(
    'details',
    { class: 'steps-box', hidden: true },
    element('summary', {}, element('strong', {}, 'The first minute'), ' ', this.#count),
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
    if (this.#line.textContent !== (line?.text ?? '')) this.#line.textContent = line?.text ?? ''
    this.#line.dataset['tone'] = line?.tone ?? 'calm'
    const done = steps.filter((step) => step.done).length
    this.#steps.hidden = steps.length === 0
    this.#count.textContent = `${done} of ${steps.length}`
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
          element('span', {}, text),
          isDone && element('span', { class: 'unseen' }, ' (done)'),
        ),
      ),
    )
  }
}
