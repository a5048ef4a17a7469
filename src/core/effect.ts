import type { Note } from './note.ts'

/** Something that a call changes, beside the run's journal. */
export type Effect = { readonly kind: 'note'; readonly note: Note }
