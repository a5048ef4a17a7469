import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { PAGE } from './browser.ts'

test('every text of the page has its Korean, and none is left over', () => {
  const sources = readdirSync(PAGE).filter((file) => file.endsWith('.js') && file !== 'words.js')
  const code = sources.map((file) => readFileSync(join(PAGE, file), 'utf8')).join('\n')
  const words = readFileSync(join(PAGE, 'words.js'), 'utf8')
  const dictionary = words.slice(words.indexOf('const ko = {'))
  const known = [...dictionary.matchAll(/^ {2}(?:'([^']*)'|(\w+)):\s/gm)].map(
    ([, quoted, plain]) => quoted ?? plain ?? '',
  )
  assert.ok(known.length > 150, `${known.length}`)
  const wanted = [...code.matchAll(/(?<![\w.#])t\(\s*'([^']*)'/g)].map(([, text]) => text ?? '')
  assert.deepEqual(
    wanted.filter((text) => !known.includes(text)),
    [],
  )
  assert.deepEqual(
    known.filter((text) => !code.includes(`'${text}'`)),
    [],
  )
})
