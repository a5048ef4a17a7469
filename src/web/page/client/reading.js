// @ts-check
import { money, moment, short } from './figures.js'
import { html, isHidden, typed } from './html.js'

/** @typedef {import('./page.js').Shown} Shown */

/** @param {Shown} page what agents wrote to each other, as trees */
export function chainsView({ state: { read }, say }) {
  const chains = read['chains']?.chains
  if (chains === undefined) return html`<p class="none">${say.loading}</p>`
  if (chains.length === 0) return html`<p class="none">${say.none.chains}</p>`
  return chains.map((/** @type {any} */ chain) => {
    const ids = new Set(chain.letters.map((/** @type {any} */ each) => each.id))
    const below = (/** @type {string | null} */ id) =>
      chain.letters.filter((/** @type {any} */ each) => (id === null ? !ids.has(each.above) : each.above === id))
    return html`<section key=${chain.id} class="card">
      <header>
        <h2>${chain.id}</h2>
        <span class="meta">${say.by(chain.by)} · ${moment(chain.at)}</span>
      </header>
      ${tree(below(null), below, say, 0)}
      ${chain.hidden > 0 ? html`<p class="meta">${say.hidden(chain.hidden)}</p>` : null}
    </section>`
  })
}

/** @param {any[]} letters @param {(id: string) => any[]} below @param {Shown['say']} say @param {number} depth @returns {any} */
function tree(letters, below, say, depth) {
  if (letters.length === 0 || depth > 20) return null
  return html`<ul class="tree">
    ${letters.map(
      (each) =>
        html`<li key=${each.id}>
          <details>
            <summary>
              <b>${each.from}</b> ${say.kinds[/** @type {keyof typeof say.kinds} */ (each.kind)]} <b>${each.to}</b>
              <span class="meta">
                ${[say.letterStates[/** @type {keyof typeof say.letterStates} */ (each.state)], each.consent === null ? null : say.consent(each.consent), each.id].filter(Boolean).join(' · ')}</span
              >
            </summary>
            <pre class="whole">${each.text}</pre>
          </details>
          ${tree(below(each.id), below, say, depth + 1)}
        </li>`,
    )}
  </ul>`
}

/** @param {Shown} page */
export function usageView({ state: { read, days }, say, open }) {
  const usage = read['usage']
  const choose = ['1', '7', '30', '90'].map(
    (each) =>
      html`<button aria-pressed=${String(each === days)} onClick=${() => open({ days: each })}>
        ${say.daysOf(each)}
      </button>`,
  )
  if (usage === undefined) return html`<p class="none">${say.loading}</p>`
  const nothing = usage.day.length === 0
  return html`<div>
    <p class="choices">${choose}</p>
    ${nothing ? html`<p class="none">${say.none.usage}</p>` : chart(usage.day, say)}
    ${nothing ? null : table(say.person, usage.person, (key) => usage.names[key] ?? key, say)}
    ${nothing ? null : table(say.model, usage.model, (key) => key || say.unknownModel, say)}
    ${nothing ? null : table(say.day, usage.day, (key) => key, say)}
  </div>`
}

/** @param {string} head @param {any[]} sums @param {(key: string) => string} name @param {Shown['say']} say */
function table(head, sums, name, say) {
  return html`<table>
    <thead>
      <tr>
        <th scope="col">${head}</th>
        <th scope="col">${say.tokensHead}</th>
        <th scope="col">${say.cost}</th>
      </tr>
    </thead>
    <tbody>
      ${sums.map(
        (sum) =>
          html`<tr key=${sum.key}>
            <th scope="row">${name(sum.key)}</th>
            <td>${short(sum.tokens)}</td>
            <td>${money(sum.costUsd) ?? say.noCost}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

/** One bar a day; the table below says the same. @param {any[]} sums @param {Shown['say']} say */
function chart(sums, say) {
  const most = Math.max(1, ...sums.map(({ tokens }) => tokens))
  const wide = 600 / sums.length
  return html`<svg class="chart" viewBox="0 0 600 120" role="img" aria-label=${say.chart} preserveAspectRatio="none">
    ${sums.map(({ key, tokens }, /** @type {number} */ at) => {
      const tall = Math.max(1, (tokens / most) * 116)
      return html`<rect
        key=${key}
        x=${at * wide + wide * 0.1}
        y=${120 - tall}
        width=${Math.min(wide * 0.8, 60)}
        height=${tall}
        ><title>${key}: ${short(tokens)}</title></rect
      >`
    })}
  </svg>`
}

/** @param {Shown} page */
export function transcriptsView({ state: { read, open: session, words, found, acting }, say, open, search, reveal }) {
  const sessions = read['transcripts']?.sessions ?? []
  const ask = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault()
    const form = /** @type {HTMLFormElement} */ (event.target)
    search(typed(form, 'words'))
  }
  const turns = session === null ? found?.found : read['transcript']?.turns
  const cut = session === null ? found?.cut : read['transcript']?.cut
  const none = session === null ? (words === '' ? null : say.none.found) : say.none.transcripts
  return html`<div>
    <form class="search" role="search" onSubmit=${ask}>
      <input
        id="words"
        name="words"
        type="search"
        minlength="2"
        maxlength="200"
        defaultValue=${words}
        aria-label=${say.search}
        placeholder=${`${say.search} · ${say.searchHint}`}
      />
      <button>${say.find}</button>
      <select
        aria-label=${say.views.sessions}
        onChange=${(/** @type {any} */ event) => open({ open: event.target.value || null })}
      >
        <option value="" selected=${session === null}>${say.all}</option>
        ${sessions.map((/** @type {any} */ each) => html`<option key=${each.id} value=${each.id} selected=${each.id === session}>${each.name} · ${each.runtime}${each.endedAt === null ? '' : ` · ${say.ended}`}</option>`)}
      </select>
    </form>
    ${turns === undefined ? null : turns.map((/** @type {any} */ turn) => turnOf(turn, say, acting ? reveal : null))}
    ${turns !== undefined && turns.length === 0 && none !== null ? html`<p class="none">${none}</p>` : null}
    ${cut === true ? html`<p class="meta">${say.cut}</p>` : null}
  </div>`
}

/** @param {any} turn @param {Shown['say']} say @param {Shown['reveal'] | null} reveal */
function turnOf(turn, say, reveal) {
  const outcome = say.outcomes[/** @type {keyof typeof say.outcomes} */ (turn.outcome)] ?? turn.outcome
  return html`<article key=${turn.run} class="turn">
    <p class="meta">${[turn.name, `@${turn.by}`, moment(turn.asked), outcome].filter(Boolean).join(' · ')}</p>
    <p class="prompt">${turn.text}</p>
    ${
      turn.steps.length === 0
        ? null
        : html`<details>
            <summary>${say.steps(turn.steps.length)}</summary>
            <ul>
              ${turn.steps.map((/** @type {any} */ step) => html`<li>${step.tool} <code>${step.title}</code></li>`)}
            </ul>
          </details>`
    }
    <pre class="whole">${turn.answer}</pre>
    ${reveal !== null && isHidden(turn.text, turn.answer) ? html`<button onClick=${() => reveal(turn.run)}>${say.reveal}</button>` : null}
  </article>`
}

/** @param {Shown} page */
export function grantsView({ state: { read }, say }) {
  const grants = read['grants']
  if (grants === undefined) return html`<p class="none">${say.loading}</p>`
  const more = grants.hidden > 0 ? html`<p class="meta">${say.hidden(grants.hidden)}</p>` : null
  if (grants.grants.length === 0) return more ?? html`<p class="none">${say.none.grants}</p>`
  const name = (/** @type {string} */ id) => grants.names[id] ?? id
  return html`<table>
      <thead>
        <tr>
          <th scope="col">${say.person}</th>
          <th scope="col">${say.state}</th>
          <th scope="col">${say.scope}</th>
          <th scope="col">${say.givenBy}</th>
        </tr>
      </thead>
      <tbody>
        ${grants.grants.map(
          (/** @type {any} */ each) =>
            html`<tr>
              <th scope="row">${name(each.person)}</th>
              <td>${each.tier}</td>
              <td>${say.scopes[/** @type {keyof typeof say.scopes} */ (each.scope.kind)]} ${each.scope.id ?? ''}</td>
              <td>${name(each.by)} · ${moment(each.at)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${more}`
}

/** @param {Shown} page */
export function healthView({ state: { overview }, say }) {
  if (overview === null) return html`<p class="none">${say.loading}</p>`
  const { health } = overview
  const facts = [
    [say.version, health.version],
    [say.gateway, health.gateway],
    [say.processes, health.processes],
    [say.closed, health.closed],
    [say.restarts, health.restarts],
    [say.box, health.boxed ? say.boxed : say.unboxed],
  ]
  return html`<div>
    <p class=${health.ok ? 'good' : 'warn'}>${health.ok ? say.ok : say.notOk}</p>
    ${health.findings.length === 0 ? html`<p class="none">${say.none.findings}</p>` : null}
    <ul class="rows">
      ${health.findings.map((/** @type {any} */ each) => html`<li class=${each.level}>${each.level === 'error' ? '⚠' : '·'} ${each.text} <span class="meta">${moment(each.since)}</span></li>`)}
    </ul>
    <table>
      <tbody>
        ${facts.map(
          ([name, value]) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td>${value}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}
