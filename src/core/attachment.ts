/** A file that a person gave with a prompt, or an agent with an answer; kept once by what it holds. */
export interface Attachment {
  /** Hex digest of its bytes: its name in the store. */
  readonly sha256: string
  /** As the sender called it. */
  readonly name: string
  /** Its media type, e.g. `image/png`. */
  readonly type: string
  readonly bytes: number
}

/** An attachment as a runtime hands it to its CLI. */
export interface AttachedFile extends Attachment {
  /** Absolute, and only to be read. */
  readonly path: string
}
