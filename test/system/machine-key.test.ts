import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { isMachineKey } from '../../src/core/machine.ts'
import { MachineKey, machineKeyName, sealAnswer } from '../../src/system/machine-key.ts'

describe('the key of a machine', () => {
  let folder: string
  before(() => (folder = mkdtempSync(join(tmpdir(), 'machine-key-'))))
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('is made once, for its owner alone, and has an open half that can be written down', () => {
    assert.equal(MachineKey.lookIn(folder), null)
    const { text } = MachineKey.in(folder)
    assert.ok(isMachineKey(text), text)
    assert.equal(MachineKey.in(folder).text, text)
    assert.equal(MachineKey.lookIn(folder)?.text, text)
    const path = join(folder, machineKeyName)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    writeFileSync(path, 'no key')
    assert.throws(() => MachineKey.in(folder), /holds no key/)
    rmSync(path)
    assert.notEqual(MachineKey.in(folder).text, text)
  })

  it('opens what was sealed for it, for that question and that purpose alone', () => {
    const key = MachineKey.in(folder)
    const elsewhere = mkdtempSync(join(folder, 'other-'))
    const other = MachineKey.in(elsewhere)
    const [one, two] = [key.ask(), key.ask()]
    const sealed = sealAnswer(key.text, one.key, 'a secret', 'push')
    assert.equal(one.open(sealed, 'push'), 'a secret')
    assert.ok(!Buffer.from(sealed, 'base64').includes('a secret'))
    assert.notEqual(sealAnswer(key.text, one.key, 'a secret', 'push'), sealed)
    const never = {
      'another purpose': one.open(sealed, 'fetch'),
      'another question': two.open(sealed, 'push'),
      'another machine': other.ask().open(sealed, 'push'),
      'for another machine, by who asks': one.open(sealAnswer(other.text, one.key, 'a secret', 'push'), 'push'),
      changed: one.open(sealed.replace(/..$/, 'AA'), 'push'),
      cut: one.open(sealed.slice(0, 60), 'push'),
      nothing: one.open('', 'push'),
    }
    for (const [what, opened] of Object.entries(never)) assert.equal(opened, null, what)
  })
})
