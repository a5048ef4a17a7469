// @ts-check
import { clock, money, moment, short } from './figures.js'
import { html, isHidden, typed } from './html.js'

/** @typedef {import('./page.js').Shown} Shown */

/** @param {Shown} page runs as they stream */
export function runsView({ state, say, act, reveal }) {
  const runs = [...state.runs.values()].filter(({ about }) => about !== null)
  if (runs.length === 0) return html`<p class="none">${say.none.runs}</p>`
  const now = Date.now()
  return html`<div class="cards">
    ${runs.map(({ id, about, text }) => {
      const time = about.startedAt === null ? null : clock((about.endedAt ?? now) - about.startedAt)
      const stands = named(about, say)
      const from = about.letter === null ? say.by(about.by) : say.letterOf(about.letter)
      const figures = [
        time,
        about.steps > 0 ? say.steps(about.steps) : null,
        about.tokens > 0 ? say.tokens(short(about.tokens)) : null,
        money(about.costUsd),
      ]
      return html`<article key=${id} class="card ${about.outcome ?? about.state}">
        <header>
          <h2>${about.session}</h2>
          <span class="state">${stands}</span>
        </header>
        <p class="meta">${[from, ...figures].filter(Boolean).join(' · ')}</p>
        <p class="prompt">${about.text}</p>
        ${about.step === null ? null : html`<p class="step">› ${about.step.tool} <code>${about.step.title}</code></p>`}
        <div class="text" tabindex="0"><pre>${text}</pre></div>
        <footer>
          <a href=${about.where} target="_blank" rel="noreferrer">${say.inDiscord}</a>
          ${state.acting && about.endedAt === null ? html`<button class="bad" onClick=${() => act('/page/stop', { run: id })}>${say.stop}</button>` : null}
          ${state.acting && isHidden(about.text, text) ? html`<button onClick=${() => reveal(id)}>${say.reveal}</button>` : null}
        </footer>
      </article>`
    })}
  </div>`
}

/** @param {Shown} page */
export function sessionsView({ state: { overview }, say }) {
  if (overview === null) return html`<p class="none">${say.loading}</p>`
  const { sessions, hidden } = overview
  return html`<div>
    ${sessions.length === 0 ? html`<p class="none">${say.none.sessions}</p>` : null}
    <ul class="rows">
      ${sessions.map(
        (/** @type {any} */ each) =>
          html`<li key=${each.id}>
            <a href=${each.where} target="_blank" rel="noreferrer"><b>${each.name}</b></a>
            <span class="state ${each.state}"
              >${say.states[/** @type {keyof typeof say.states} */ (each.state)]}${each.waiting > 0 ? ` +${each.waiting}` : ''}</span
            >
            <span class="meta"
              >${[each.runtime, each.model, each.branch, moment(each.startedAt)].filter(Boolean).join(' · ')}</span
            >
            <code>${each.folder}</code>
          </li>`,
      )}
    </ul>
    ${hidden > 0 ? html`<p class="meta">${say.hidden(hidden)}</p>` : null}
  </div>`
}

/** @param {Shown} page */
export function queueView({ state: { overview, acting }, say, act }) {
  if (overview === null) return html`<p class="none">${say.loading}</p>`
  const { queue, queued } = overview
  if (queued === 0) return html`<p class="none">${say.none.queue}</p>`
  return html`<div>
    <ol class="rows">
      ${queue.map(
        (/** @type {any} */ each) =>
          html`<li key=${each.run}>
            <b>${each.session}</b>
            <span class="state waiting">${each.stands ?? say.soon}</span>
            <span class="meta">${say.by(each.by)} · ${clock(Date.now() - each.since)}</span>
            <span class="prompt">${each.text}</span>
            ${each.first ? html`<span class="meta">↑ ${say.isFirst}</span>` : null}
            ${acting && !each.first ? html`<button onClick=${() => act('/page/first', { run: each.run })}>${say.first}</button>` : null}
            ${acting ? html`<button onClick=${() => act('/page/stop', { run: each.run })}>${say.withdraw}</button>` : null}
          </li>`,
      )}
    </ol>
    ${queue.length < queued ? html`<p class="meta">${say.queued(queue.length, queued)}</p>` : null}
  </div>`
}

/** @param {Shown} page */
export function asksView({ state: { overview, acting }, say, act }) {
  if (overview === null) return html`<p class="none">${say.loading}</p>`
  if (overview.asks.length === 0) return html`<p class="none">${say.none.asks}</p>`
  return html`<div class="cards">
    ${overview.asks.map((/** @type {any} */ ask) => {
      const answer = (/** @type {object} */ how) => act('/page/answer', { token: ask.token, how })
      return html`<article key=${ask.token} class="card asking">
        <header>
          <h2>${ask.session}</h2>
          <span class="state">? ${ask.runtime}</span>
        </header>
        <p class="meta">
          ${[say.by(ask.by), ask.folder, ...ask.risks.map((/** @type {keyof typeof say.risks} */ risk) => say.risks[risk]), moment(ask.expiresAt)].join(' · ')}
        </p>
        <pre class="whole" tabindex="0">${ask.body}</pre>
        ${ask.changed.length > 0 ? html`<p class="warn">⚠ ${say.changed(ask.changed.join(', '))}</p>` : null}
        <footer>
          <a href=${ask.where} target="_blank" rel="noreferrer">${say.inDiscord}</a>
          ${acting && ask.plain ? plainAnswers(ask, answer, say) : null}
          ${acting ? ask.options.map((/** @type {string} */ label, /** @type {number} */ option) => html`<button onClick=${() => answer({ kind: 'choose', option })}>${label}</button>`) : null}
          ${acting && !ask.plain && ask.options.length === 0 ? html`<span class="meta">${say.answerInDiscord}</span>` : null}
        </footer>
      </article>`
    })}
  </div>`
}

/** @param {any} ask @param {(how: object) => void} answer @param {Shown['say']} say */
function plainAnswers(ask, answer, say) {
  const deny = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault()
    const form = /** @type {HTMLFormElement} */ (event.target)
    answer({ kind: 'deny', reason: typed(form, 'reason') })
  }
  return html`<form class="answers" onSubmit=${deny}>
    <button type="button" class="good" onClick=${() => answer({ kind: 'approve', lasting: false })}>
      ${say.approve}
    </button>
    ${ask.lasting ? html`<button type="button" onClick=${() => answer({ kind: 'approve', lasting: true })}>${say.approveLasting}</button>` : null}
    <input name="reason" maxlength="1000" aria-label=${say.reason} placeholder=${say.reason} />
    <button class="bad">${say.deny}</button>
  </form>`
}

/** @param {any} about @param {Shown['say']} say */
function named({ state, outcome }, say) {
  if (outcome === null) return say.states[/** @type {keyof typeof say.states} */ (state)]
  return say.outcomes[/** @type {keyof typeof say.outcomes} */ (outcome)]
}
