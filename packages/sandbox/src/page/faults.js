// @ts-check
/** The faults a sandbox can be given from the page: switches, what is on now, and how often each one struck. */
import { element, morphChildren } from './element.js'
import { t } from './words.js'

/** @typedef {{ id: string, fault: { kind: string } & Record<string, unknown>, hits: number, held?: number }} Standing */

const POSTS = { method: 'POST', path: '^/channels/\\d+/messages$' }
const EDITS = { method: 'PATCH', path: '/messages/' }

/** What a person may want to go wrong, by name; the server knows more kinds. @type {[string, Record<string, unknown>][]} */
const SWITCHES = [
  ['Break the bot’s line', { kind: 'gateway.disconnect' }],
  ['Ask the bot to reconnect (op 7)', { kind: 'gateway.reconnect' }],
  ['End the bot’s session (op 9)', { kind: 'gateway.invalidate', resumable: false }],
  ['Break every line, also mine', { kind: 'gateway.disconnect', people: true }],
  ['Refuse to resume, once', { kind: 'gateway.refuseResume', times: 1 }],
  ['Refuse new lines (502)', { kind: 'gateway.refuseUpgrade' }],
  ['Swallow heartbeats', { kind: 'gateway.muteAcks' }],
  ['Every event twice', { kind: 'gateway.duplicate' }],
  ['Events 3 s late', { kind: 'gateway.delay', ms: 3000 }],
  ['429 on the next 3 edits', { kind: 'rest.limit', ...EDITS, times: 3, retryAfter: 2 }],
  ['500 on the next 2 posts', { kind: 'rest.error', ...POSTS, times: 2 }],
  ['Lose the answer to the next post', { kind: 'rest.drop', ...POSTS, times: 1, when: 'after' }],
  ['Hold the answer to the next post', { kind: 'rest.hold', ...POSTS, times: 1 }],
  ['Attachments gone (404)', { kind: 'cdn.missing' }],
]
const LIMITS = ['off', 'real', 'sliding', 'storm']
const LOOK_EVERY = 1000

export class FaultDrawer {
  #list = element('ul', { class: 'fault-list' })
  #say
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #looking
  /** @type {(open: boolean) => void} */
  onToggle = () => {}

  /** @param {(text: string) => void} say */
  constructor(say) {
    this.#say = say
    const buttons = SWITCHES.map(([label, fault]) =>
      element('button', { type: 'button', class: 'bar-button', on: { click: () => void this.#add(fault) } }, t(label)),
    )
    const clear = () => void this.#call('DELETE', '/sandbox/faults')
    this.limits = element(
      'select',
      {
        class: 'bar-button',
        on: { change: () => void this.#call('PUT', '/sandbox/limits', { mode: this.limits.value }) },
      },
      LIMITS.map((mode) => element('option', { value: mode }, mode)),
    )
    this.element = element(
      'section',
      { class: 'faults', hidden: true, 'aria-label': t('Faults') },
      element('p', {}, t('What should go wrong? A switch strikes the bot alone unless it says otherwise.')),
      element('div', { class: 'fault-buttons' }, buttons),
      element(
        'div',
        { class: 'fault-buttons' },
        element('label', {}, t('Rate limits '), this.limits),
        element('button', { type: 'button', class: 'bar-button', on: { click: clear } }, t('All faults off')),
      ),
      this.#list,
    )
    this.#list.addEventListener('click', (event) => {
      const button = event.target instanceof Element ? event.target.closest('[data-fault]') : null
      const id = button?.getAttribute('data-fault') ?? ''
      if (!button) return
      if (button.getAttribute('data-act') === 'release') void this.#call('POST', `/sandbox/faults/${id}/release`)
      else void this.#call('DELETE', `/sandbox/faults/${id}`)
    })
  }

  async toggle() {
    const open = this.element.hasAttribute('hidden')
    this.element.hidden = !open
    this.onToggle(open)
    clearInterval(this.#looking)
    if (!open) return
    this.#looking = setInterval(() => void this.#look(), LOOK_EVERY)
    const info = await fetch('/sandbox/info')
      .then((response) => response.json())
      .catch(() => null)
    this.limits.value = info?.limits ?? 'off'
    await this.#look()
  }

  /** Ends looking; the page is another person's now. */
  close() {
    clearInterval(this.#looking)
  }

  /** @param {Record<string, unknown>} fault */
  async #add(fault) {
    const made = await this.#call('POST', '/sandbox/faults', fault)
    const struck = await made?.json().catch(() => null)
    if (struck?.hits > 0) this.#say(t('Done: {0} struck.', struck.hits))
  }

  /** @param {string} method @param {string} path @param {unknown} [body] */
  async #call(method, path, body) {
    const json =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const response = await fetch(path, { method, ...json }).catch(() => null)
    if (!response?.ok) this.#say(t('The sandbox refused: {0}', response ? await response.text() : t('no answer')))
    await this.#look()
    return response?.ok ? response : null
  }

  async #look() {
    /** @type {Standing[] | null} */
    const standing = await fetch('/sandbox/faults')
      .then((response) => response.json())
      .catch(() => null)
    if (!standing) return
    morphChildren(this.#list, standing.map(line))
  }
}

/** @param {Standing} standing */
function line({ id, fault, hits, held = 0 }) {
  const { kind, ...rest } = fault
  const details = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`)
  const button = (/** @type {string} */ act, /** @type {string} */ label) =>
    element('button', { type: 'button', class: 'as-link', 'data-act': act, 'data-fault': id }, label)
  return element(
    'li',
    { 'data-key': id },
    element('code', {}, kind),
    element('span', {}, details.join(', ')),
    element('strong', {}, t('struck {0}×', hits)),
    held > 0 && button('release', t('Let {0} go', held)),
    button('remove', t('Off')),
  )
}
