/** One place where what was sent differs from Discord's description. */
export interface Finding {
  part: 'request' | 'response' | 'status' | 'dispatch' | 'route'
  /** `POST /channels/{channel_id}/messages`, or a dispatch's name */
  where: string
  status: number
  /** dotted path into the body */
  at: string
  message: string
  /** what stood there, as short JSON */
  value: string
}
