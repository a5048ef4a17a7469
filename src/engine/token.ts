import { createHash } from 'node:crypto'
import type { Approval } from '../core/approval.ts'
import { likenessOf } from '../core/consent.ts'
import type { RunId } from '../core/ids.ts'

/** Names an approval in Discord, 22 characters: another run, question or input has another one. */
export function tokenOf(run: RunId, { id, input }: Approval): string {
  return digest(JSON.stringify([run, id, input]), 'base64url').slice(0, 22)
}

/** Enough of the input's SHA-256 for people to compare. */
export function inputHashOf({ input }: Approval): string {
  return digest(input, 'hex').slice(0, 12)
}

/** What a consent for the session is kept under. */
export function subjectOf(approval: Approval, workdir: string): string {
  return digest(likenessOf(approval, workdir), 'base64url')
}

function digest(text: string, form: 'hex' | 'base64url'): string {
  return createHash('sha256').update(text).digest(form)
}
