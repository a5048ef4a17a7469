import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { parseEnv } from 'node:util'
import { withSettings, writeDotEnv } from '../../src/config/dot-env.ts'
import { Problem } from '../../src/core/failure.ts'
import { fc } from '../random.ts'

const base = mkdtempSync(join(tmpdir(), 'dot-env-'))
after(() => rmSync(base, { recursive: true, force: true }))

describe('writing .env', () => {
  it('changes the line of a variable and leaves everything else, comments too', () => {
    const before = '# mine\nA=1\r\nexport B = old # why\n\nC="two\nB=no variable\n"\n'
    assert.equal(withSettings('# mine\nA=1\r\nB=\n', { A: '2', B: 'x' }), '# mine\nA=2\r\nB=x\n')
    assert.deepEqual({ ...parseEnv(withSettings(before, { B: 'new' })) }, { ...parseEnv(before), B: 'new' })
    assert.equal(withSettings('A=1', { B: '2' }), 'A=1\nB=2\n')
  })

  it('is read as it was meant, whatever stood there and whatever is set', () => {
    const name = fc.constantFrom('A', 'B', 'OMC_X')
    const line = fc.oneof(
      fc.string(),
      fc.tuple(name, fc.string()).map(([key, value]) => `${key}=${value}`),
      fc.tuple(name, fc.string()).map(([key, value]) => `${key}='${value}`),
    )
    const text = fc.array(line, { maxLength: 6 }).map((lines) => lines.join('\n'))
    const one = fc.string().map((value) => value.trim())
    const values = fc.dictionary(name, one, { minKeys: 1, maxKeys: 3, noNullPrototype: true })
    const says = (before: string, set: Record<string, string>): void => {
      try {
        const after = withSettings(before, set)
        assert.deepEqual({ ...parseEnv(after) }, { ...parseEnv(before), ...set })
      } catch (error) {
        // Rather refused than wrong.
        if (!(error instanceof Problem)) throw error
      }
    }
    fc.assert(fc.property(text, values, says))
    // What a person sets is never refused.
    const plain = fc.constantFrom('~/projects,/srv/my work', 'a#b', "it's", '{"a":1}', '', 'pa"ss\'word')
    fc.assert(
      fc.property(name, plain, (key, value) => assert.equal(parseEnv(withSettings('', { [key]: value }))[key], value)),
    )
  })

  it('is whole, for its owner alone, and stays where a link leads', () => {
    const path = join(base, '.env')
    writeFileSync(join(base, 'real'), 'A=1\n', { mode: 0o644 })
    writeFileSync(join(base, 'real.new'), 'left by somebody who was killed', { mode: 0o666 })
    symlinkSync(join(base, 'real'), path)
    writeDotEnv(path, { A: '2' }, '')
    assert.equal(readFileSync(join(base, 'real'), 'utf8'), 'A=2\n')
    assert.equal(statSync(join(base, 'real')).mode & 0o777, 0o600)
    const other = join(base, 'new.env')
    writeDotEnv(other, { A: '2' }, '# an example\nA=\n')
    assert.equal(readFileSync(other, 'utf8'), '# an example\nA=2\n')
    writeFileSync(other, 'A=1\n', 'utf16le')
    assert.throws(() => writeDotEnv(other, { A: '2' }, ''), /UTF-16/)
  })
})
