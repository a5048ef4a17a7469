import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toolchainFinding } from '../../src/confinement/toolchains.ts'

test('toolchains in a home are offered by the setting that lets agents see them, until the operator has chosen', () => {
  const there = ['.nvm', '.cargo', '.cargo/bin', '.rustup', '.ssh'].map((name) => `/home/olivia/${name}`)
  const find = (shared: readonly string[]) =>
    toolchainFinding({ home: '/home/olivia', shared, isThere: (path) => there.includes(path) })
  const first = find([])
  assert.equal(first.level, 'warning')
  assert.match(first.text, /~\/\.nvm, ~\/\.rustup, ~\/\.cargo\/bin\.$/)
  assert.match(first.mend ?? '', /OMC_BOX_PATHS=~\/\.nvm,~\/\.rustup,~\/\.cargo\/bin$/, 'nothing that may hold a login')
  const chosen = find(['/home/olivia/.nvm'])
  assert.equal(chosen.level, 'ok')
  assert.match(chosen.text, /~\/\.rustup, ~\/\.cargo\/bin\. .*OMC_BOX_PATHS=\/home\/olivia\/\.nvm,~\/\.rustup/)
  assert.equal(
    find(['/home/olivia/.nvm', '/home/olivia/.rustup', '/home/olivia/.cargo']).text,
    'Agents see your toolchains.',
  )
  assert.equal(find(['/home/olivia/.nvmx']).text.includes('~/.nvm'), true, 'another folder with such a beginning')
})
