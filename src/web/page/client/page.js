// @ts-check
import { html } from './html.js'
import { asksView, queueView, runsView, sessionsView } from './live.js'
import { chainsView, grantsView, healthView, transcriptsView, usageView } from './reading.js'

/**
 * @typedef {{
 *   state: import('./state.js').State, say: import('./words.js').Words,
 *   act: (path: string, form: object) => void, reveal: (run: string) => void, open: (what: Partial<import('./state.js').State>) => void,
 *   search: (words: string) => void, leave: () => void,
 * }} Shown what a view is drawn from, and what it can ask for
 */

/** @type {Record<string, (page: Shown) => any>} */
const views = {
  runs: runsView,
  sessions: sessionsView,
  queue: queueView,
  asks: asksView,
  chains: chainsView,
  usage: usageView,
  transcripts: transcriptsView,
  grants: grantsView,
  health: healthView,
}

export const viewNames = Object.keys(views)

/** The whole page. @param {Shown} page */
export function page(page) {
  const { state, say, open, leave } = page
  if (state.out !== null) {
    return html`<main class="out" id="content">
      <h1>${say.title}</h1>
      <p>${say.out[/** @type {keyof typeof say.out} */ (state.out)] ?? say.failed}</p>
    </main>`
  }
  const counts = {
    runs: [...state.runs.values()].filter(({ about }) => about?.endedAt === null).length,
    sessions: state.overview?.sessions.length,
    queue: state.overview?.queued,
    asks: state.overview?.asks.length,
  }
  return html`<div>
    <a class="skip" href="#content">${say.skip}</a>
    <header class="top">
      <h1>${say.title}</h1>
      <label title=${say.actingHint}
        ><input type="checkbox" checked=${state.acting} onChange=${() => open({ acting: !state.acting })} />
        ${say.acting}</label
      >
      <span class="who">@${state.me?.name ?? ''}</span>
      <button onClick=${leave}>${say.leave}</button>
    </header>
    <nav aria-label=${say.title}>
      ${viewNames.map((name, at) => {
        const count = counts[/** @type {keyof typeof counts} */ (name)]
        return html`<a
          key=${name}
          href=${`#/${name}`}
          aria-current=${name === state.view ? 'page' : null}
          title=${String(at + 1)}
        >
          ${say.views[/** @type {keyof typeof say.views} */ (name)]}${count ? html` <b class=${name === 'asks' ? 'asks' : ''}>${count}</b>` : null}
        </a>`
      })}
    </nav>
    ${state.connected ? null : html`<p class="warn" role="status">${say.away}</p>`}
    ${state.overview?.frozen ? html`<p class="warn" role="status">⏸ ${say.frozen(state.overview.frozen.by)}</p>` : null}
    <p class="said" role="status" aria-live="polite">${state.said}</p>
    ${state.hidden === null ? null : hiddenView(page)}
    <main id="content" tabindex="-1">${views[state.view]?.(page)}</main>
  </div>`
}

/** What was hidden in a run, until it is closed again. @param {Shown} page */
function hiddenView({ state, say, open }) {
  const hidden = state.hidden ?? []
  return html`<section class="hidden" aria-label=${say.reveal}>
    ${hidden.length === 0 ? html`<p>${say.none.hidden}</p>` : null}
    ${hidden.map(
      ({ rule, value }) =>
        html`<p>${rule}</p>
          <pre class="whole">${value}</pre>`,
    )}
    <button onClick=${() => open({ hidden: null })}>${say.close}</button>
  </section>`
}
