import { Canvas, type Colour } from './png.ts'

/** One bar of a chart. */
export interface Bar {
  /** Digits and a few signs, three or four at the most. */
  readonly label: string
  readonly value: number
}

const [width, height] = [640, 260]
const ground = { left: 74, right: 12, top: 14, bottom: 30 }
const colours: readonly Colour[] = [
  [43, 45, 49],
  [78, 80, 88],
  [88, 101, 242],
  [219, 222, 225],
]
const [line, bar, ink] = [1, 2, 3]
const lines = 4

/**
 * A bar chart, on a ground that stands out in Discord's light and dark looks. `scale` writes a value beside the lines.
 * Everything on it stands in words beside it, too.
 */
export function chartOf(bars: readonly Bar[], scale: (value: number) => string): Uint8Array {
  const canvas = new Canvas(width, height, colours)
  const most = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE)
  const [wide, tall] = [width - ground.left - ground.right, height - ground.top - ground.bottom]
  for (let at = 0; at <= lines; at++) {
    const y = ground.top + Math.round((tall * at) / lines)
    canvas.fill(ground.left, y, wide, 1, line)
    write(canvas, scale((most * (lines - at)) / lines), ground.left - 8, y - 5, 'right')
  }
  const step = wide / Math.max(1, bars.length)
  const thick = Math.max(2, Math.min(48, Math.floor(step * 0.7)))
  // So many labels that they do not touch.
  const each = Math.max(1, Math.ceil((bars.length * 34) / wide))
  for (const [at, { label, value }] of bars.entries()) {
    const middle = Math.round(ground.left + step * (at + 0.5))
    const long = value <= 0 ? 0 : Math.max(1, Math.round((tall * value) / most))
    canvas.fill(middle - Math.floor(thick / 2), ground.top + tall - long, thick, long, bar)
    if (at % each === 0) write(canvas, label, middle, height - ground.bottom + 10, 'middle')
  }
  return canvas.png()
}

const size = 2
const advance = 4 * size

/** Letters of three by five, as rows of bits. */
const letters: Readonly<Record<string, readonly number[]>> = {
  '0': [7, 5, 5, 5, 7],
  '1': [2, 6, 2, 2, 7],
  '2': [7, 1, 7, 4, 7],
  '3': [7, 1, 7, 1, 7],
  '4': [5, 5, 7, 1, 1],
  '5': [7, 4, 7, 1, 7],
  '6': [7, 4, 7, 5, 7],
  '7': [7, 1, 1, 2, 2],
  '8': [7, 5, 7, 5, 7],
  '9': [7, 5, 7, 1, 7],
  '.': [0, 0, 0, 0, 2],
  '-': [0, 0, 7, 0, 0],
  '<': [1, 2, 4, 2, 1],
  $: [3, 6, 2, 3, 6],
  k: [4, 5, 6, 5, 5],
  M: [5, 7, 7, 5, 5],
}

function write(canvas: Canvas, text: string, x: number, y: number, where: 'middle' | 'right'): void {
  const long = text.length * advance - size
  let left = where === 'right' ? x - long : x - Math.floor(long / 2)
  for (const sign of text) {
    for (const [row, bits] of (letters[sign] ?? []).entries())
      for (let column = 0; column < 3; column++)
        if ((bits & (4 >> column)) !== 0) canvas.fill(left + column * size, y + row * size, size, size, ink)
    left += advance
  }
}
