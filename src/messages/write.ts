import type { Rendering } from '../core/chat.ts'
import type { MessageId } from '../core/ids.ts'
import type { Message, Posting } from '../core/message.ts'

/** The next thing to be done so that what stands is what should stand. */
export type Write =
  | { readonly kind: 'post'; readonly message: Message; readonly posting: Posting | null; readonly form: MessageForm }
  | {
      readonly kind: 'edit'
      readonly message: Message
      readonly posting: Posting
      readonly id: MessageId
      readonly form: MessageForm
    }
  /** `again`: it is posted anew then. */
  | { readonly kind: 'remove'; readonly posting: Posting; readonly id: MessageId; readonly again: boolean }
  /** Its text ends here for good. */
  | { readonly kind: 'freeze'; readonly posting: Posting }

/** How a message is said: as it was drawn, or plainer, because Discord refused that. */
export interface MessageForm {
  readonly plainness: number
  readonly rendering: Rendering
}
