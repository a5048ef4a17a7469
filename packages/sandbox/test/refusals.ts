import assert from 'node:assert/strict'

/** For assert.rejects: Discord's code, and its HTTP status when given. */
export function code(expected: number, status?: number): (error: unknown) => true {
  return (error) => {
    const { code: said, status: sent } = error as { code: number; status: number }
    assert.equal(said, expected, String(error))
    if (status !== undefined) assert.equal(sent, status, String(error))
    return true
  }
}
