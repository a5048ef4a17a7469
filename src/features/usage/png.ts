import { crc32, deflateSync } from 'node:zlib'

/** Red, green and blue, 0 to 255. */
export type Colour = readonly [number, number, number]

/** A picture of few colours that is painted in rectangles, from the top left. */
export class Canvas {
  readonly width: number
  readonly height: number
  readonly #colours: readonly Colour[]
  readonly #pixels: Uint8Array

  /** All of it has the first colour. */
  constructor(width: number, height: number, colours: readonly Colour[]) {
    this.width = width
    this.height = height
    this.#colours = colours
    this.#pixels = new Uint8Array(width * height)
  }

  /** `colour`: its place among the canvas's. What lies outside is left away. */
  fill(x: number, y: number, width: number, height: number, colour: number): void {
    for (let row = Math.max(0, y); row < Math.min(this.height, y + height); row++)
      this.#pixels.fill(
        colour,
        row * this.width + Math.max(0, x),
        row * this.width + Math.min(this.width, Math.max(0, x + width)),
      )
  }

  /** As a PNG file. */
  png(): Uint8Array {
    const head = Buffer.alloc(13)
    head.writeUInt32BE(this.width, 0)
    head.writeUInt32BE(this.height, 4)
    // Eight bits that say which of the palette's colours; nothing interlaced.
    head.set([8, 3, 0, 0, 0], 8)
    // Each row begins with how it is filtered: not at all.
    const rows = Buffer.alloc((this.width + 1) * this.height)
    for (let row = 0; row < this.height; row++)
      rows.set(this.#pixels.subarray(row * this.width, (row + 1) * this.width), row * (this.width + 1) + 1)
    return Buffer.concat([
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
      chunk('IHDR', head),
      chunk('PLTE', Buffer.from(this.#colours.flat())),
      chunk('IDAT', deflateSync(rows)),
      chunk('IEND', Buffer.alloc(0)),
    ])
  }
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, check])
}
