import type { Doors } from '../../core/doors.ts'
import type { Catalogue } from '../../core/phrases.ts'
import type { Timings } from '../../core/timings.ts'

/** What the operator's page is handed: everything it shows comes by these, and everything it does goes through the desk's. */
export interface PageDoors extends Pick<
  Doors,
  | 'gate'
  | 'journal'
  | 'vault'
  | 'transcripts'
  | 'scan'
  | 'clock'
  | 'log'
  | 'line'
  | 'stopByButton'
  | 'promote'
  | 'approval'
  | 'answer'
  | 'prices'
  | 'hear'
  | 'health'
  | 'audit'
  | 'home'
> {
  readonly catalogue: Catalogue
  readonly timings: Pick<Timings, 'standingEveryMs'>
}
