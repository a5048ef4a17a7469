// @ts-check
/** So much of an answer is kept. */
const longest = 6_000

/**
 * @typedef {{ id: string, about: any, from: number, text: string }} Run
 * @typedef {{
 *   me: { name: string, locale: string } | null, out: string | null, connected: boolean, acting: boolean, view: string,
 *   runs: Map<string, Run>, overview: any, read: Record<string, any>, said: string | null, hidden: { rule: string, value: string }[] | null,
 *   open: string | null, words: string, seeks: boolean, found: any, days: string,
 * }} State
 */

/** @returns {State} what the page knows before anything was told */
export function beginning() {
  return {
    me: null,
    out: null,
    connected: false,
    acting: false,
    view: 'runs',
    runs: new Map(),
    overview: null,
    read: {},
    said: null,
    hidden: null,
    open: null,
    words: '',
    seeks: false,
    found: null,
    days: '7',
  }
}

/**
 * Takes what has changed of the runs.
 * @param {Map<string, Run>} runs
 * @param {{ live: string[], changes: { id: string, about?: any, text?: { from: number, at: number, text: string } }[] }} told
 */
export function take(runs, { live, changes }) {
  for (const { id, about, text } of changes) {
    const run = runs.get(id) ?? { id, about: null, from: 0, text: '' }
    const next = { ...run, about: about ?? run.about }
    runs.set(id, text === undefined ? next : { ...next, ...grown(run, text) })
  }
  const there = new Set(live)
  for (const id of runs.keys()) if (!there.has(id)) runs.delete(id)
}

/** @param {Run} run @param {{ from: number, at: number, text: string }} news the text from that offset on */
function grown(run, { from, at, text }) {
  if (at < run.from || at > run.from + run.text.length) return { from: at, text }
  const whole = run.text.slice(0, at - run.from) + text
  const cut = Math.max(from - run.from, whole.length - longest, 0)
  return { from: run.from + cut, text: whole.slice(cut) }
}
