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

/** A file that is shown with its bytes. */
export interface ShownFile extends Attachment {
  readonly content: Uint8Array
}

/** A file as it hangs on a message, not yet fetched. */
export interface ChatFile {
  /** In one line; otherwise as the sender called it. */
  readonly name: string
  /** As the other side says; the file itself may be of another size. */
  readonly bytes: number
  readonly url: string
}

/** What a prompt may bring along. */
export const attachmentLimits = {
  /** Discord's own for one message. */
  files: 10,
  /** Of each. */
  bytes: 25 * 1024 * 1024,
} as const

/**
 * The files themselves, each kept once under the digest of what it holds.
 *
 * Contract: what `keep` gave is on the disk, whole. Safe to call again after a death at any point.
 */
export interface Attachments {
  /**
   * Keeps what the source yields. 'too-large': it yields more than `attachmentLimits.bytes`; 'unsuitable': it is
   * neither text nor of a kind that agents can read. Nothing stays then. Rejects with what the source threw, and with
   * a `wire` problem when the disk does not take it.
   */
  keep(name: string, source: AsyncIterable<Uint8Array>): Promise<Attachment | 'too-large' | 'unsuitable'>
  /** Where it lies; null when it is gone or holds something else by now. */
  locate(attachment: Attachment): Promise<AttachedFile | null>
  /** What it holds; null likewise. */
  read(attachment: Attachment): Promise<Uint8Array | null>
}

const signatures: readonly (readonly [type: string, at: number, bytes: readonly number[]])[] = [
  ['image/png', 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['image/jpeg', 0, [0xff, 0xd8, 0xff]],
  ['image/gif', 0, [0x47, 0x49, 0x46, 0x38]],
  ['image/webp', 8, [0x57, 0x45, 0x42, 0x50]],
  ['application/pdf', 0, [0x25, 0x50, 0x44, 0x46, 0x2d]],
  // Office documents are archives as well.
  ['application/zip', 0, [0x50, 0x4b, 0x03, 0x04]],
]

/**
 * The media type of a file by its first bytes; null: none of those that are known. What Discord or a name says is not
 * asked: an agent refuses a whole conversation over a picture that is none.
 */
export function typeOf(head: Uint8Array): string | null {
  const found = signatures.find(([, at, bytes]) => bytes.every((byte, nth) => head[at + nth] === byte))
  return found?.[0] ?? null
}
