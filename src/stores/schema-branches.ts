export interface BranchConsentTable {
  session: string
  /** Its first 32 signs. */
  commit_id: string
  /** The interaction it came with. */
  press: string
  by_id: string
  by_name: string
  at: number
  /** json of a list of paths */
  paths: string
}
