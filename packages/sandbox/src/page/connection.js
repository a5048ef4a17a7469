// @ts-check
/**
 * Gateway v10 as a person: identify, heartbeat, RESUME after a broken line, a fresh session when Discord wants one,
 * and back-off in between. Opened once, closed once; whatever the line does, `onState` says so.
 */
import { t } from './words.js'

/** @typedef {{ kind: 'connecting' } | { kind: 'online' } | { kind: 'waiting', until: number } | { kind: 'refused', why: string }} LineState */

/** Codes after which trying again with the same token is of no use, with what a person can do about it. */
const FATAL = new Map([[4004, 'The sandbox does not know this person any more. Reload the page.']])
const FRESH_SESSION = new Set([4007, 4009])
const SLOWEST_RETRY = 8000

export class Connection {
  #token
  #onDispatch
  #onState
  /** @type {WebSocket | null} */
  #socket = null
  /** @type {string | null} */
  #session = null
  /** @type {number | null} */
  #sequence = null
  #attempts = 0
  #acknowledged = true
  #closed = false
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #beat
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry

  /**
   * @param {object} door
   * @param {string} door.token
   * @param {(type: string, data: any) => void} door.onDispatch
   * @param {(state: LineState) => void} door.onState
   */
  constructor({ token, onDispatch, onState }) {
    this.#token = token
    this.#onDispatch = onDispatch
    this.#onState = onState
  }

  /** The id of the session; interactions name it, so that their outcome comes back to this tab alone. */
  get sessionId() {
    return this.#session
  }

  /** Opens the line now, also when a later attempt is already planned. */
  open() {
    if (this.#closed) return
    clearTimeout(this.#retry)
    this.#drop()
    this.#onState({ kind: 'connecting' })
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    const socket = new WebSocket(`${scheme}://${location.host}/gateway/?v=10&encoding=json`)
    this.#socket = socket
    socket.addEventListener('message', (event) => {
      if (socket === this.#socket) this.#hear(JSON.parse(String(event.data)))
    })
    socket.addEventListener('close', (event) => {
      if (socket === this.#socket) this.#lost(event.code)
    })
  }

  close() {
    this.#closed = true
    clearTimeout(this.#retry)
    this.#drop()
  }

  /** @param {{ op: number, d: any, s: number | null, t: string | null }} frame */
  #hear({ op, d, s, t }) {
    if (s !== null && s !== undefined) this.#sequence = s
    if (op === 0 && t) {
      if (t === 'READY') this.#session = d.session_id
      if (t === 'READY' || t === 'RESUMED') {
        this.#attempts = 0
        this.#onState({ kind: 'online' })
      }
      this.#onDispatch(t, d)
    } else if (op === 10) {
      this.#introduce()
      this.#startHeart(d.heartbeat_interval)
    } else if (op === 11) {
      this.#acknowledged = true
    } else if (op === 1) {
      this.#send(1, this.#sequence)
    } else if (op === 7) {
      this.open()
    } else if (op === 9) {
      if (d !== true) this.#forget()
      this.#drop()
      this.#lost(4000)
    }
  }

  #introduce() {
    if (this.#session) {
      this.#send(6, { token: this.#token, session_id: this.#session, seq: this.#sequence })
    } else {
      const properties = { os: 'browser', browser: 'sandbox-page', device: 'sandbox-page' }
      this.#send(2, { token: this.#token, properties, intents: 0 })
    }
  }

  /** @param {number} interval milliseconds */
  #startHeart(interval) {
    this.#acknowledged = true
    const beat = () => {
      if (!this.#acknowledged) {
        // A line that swallows heartbeats is dead although the socket looks open: take a new one and resume.
        this.#drop()
        this.#lost(4000)
        return
      }
      this.#acknowledged = false
      this.#send(1, this.#sequence)
      this.#beat = setTimeout(beat, interval)
    }
    clearTimeout(this.#beat)
    this.#beat = setTimeout(beat, interval * Math.random())
  }

  /** @param {number} code */
  #lost(code) {
    this.#drop()
    if (this.#closed) return
    const fatal = FATAL.get(code)
    const why = fatal === undefined ? undefined : t(fatal)
    if (why) {
      this.#onState({ kind: 'refused', why })
      return
    }
    if (FRESH_SESSION.has(code)) this.#forget()
    const wait = Math.min(SLOWEST_RETRY, 300 * 2 ** this.#attempts) * (0.75 + Math.random() / 2)
    this.#attempts += 1
    this.#onState({ kind: 'waiting', until: Date.now() + wait })
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.open(), wait)
  }

  #forget() {
    this.#session = null
    this.#sequence = null
  }

  #drop() {
    clearTimeout(this.#beat)
    const socket = this.#socket
    this.#socket = null
    // Not 1000 or 1001: those would end the session, and there would be nothing to resume.
    if (socket && socket.readyState <= WebSocket.OPEN) socket.close(this.#closed ? 1000 : 4000)
  }

  /**
   * @param {number} op
   * @param {unknown} d
   */
  #send(op, d) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ op, d }))
  }
}
