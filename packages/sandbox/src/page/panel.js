// @ts-check
/** The bar on top: that this is a sandbox, the buttons of its host, what the oracle counted, and the faults. */
import { FaultDrawer } from './faults.js'
import { element, icon } from './element.js'
import { ICONS } from './icons.js'
import { Standing } from './standing.js'
import { ofHost, t } from './words.js'

const COUNT_EVERY = 5000

export class Panel {
  #page
  #controls = element('div', { class: 'controls', role: 'toolbar', 'aria-label': t('Controls of the host') })
  #oracle = element('span', { class: 'oracle' })
  #standing
  #faults = new FaultDrawer((text) => this.#page.say(text))

  /** @param {import('./page.js').Page} page */
  constructor(page) {
    this.#page = page
    this.#standing = new Standing(page)
    const click = () => void this.#faults.toggle()
    this.faultsButton = element(
      'button',
      { type: 'button', class: 'bar-button', 'aria-expanded': 'false', on: { click } },
      icon(ICONS.faults),
      t('Faults'),
    )
    this.element = element(
      'div',
      { class: 'panel' },
      element(
        'div',
        { class: 'bar' },
        element('strong', {}, t('Sandbox')),
        element('span', { class: 'bar-words' }, t('A Discord on this machine. Nothing leaves it.')),
        this.#controls,
        this.#oracle,
        this.faultsButton,
      ),
      this.#faults.element,
      this.#standing.element,
    )
    this.#faults.onToggle = (open) => this.faultsButton.setAttribute('aria-expanded', String(open))
  }

  /** @param {AbortSignal} signal */
  open(signal) {
    void this.#drawControls()
    this.#standing.open(signal)
    const count = () => void this.#count()
    count()
    const timer = setInterval(count, COUNT_EVERY)
    signal.addEventListener('abort', () => {
      clearInterval(timer)
      this.#faults.close()
    })
  }

  async #drawControls() {
    const info = await read('/sandbox/info')
    const buttons = (info?.controls ?? []).map(
      (/** @type {{ id: string, label: string | Record<string, string> }} */ control) => {
        const button = element(
          'button',
          { type: 'button', class: 'bar-button control', on: { click: () => void this.#run(control, button) } },
          ofHost(control.label),
        )
        return button
      },
    )
    this.#controls.replaceChildren(...buttons)
  }

  /** @param {{ id: string, label: string | Record<string, string> }} control @param {HTMLButtonElement} button */
  async #run(control, button) {
    button.disabled = true
    try {
      const response = await fetch(`/sandbox/controls/${encodeURIComponent(control.id)}`, { method: 'POST' })
      const led = response.status === 200 ? await response.json() : null
      if (typeof led?.place === 'string') this.#page.go(led.place)
      else if (response.ok) this.#page.say(t('{0}: done.', ofHost(control.label)))
      else this.#page.say(`${ofHost(control.label)}: ${(await response.text()) || response.status}`)
    } catch {
      this.#page.say(t('{0}: the sandbox did not answer.', ofHost(control.label)))
    }
    button.disabled = false
    await this.#drawControls()
  }

  async #count() {
    if (document.visibilityState !== 'visible') return
    const report = await read('/sandbox/oracle')
    const broken = report?.violations?.length ?? 0
    this.#oracle.hidden = typeof report?.checked !== 'number'
    this.#oracle.textContent = t('{0} messages checked, {1} wrong', report?.checked ?? 0, broken)
    this.#oracle.title = (report?.violations ?? [])
      .slice(0, 10)
      .map((/** @type {unknown} */ one) => (typeof one === 'string' ? one : JSON.stringify(one)))
      .join('\n')
    this.#oracle.classList.toggle('wrong', broken > 0)
  }
}

/** @param {string} path @returns {Promise<any>} null when the sandbox has nothing to say */
async function read(path) {
  try {
    const response = await fetch(path)
    return response.ok ? await response.json() : null
  } catch {
    return null
  }
}
