import type { Doors } from '../../core/doors.ts'
import type { Entry } from '../../core/event.ts'
import type { RunId, SessionId } from '../../core/ids.ts'
import type { Place } from '../../core/place.ts'
import type { Prompt } from '../../core/prompt.ts'
import { beginningOf } from '../../core/secret-scan.ts'

/** One line of the export. */
export type AuditRecord = { readonly record: string } & Readonly<Record<string, unknown>>

/** A line, and the place it is about. */
export interface PlacedRecord {
  readonly record: AuditRecord
  readonly place: Place
}

/** So much of what somebody wrote. */
const mostText = 2_000
/** Runs whose place is remembered. */
const mostRuns = 10_000

/** Makes records of entries: what people and rules decided, not what agents said; null: it is none. Secrets are hidden. */
export function records({
  vault,
  journal,
  scan,
}: Pick<Doors, 'vault' | 'journal' | 'scan'>): (entry: Entry) => Promise<PlacedRecord | null> {
  const runs = new Map<RunId, Prompt | null>()
  const names = new Map<SessionId, string>()
  const words = (text: string): string => beginningOf(text, mostText, scan)

  async function promptOf({ run, event }: Entry): Promise<Prompt | null> {
    const known = runs.get(run)
    if (known !== undefined) return known
    const prompt = event.type === 'asked' ? event.prompt : ((await journal.run(run))?.prompt ?? null)
    if (runs.size >= mostRuns) runs.clear()
    runs.set(run, prompt)
    return prompt
  }

  async function nameOf(id: SessionId): Promise<string> {
    const name = names.get(id) ?? (await vault.session(id))?.name ?? ''
    names.set(id, name)
    return name
  }

  return async (entry) => {
    const { run, seq, at, event } = entry
    const what = decided(event, words)
    const prompt = what === null ? null : await promptOf(entry)
    if (what === null || prompt === null) return null
    const { type, ...more } = what
    const { place, session } = prompt
    return { record: { record: type, seq, at, run, session: await nameOf(session), place: place.id, ...more }, place }
  }
}

function decided(
  event: Entry['event'],
  words: (text: string) => string,
): ({ readonly type: string } & Readonly<Record<string, unknown>>) | null {
  switch (event.type) {
    case 'asked': {
      const { speaker, tier, text, letter } = event.prompt
      const by = { id: speaker.id, name: speaker.name }
      return { type: 'asked', by, tier, letter: letter?.id ?? null, text: words(text) }
    }
    case 'refused':
      return { type: 'refused', why: event.refusal.code }
    case 'wanted':
      return {
        type: 'wanted',
        approval: event.approval.id,
        risks: event.approval.risks,
        input: words(event.approval.input),
      }
    case 'answered':
      return { type: 'answered', approval: event.approval, by: event.by, verdict: event.decision.verdict }
    case 'steered':
      return event.heard ? null : { type: 'steered', by: event.steer.by, text: words(event.steer.text) }
    case 'promoted':
    case 'stopped':
      return { type: event.type, by: event.by }
    case 'allowed':
      return { type: 'allowed', budget: event.budget, by: event.by, raisedTo: event.raisedTo }
    case 'finished':
      return { type: 'finished', outcome: event.outcome.kind }
    default:
      return null
  }
}
