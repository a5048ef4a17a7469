// Puts pictures of one size together into one that moves (APNG), for the README:
// node tools/animate.js out.png 01-1200.png 02-700.png …; the number behind the last dash is how long it stands, in ms.
import { readFileSync, writeFileSync } from 'node:fs'
import { argv } from 'node:process'
import { crc32 } from 'node:zlib'

const [out = '', ...files] = argv.slice(2)
const frames = files.map((file) => ({
  chunks: chunksOf(readFileSync(file)),
  ms: Number(/-(\d+)\.png$/.exec(file)?.[1]),
}))
const first = frames[0]?.chunks.find(({ type }) => type === 'IHDR')
if (first === undefined) throw new Error('usage: node tools/animate.js out.png 01-1200.png …')
const [width, height] = [first.data.readUInt32BE(0), first.data.readUInt32BE(4)]
let sequence = 0

const parts = frames.flatMap(({ chunks, ms }, index) => {
  if (!chunks.some(({ type, data }) => type === 'IHDR' && data.equals(first.data)))
    throw new Error('of different kinds')
  const image = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data))
  const control = chunk('fcTL', [sequence++, width, height, 0, 0], [ms, 1000], [0, 0])
  // The first one is what programs show that know nothing of moving pictures.
  return [control, index === 0 ? made('IDAT', image) : made('fdAT', Buffer.concat([numbers(4, [sequence++]), image]))]
})
const signature = Buffer.from('89504e470d0a1a0a', 'hex')
const head = [made('IHDR', first.data), chunk('acTL', [frames.length, 0])]
writeFileSync(out, Buffer.concat([signature, ...head, ...parts, made('IEND', Buffer.alloc(0))]))

/** @param {Buffer} png */
function chunksOf(png) {
  const found = []
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at)
    found.push({ type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) })
    at += 12 + length
  }
  return found
}

/**
 * @param {string} type
 * @param {number[]} four
 * @param {number[]} two
 * @param {number[]} one
 */
function chunk(type, four, two = [], one = []) {
  return made(type, Buffer.concat([numbers(4, four), numbers(2, two), numbers(1, one)]))
}

/** @param {number} bytes @param {number[]} values */
function numbers(bytes, values) {
  const buffer = Buffer.alloc(bytes * values.length)
  for (const [index, value] of values.entries()) buffer.writeUIntBE(value, index * bytes, bytes)
  return buffer
}

/** @param {string} type @param {Buffer} data */
function made(type, data) {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
  return Buffer.concat([numbers(4, [data.length]), named, numbers(4, [crc32(named)])])
}
