// @ts-check
import { ask, enter, leave, listen, NotIn } from './connection.js'
import { html } from './html.js'
import { page, viewNames } from './page.js'
import { render } from './preact.js'
import { beginning, take } from './state.js'
import { wordsIn } from './words.js'

const root = /** @type {HTMLElement} */ (document.getElementById('page'))
/** What is read when its view is opened. @type {Record<string, () => string>} */
const readings = {
  chains: () => '/page/chains',
  usage: () => `/page/usage?days=${state.days}`,
  transcripts: () => '/page/transcripts',
  grants: () => '/page/grants',
}
let state = beginning()
let drawing = false

/** @param {Partial<import('./state.js').State>} what */
function set(what) {
  state = { ...state, ...what }
  draw()
}

/** Once a frame, however much has changed. */
function draw() {
  if (drawing) return
  drawing = true
  requestAnimationFrame(() => {
    drawing = false
    const say = wordsIn(state.me?.locale)
    document.documentElement.lang = say === wordsIn('ko') ? 'ko' : 'en'
    document.title = say.title
    render(html`<${page} ...${{ state, say, act, reveal, open, search, leave: goOut }} />`, root)
    const field = state.seeks ? document.getElementById('words') : null
    if (field === null) return
    state = { ...state, seeks: false }
    field.focus()
  })
}

/** @param {Partial<import('./state.js').State>} what */
function open(what) {
  set(what)
  if (what.days !== undefined) read('usage')
  if (what.open)
    follow(ask(`/page/transcript?session=${encodeURIComponent(what.open)}`), (transcript) =>
      set({ read: { ...state.read, transcript } }),
    )
}

/** @param {string} words */
function search(words) {
  set({ open: null, words })
  follow(ask(`/page/search?words=${encodeURIComponent(words)}`), (found) => set({ found }))
}

/** @param {string} path @param {object} form */
function act(path, form) {
  const say = wordsIn(state.me?.locale)
  follow(ask(path, form), ({ done, why }) =>
    set({ said: done === true ? say.done : why === 'not-understood' ? say.failed : why }),
  )
}

/** @param {string} run */
function reveal(run) {
  follow(ask('/page/reveal', { run }), ({ hidden }) => set({ hidden: hidden ?? [] }))
}

/** @param {string} view */
function read(view) {
  const path = readings[view]
  if (path !== undefined) follow(ask(path()), (answer) => set({ read: { ...state.read, [view]: answer } }))
}

/** @param {Promise<any>} asked @param {(answer: any) => void} then */
function follow(asked, then) {
  asked.then(then, (error) =>
    set(error instanceof NotIn ? { out: error.why } : { said: wordsIn(state.me?.locale).failed }),
  )
}

async function goOut() {
  await leave()
  set({ out: 'enter' })
}

function turn() {
  const view = location.hash.slice(2)
  if (!viewNames.includes(view)) return
  set({ view, said: null })
  read(view)
}

addEventListener('hashchange', turn)
addEventListener('keydown', (event) => {
  const { target, key } = event
  const types = target instanceof HTMLElement && ['INPUT', 'SELECT', 'TEXTAREA'].includes(target.tagName)
  if (types || event.ctrlKey || event.altKey || event.metaKey) return
  const view = viewNames[Number(key) - 1]
  if (view !== undefined) location.hash = `#/${view}`
  if (key === '/') {
    event.preventDefault()
    location.hash = '#/transcripts'
    set({ seeks: true })
  }
})
// The seconds of what is at work.
setInterval(() => document.hidden || draw(), 1_000)

try {
  draw()
  await enter()
  set({ me: await ask('/page/me') })
  turn()
  await listen({
    told({ name, data }) {
      if (name === 'overview') return set({ overview: data })
      take(state.runs, data)
      draw()
    },
    connected: (connected) => set({ connected }),
    over: (why) => set({ out: why === 'nobody' ? 'enter' : why }),
  })
} catch (error) {
  set({ out: error instanceof NotIn ? error.why : 'enter' })
}
