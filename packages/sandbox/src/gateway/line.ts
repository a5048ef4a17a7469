import { setImmediate } from 'node:timers/promises'
import { constants, createDeflate, createZstdCompress } from 'node:zlib'
import type { WebSocket } from 'ws'

/** How a client wants its payloads packed: one context for the whole connection. */
export const COMPRESSIONS = ['zlib-stream', 'zstd-stream'] as const
export type Compression = (typeof COMPRESSIONS)[number]

/** One client's end of the gateway: payloads go out in order, packed the way the client asked for. */
export class Line {
  readonly socket: WebSocket
  readonly #pack: ((text: string) => void) | null

  constructor(socket: WebSocket, compression: Compression | null) {
    this.socket = socket
    this.#pack = compression === null ? null : packer(compression, (bytes) => this.#put(bytes))
  }

  send(payload: object): void {
    const text = JSON.stringify(payload)
    if (this.#pack) this.#pack(text)
    else this.#put(text)
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason)
  }

  /** Breaks without a close frame. */
  terminate(): void {
    this.socket.terminate()
  }

  #put(data: string | Buffer): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(data)
  }
}

/**
 * Packs payload after payload with one context; each leaves as one message, flushed to a byte border.
 * https://discord.com/developers/docs/events/gateway#transport-compression
 */
function packer(compression: Compression, put: (bytes: Buffer) => void): (text: string) => void {
  const zlib = compression === 'zlib-stream'
  const stream = zlib ? createDeflate() : createZstdCompress()
  const flush = zlib ? constants.Z_SYNC_FLUSH : constants.ZSTD_e_flush
  let parts: Buffer[] = []
  stream.on('data', (part: Buffer) => parts.push(part))
  let last = Promise.resolve()
  return (text) => {
    last = last.then(async () => {
      await new Promise<void>((resolve) => {
        stream.write(text)
        stream.flush(flush, resolve)
      })
      // What was flushed may still be on its way to the listener.
      while (stream.readableLength > 0) await setImmediate()
      put(Buffer.concat(parts))
      parts = []
    })
  }
}
