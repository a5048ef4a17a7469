/** Money with two digits: `$0.08`. What rounds to nothing but is not nothing is `<$0.01`. */
export function money(usd: number): string {
  return usd > 0 && usd < 0.005 ? '<$0.01' : `$${usd.toFixed(2)}`
}

/** An amount in its unit: `$9.84`, `12.4k tokens`. */
export function amountIn(unit: 'usd' | 'tokens', count: number, tokens: (count: string) => string): string {
  return unit === 'usd' ? money(count) : tokens(short(count))
}

/** A count that may be large: `940`, `12.4k`, `1.2M`. */
export function short(count: number): string {
  if (count < 1000) return String(Math.round(count))
  if (count < 999_950) return `${trim(count / 1000)}k`
  return `${trim(count / 1_000_000)}M`
}

/** An exact count with thousands set apart: `16,000`. */
export function exact(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** Bytes: `640 MB`, `12.4 GB`. */
export function bytes(count: number): string {
  const megabytes = count / 1_000_000
  return megabytes < 1000 ? `${Math.round(megabytes)} MB` : `${trim(megabytes / 1000)} GB`
}

function trim(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '')
}
