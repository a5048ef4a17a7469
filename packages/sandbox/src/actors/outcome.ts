import type { SeenMessage, ViewedComponent } from './view.ts'

/** A form that the application opened for this person. */
export interface OpenModal {
  /** the interaction that opened it */
  id: string
  channelId: string
  customId: string
  title: string
  components: readonly ViewedComponent[]
}

/** What came of a command, a click or a form. */
export interface Outcome {
  /** the interaction's id */
  id: string
  /** the message it made (a new one) or changed (the clicked one); null for modals, failures and silent deferrals */
  message: SeenMessage | null
  ephemeral: boolean
  modal: OpenModal | null
  /** "The application did not respond": no answer within the deadline */
  failed: boolean
  /** Waits until a deferred answer has its text, and returns it; fails after `within` ms (default a minute). */
  settled(within?: number): Promise<SeenMessage>
}

/** A choice that autocomplete offers. */
export interface Suggestion {
  name: string
  value: string | number
}
