import type { Result } from './desk.ts'
import type { Refusal } from './failure.ts'

/** It was done; this came of it. */
export function yes<Value>(value: Value): Result<Value> {
  return { ok: true, value }
}

/** It was refused. */
export function no(refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal }
}
