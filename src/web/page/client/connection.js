// @ts-check
/** @typedef {{ name: string, data: any }} Told what the bot tells by its stream */

/** The half of a visit that this port alone can read; the other is a cookie that no script can. */
const kept = 'page-key'
/** Longer and longer, up to half a minute. */
const pauses = [500, 1_000, 2_000, 5_000, 10_000, 30_000]

/** The page is entered no more: a new link is needed. `unknown`: Discord cannot say who we are just now. */
export class NotIn extends Error {
  /** @param {string} why */
  constructor(why) {
    super(why)
    this.why = why
  }
}

/** @param {string} path @param {object} [body] what is sent; without it something is asked for */
export async function ask(path, body) {
  const answer = await send(path, body)
  const said = await answer.json().catch(() => ({}))
  if (answer.ok) return said
  if (answer.status === 401 || answer.status === 403 || said.why === 'unknown') throw new NotIn(String(said.why))
  throw new Error(String(said.why ?? answer.status))
}

/** Uses the link in the address up, if there is one, and takes it out of there. */
export async function enter() {
  const link = /^#enter=([\w-]+)$/.exec(location.hash)?.[1]
  if (link === undefined) return
  history.replaceState(null, '', '/')
  const { key } = await ask('/page/enter', { link })
  localStorage.setItem(kept, key)
}

export async function leave() {
  await ask('/page/leave', {}).catch(() => undefined)
  localStorage.removeItem(kept)
}

/**
 * Listens to what changes, for as long as the page is open: a broken connection is made anew, from what was seen last.
 * @param {{ told: (told: Told) => void, connected: (is: boolean) => void, over: (why: string) => void }} ears
 */
export async function listen({ told, connected, over }) {
  let seen = ''
  for (let tries = 0; ; tries++) {
    try {
      const answer = await send('/page/stream', undefined, seen)
      if (answer.status === 401 || answer.status === 403) return over('enter')
      if (answer.ok && answer.body !== null) {
        connected(true)
        for await (const { id, name, data } of eventsIn(answer.body)) {
          tries = 0
          // Where Discord cannot say who we are just now, it is asked again.
          if (name === 'over' && data.why !== 'unknown') return over(data.why)
          if (name === 'over') break
          told({ name, data })
          if (id !== '') seen = id
        }
      }
    } catch {
      // As if it had ended: the bot restarts, or the machine slept.
    }
    connected(false)
    await new Promise((resolve) => setTimeout(resolve, pauses[Math.min(tries, pauses.length - 1)]))
  }
}

/** @param {string} path @param {object} [body] @param {string} [seen] */
function send(path, body, seen = '') {
  const headers = {
    'x-page-key': localStorage.getItem(kept) ?? '',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(seen === '' ? {} : { 'last-event-id': seen }),
  }
  return fetch(path, {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

/** @param {ReadableStream<Uint8Array>} body */
async function* eventsIn(body) {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return
    text += decoder.decode(value, { stream: true })
    const events = text.split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) {
      /** @param {string} field */
      const of = (field) =>
        event
          .split('\n')
          .find((line) => line.startsWith(`${field}: `))
          ?.slice(field.length + 2) ?? ''
      if (of('data') !== '') yield { id: of('id'), name: of('event'), data: JSON.parse(of('data')) }
    }
  }
}
