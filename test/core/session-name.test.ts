import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isSameName, namedAs } from '../../src/core/session.ts'

describe('names of sessions', () => {
  it('are one where a disk or a reader would take them for one', () => {
    for (const [one, other] of [
      ['shop', 'Shop'],
      ['café', 'cafe\u0301'],
      ['가게', '가게'.normalize('NFD')],
      ['ΣΑΣ', 'σας'],
    ] as const)
      assert.ok(isSameName(one, other), `${one} ${other}`)
    assert.ok(!isSameName('shop', 'shop-2'))
  })

  it('are found as they are written, and else however they are written', () => {
    const all = [{ name: 'Shop' }, { name: 'shop' }, { name: 'Docs' }]
    assert.equal(namedAs(all, 'shop')?.name, 'shop')
    assert.equal(namedAs(all, 'docs')?.name, 'Docs')
    assert.equal(namedAs(all, 'none'), null)
  })
})
