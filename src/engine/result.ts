import type { Result } from '../core/desk.ts'
import type { Refusal } from '../core/failure.ts'

export function yes<Value>(value: Value): Result<Value> {
  return { ok: true, value }
}

export function no(refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal }
}
