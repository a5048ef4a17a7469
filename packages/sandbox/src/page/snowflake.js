// @ts-check
/** Ids of Discord: 64 bits as decimal text, the time of making in the upper 42 (milliseconds since 2015). */

const EPOCH = 1_420_070_400_000

/**
 * Orders two ids by age; text compare alone would put "99" after "100".
 * @param {string} a
 * @param {string} b
 */
export function compareIds(a, b) {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}

/**
 * When the thing with this id was made, in milliseconds of Unix time.
 * @param {string} id
 */
export function timeOf(id) {
  return Number(BigInt(id) >> 22n) + EPOCH
}

/**
 * A new id for something that has none yet (a nonce). Random low bits keep two tabs of one person apart.
 * @param {number} [now] milliseconds of Unix time
 */
export function mintId(now = Date.now()) {
  return String((BigInt(now - EPOCH) << 22n) | BigInt(Math.floor(Math.random() * 4_194_304)))
}
