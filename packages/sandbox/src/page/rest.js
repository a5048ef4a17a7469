// @ts-check
/** Discord's REST v10 as a person speaks it: the person's token, errors a person can read, 429 obeyed. */
import { t } from './words.js'

/** What Discord refused, in words; `code` is Discord's own number (0 when there is none). */
export class Refused extends Error {
  /**
   * @param {string} message
   * @param {number} status
   * @param {number} code
   */
  constructor(message, status, code) {
    super(message)
    this.name = 'Refused'
    this.status = status
    this.code = code
  }
}

const TRIES = 4

export class Rest {
  #token
  #closed = new AbortController()

  /** @param {string} token a person's token, without "Bot " */
  constructor(token) {
    this.#token = token
  }

  /**
   * One call. Waits out 429 (up to 30 s at a time) and repeats reads after a 5xx or a broken connection; a write is
   * repeated only when `again` says that Discord recognises the repetition (a message with an enforced nonce).
   * @param {string} method
   * @param {string} path below /api/v10, with a leading slash
   * @param {unknown} [body] JSON
   * @param {{ files?: File[], again?: boolean }} [options]
   * @returns {Promise<any>} the parsed answer, null for 204
   */
  async call(method, path, body, { files = [], again = method === 'GET' } = {}) {
    for (let attempt = 1; ; attempt += 1) {
      let response
      try {
        response = await fetch(`/api/v10${path}`, this.#request(method, body, files))
      } catch {
        if (this.#closed.signal.aborted || !again || attempt >= TRIES) {
          throw new Refused(t('The sandbox cannot be reached. It may have been stopped.'), 0, 0)
        }
        await pause(400 * 2 ** attempt)
        continue
      }
      if (response.status === 429 && attempt < TRIES) {
        await pause(Math.min(30_000, 1000 * (await retryAfter(response))))
        continue
      }
      if (response.status >= 500 && again && attempt < TRIES) {
        await pause(400 * 2 ** attempt)
        continue
      }
      if (!response.ok) throw await refusal(response)
      return response.status === 204 ? null : await response.json()
    }
  }

  /** Ends every call that is still under way. */
  close() {
    this.#closed.abort()
  }

  /**
   * @param {string} method
   * @param {unknown} body
   * @param {File[]} files
   * @returns {RequestInit}
   */
  #request(method, body, files) {
    const headers = /** @type {Record<string, string>} */ ({ authorization: this.#token })
    const signal = this.#closed.signal
    if (files.length > 0) {
      const form = new FormData()
      form.set('payload_json', JSON.stringify(body))
      for (const [index, file] of files.entries()) form.set(`files[${index}]`, file, file.name)
      return { method, headers, signal, body: form }
    }
    if (body === undefined) return { method, headers, signal }
    return { method, headers: { ...headers, 'content-type': 'application/json' }, signal, body: JSON.stringify(body) }
  }
}

/** @param {Response} response */
async function retryAfter(response) {
  const body = await response.json().catch(() => null)
  return Number(body?.retry_after ?? response.headers.get('retry-after') ?? 1)
}

/** @param {Response} response */
async function refusal(response) {
  const body = await response.json().catch(() => null)
  const details = [...fieldErrors(body?.errors)]
  const message = details.length > 0 ? details.join(' · ') : (body?.message ?? `HTTP ${response.status}`)
  return new Refused(message, response.status, body?.code ?? 0)
}

/**
 * Discord nests its reasons by field; a person wants them in a line.
 * @param {unknown} errors
 * @param {string} [where]
 * @returns {Generator<string>}
 */
function* fieldErrors(errors, where = '') {
  if (typeof errors !== 'object' || errors === null) return
  for (const [key, value] of Object.entries(errors)) {
    if (key === '_errors' && Array.isArray(value)) {
      for (const error of value) yield where ? `${where}: ${error.message}` : String(error.message)
    } else {
      yield* fieldErrors(value, where ? `${where}.${key}` : key)
    }
  }
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
